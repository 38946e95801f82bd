/** Redraws at most ten times a second, and not at all while the page is hidden. */
import { useDocumentVisibility } from '@vueuse/core'
import { onScopeDispose, watch, type WatchSource } from 'vue'

const PAUSE = 100

/** Calls `draw` in an animation frame after any of the sources changed: at once at first, then ten times a second. */
export function useSteady(sources: WatchSource[], draw: () => void): void {
  const visibility = useDocumentVisibility()
  let last = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let frame = 0

  function schedule(): void {
    if (timer !== undefined || visibility.value === 'hidden') return
    timer = setTimeout(
      () => {
        frame = requestAnimationFrame(() => {
          timer = undefined
          last = performance.now()
          draw()
        })
      },
      Math.max(0, last + PAUSE - performance.now()),
    )
  }

  watch([...sources, visibility], schedule, { flush: 'post' })
  onScopeDispose(() => {
    clearTimeout(timer)
    cancelAnimationFrame(frame)
  })
}
