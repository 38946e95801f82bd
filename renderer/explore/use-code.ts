/** A code that a person changes number by number, on top of the one that a digit in hand has. */
import { computed, reactive, watch } from 'vue'
import type { Encoding, RunId } from '../../preload/contract'
import type { Digit } from '../stores/hand'

export function useCode(run: () => RunId, encoding: () => Encoding | null, digit: () => Digit | null) {
  /** By the places of the numbers that are not the digit's own. */
  const changed = reactive(new Map<number, number>())
  /** Those that stay, whatever comes. */
  const locked = reactive(new Set<number>())

  const numbers = computed(() => encoding()?.mean.map((own, at) => changed.get(at) ?? own) ?? null)

  function set(at: number, value: number): void {
    if (Number.isFinite(value) && !locked.has(at)) changed.set(at, value)
  }

  function toggleLock(at: number): void {
    if (locked.delete(at)) return
    const value = numbers.value?.[at]
    if (value === undefined) return
    changed.set(at, value)
    locked.add(at)
  }

  /** One number, or all that are not locked, are the digit's own again. */
  function reset(at?: number): void {
    for (const one of at === undefined ? [...changed.keys()] : [at]) if (!locked.has(one)) changed.delete(one)
  }

  /** All numbers are these, but for those that are locked. */
  function load(code: readonly number[]): void {
    for (const [at, value] of code.entries()) set(at, value)
  }

  watch(digit, () => reset())
  // a number means something else to another model, also where its codes have as many
  watch(
    run,
    () => {
      changed.clear()
      locked.clear()
    },
    { flush: 'sync' },
  )

  return { numbers, changed, locked, set, toggleLock, reset, load }
}
