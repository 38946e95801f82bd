/** Which engine would train the next run, and how fast it is: the one that is set, or the one that Automatic takes here. */
import { computed, shallowRef, watch, type Ref } from 'vue'
import { speedKey, usualModel, type EngineInfo } from '../../preload/contract'
import { useBackend } from '../backend/backend'
import { useConnection } from './connection'
import { useSettings } from './settings'

export interface NextEngine {
  readonly name: string
  /** Images per second, as they were measured here, by `speedKey`. */
  readonly speeds: Readonly<Record<string, number>>
}

/** Null until it is known. */
export function useNextEngine(): Ref<NextEngine | null> {
  const backend = useBackend()
  const connection = useConnection()
  const settings = useSettings()
  const next = shallowRef<EngineInfo | null>(null)
  let turn = 0

  function isNext({ name, usable, automatic }: EngineInfo): boolean {
    const { engine } = settings.current.run
    return engine === 'auto' ? usable && automatic : name === engine
  }

  watch(
    () => settings.current.run.engine,
    () =>
      connection.attempt(async () => {
        const mine = ++turn
        const found = (await backend.call.engines({})).find(isNext)
        if (mine === turn) next.value = found ?? null
      }),
    { immediate: true },
  )
  return computed(() => {
    if (next.value === null) return null
    const { run, speeds } = settings.current
    // engines are tried on the usual model, where nothing was trained yet
    const { name, imagesPerSecond } = next.value
    const isTrial = run.model === usualModel && imagesPerSecond !== null
    return { name, speeds: { ...(isTrial && { [speedKey(name, run)]: imagesPerSecond }), ...speeds } }
  })
}
