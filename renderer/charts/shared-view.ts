/** What the charts of one view share: the crosshair and the stretch of x that is zoomed in on. */
import { type InjectionKey, inject, provide, ref, shallowRef } from 'vue'

export interface SharedView {
  /** x under the pointer, in epochs; null when it is elsewhere. */
  crosshair: ReturnType<typeof ref<number | null>>
  /** The zoomed stretch; null: all of it. */
  zoom: ReturnType<typeof shallowRef<[number, number] | null>>
}

const key: InjectionKey<SharedView> = Symbol('charts')

/** The charts below this component move together. */
export function provideSharedView(): SharedView {
  const shared: SharedView = { crosshair: ref<number | null>(null), zoom: shallowRef<[number, number] | null>(null) }
  provide(key, shared)
  return shared
}

export function useSharedView(): SharedView {
  return inject(
    key,
    () => ({ crosshair: ref<number | null>(null), zoom: shallowRef<[number, number] | null>(null) }),
    true,
  )
}

/** A stretch around `at`, `factor` times as long, kept inside `all`; null when it is as long as all. */
export function zoomed(
  current: readonly [number, number],
  all: readonly [number, number],
  at: number,
  factor: number,
): [number, number] | null {
  const length = (current[1] - current[0]) * factor
  if (length >= all[1] - all[0]) return null
  const shortest = (all[1] - all[0]) / 2000
  const size = Math.max(length, shortest)
  const share = (at - current[0]) / (current[1] - current[0])
  const start = Math.min(Math.max(all[0], at - size * share), all[1] - size)
  return [start, start + size]
}
