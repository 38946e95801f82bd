/** Presenting: a view alone, in large type and on the whole screen, for those at the back of the room; `<html data-presenting>`. */
import { createSharedComposable, useFullscreen } from '@vueuse/core'
import { ref, watch } from 'vue'

export const usePresentation = createSharedComposable(() => {
  const presenting = ref(false)
  const { isFullscreen, enter, exit } = useFullscreen(document.documentElement)

  // a system may refuse the whole screen: then it is presented in the window
  const whole = (wanted: boolean) => (wanted ? enter() : exit()).catch(() => undefined)

  watch(
    presenting,
    (now) => {
      document.documentElement.toggleAttribute('data-presenting', now)
      if (now !== isFullscreen.value) void whole(now)
    },
    { flush: 'sync' },
  )
  // Escape leaves the whole screen before the page hears of it
  watch(isFullscreen, (now) => {
    if (!now) presenting.value = false
  })
  return { presenting }
})
