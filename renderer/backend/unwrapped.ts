/** What the page's state holds is wrapped by Vue's proxies, which the window's port cannot carry (structured clone). */
import { toRaw } from 'vue'

/** The same without any proxy, at any depth: plain objects and arrays are copied, all else is passed on. */
export function unwrapped(value: unknown): unknown {
  const raw = toRaw(value)
  if (Array.isArray(raw)) return raw.map(unwrapped)
  if (typeof raw !== 'object' || raw === null || Object.getPrototypeOf(raw) !== Object.prototype) return raw
  return Object.fromEntries(Object.entries(raw).map(([name, inner]) => [name, unwrapped(inner)]))
}
