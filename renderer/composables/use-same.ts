/** Another object only where something in it is another: what watches it is not woken by one that says the same. */
import { computed, type ComputedRef } from 'vue'

/** @param get of flat objects, all with the same keys; null: there is none */
export function useSame<T extends object>(get: () => T | null): ComputedRef<T | null> {
  return computed<T | null>((before) => {
    const now = get()
    if (now === null || !before) return now
    return (Object.keys(now) as (keyof T)[]).every((key) => now[key] === before[key]) ? before : now
  })
}
