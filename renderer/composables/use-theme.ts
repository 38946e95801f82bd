/** Dark or light, as the system or the settings say; `<html data-theme>` carries it. */
import { createSharedComposable, usePreferredDark } from '@vueuse/core'
import { computed, watchEffect } from 'vue'
import { useSettings } from '../stores/settings'

export const useTheme = createSharedComposable(() => {
  const settings = useSettings()
  const systemIsDark = usePreferredDark()

  const resolved = computed<'light' | 'dark'>(() => {
    const { theme } = settings.current
    return theme === 'system' ? (systemIsDark.value ? 'dark' : 'light') : theme
  })
  watchEffect(
    () => {
      document.documentElement.dataset['theme'] = resolved.value
    },
    { flush: 'sync' },
  )
  return { resolved }
})
