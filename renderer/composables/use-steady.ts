/** Redraws at most ten times a second, and not at all while the page is hidden. */
import { useDocumentVisibility } from '@vueuse/core'
import { onScopeDispose, watch, type WatchSource } from 'vue'

const pause = 100

/** Calls `draw` in an animation frame after any of the sources changed: at once at first, then ten times a second. */
export function useSteady(sources: WatchSource[], draw: () => void): void {
  const visibility = useDocumentVisibility()
  let last = -Infinity
  let timer: ReturnType<typeof setTimeout> | undefined
  let frame: number | undefined

  function schedule(): void {
    if (timer !== undefined || frame !== undefined || visibility.value === 'hidden') return
    const wait = last + pause - performance.now()
    // the very next frame, which all else that changed is painted in: a timer would cost a frame of its own
    if (wait <= 0) frame = requestAnimationFrame(redraw)
    else timer = setTimeout(() => ((timer = undefined), schedule()), wait)
  }

  function redraw(): void {
    frame = undefined
    last = performance.now()
    draw()
  }

  watch([...sources, visibility], schedule, { flush: 'post' })
  onScopeDispose(() => {
    clearTimeout(timer)
    if (frame !== undefined) cancelAnimationFrame(frame)
  })
}
