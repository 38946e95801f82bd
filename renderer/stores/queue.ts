/** The runs that wait: how the queue stands, and what a person does with it. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import {
  mostQueuedAtOnce,
  type PlannedRun,
  type QueuedRun,
  type RunId,
  type RunQueueState,
} from '../../preload/contract'
import { useBackend } from '../backend/backend'
import { useConnection } from './connection'

export const useQueue = defineStore('queue', () => {
  const backend = useBackend()
  const connection = useConnection()
  const told = shallowRef<RunQueueState>({ state: 'works', current: null, runs: [], problem: null })

  /** The run that a person would repeat, or the settings as they are set; null: nothing is asked. */
  const repeating = ref<RunId | 'settings' | null>(null)

  /** The run of it that trains, or is being started. */
  const current = computed(() => told.value.runs.find(({ id }) => id === told.value.current) ?? null)
  const waiting = computed(() => told.value.runs.filter(({ id }) => id !== told.value.current))

  const set = (queue: RunQueueState): void => void (told.value = queue)

  /** Resolves with whether all of them wait now. @param like the run whose data, and whose beginning, they have */
  const add = (runs: readonly PlannedRun[], group: string | null, like?: RunId): Promise<boolean> =>
    connection.attempt(async () => {
      for (const some of inSlices(runs))
        await backend.call.enqueue({ runs: some, group, ...(like === undefined ? {} : { like }) })
    })
  const drop = (runs: readonly QueuedRun[]): Promise<boolean> =>
    connection.attempt(async () => {
      for (const some of inSlices(runs)) await backend.call.dequeue({ ids: some.map(({ id }) => id) })
    })
  const move = (id: string, to: number): Promise<boolean> =>
    connection.attempt(() => backend.call.moveQueued({ id, to }))
  const pause = (): Promise<boolean> => connection.attempt(() => backend.call.pauseQueue({}))
  const goOn = (): Promise<boolean> => connection.attempt(() => backend.call.continueQueue({}))

  return { told, repeating, current, waiting, set, add, drop, move, pause, goOn }
})

function inSlices<T>(list: readonly T[]): T[][] {
  const count = Math.ceil(list.length / mostQueuedAtOnce)
  return Array.from({ length: count }, (_, i) => list.slice(i * mostQueuedAtOnce, (i + 1) * mostQueuedAtOnce))
}
