/** A number that goes up and down by itself; with reduced motion in few steps, each of which stays a while. */
import { useIntervalFn, usePreferredReducedMotion } from '@vueuse/core'
import { computed, onDeactivated, ref } from 'vue'

/** Milliseconds from the lowest to the highest and back. */
const period = 4000
const [tick, step] = [50, 900]
const steps = 6

/** @param set is told where the number stands, −1 to 1 */
export function useSweep(set: (at: number, where: number) => void) {
  const reduced = usePreferredReducedMotion()
  /** The number that moves; null: none. */
  const moving = ref<number | null>(null)
  let began = 0

  function move(): void {
    if (moving.value === null) return
    const passed = performance.now() - began
    const share = reduced.value === 'reduce' ? Math.floor(passed / step) / steps : passed / period
    set(moving.value, Math.sin(2 * Math.PI * share))
  }

  const { pause, resume } = useIntervalFn(
    move,
    computed(() => (reduced.value === 'reduce' ? step : tick)),
    { immediate: false },
  )

  function stop(): void {
    moving.value = null
    pause()
  }

  function toggle(at: number): void {
    if (moving.value === at) return stop()
    began = performance.now()
    moving.value = at
    resume()
  }

  onDeactivated(stop)
  return { moving, toggle, stop }
}
