/** −log p(x) of a study's rows: looked up where it was estimated before, and estimated row after row on request. */
import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import type { Estimate, RunId } from '../../preload/contract'
import { useAsk } from '../backend/ask'
import { useBackend } from '../backend/backend'
import { useConnection } from '../stores/connection'
import { useRunData } from '../stores/run-data'
import type { Row } from './use-study'

/** K, and how many test images at most: the same in every row. */
export const samples = 64
const most = 200

export function useLikelihoods(rows: Ref<readonly Row[]>, testImages: Ref<number>) {
  const backend = useBackend()
  const ask = useAsk()
  const connection = useConnection()
  const data = useRunData()
  const found = shallowRef<ReadonlyMap<RunId, Estimate>>(new Map())
  /** Those that were looked up, each with its number of images. */
  const known = new Set<string>()
  const task = ref<string | null>(null)
  const images = computed(() => Math.min(most, testImages.value))

  const done = computed(() => rows.value.flatMap(({ run, done }) => (run !== null && done ? [run] : [])))
  const missing = computed(() => done.value.filter(({ id }) => !found.value.has(id)))

  const tell = (run: RunId, estimate: Estimate): void => {
    found.value = new Map(found.value).set(run, estimate)
  }

  watch(images, () => {
    known.clear()
    found.value = new Map()
  })
  watch(
    [done, images],
    async ([runs, now]) => {
      for (const { id, epoch } of runs) {
        if (images.value !== now) return
        const one = `${now} ${id}`
        if (known.has(one)) continue
        known.add(one)
        // of what cannot be looked up nothing is known; why, is said where it is asked for
        const kept = await ask({ run: id, epoch }, { type: 'keptLikelihood', samples, images: now }).catch(() => null)
        if (kept !== null && images.value === now) tell(id, kept)
      }
    },
    { immediate: true },
  )

  /** Estimates what is missing, one row after another, until it is stopped. */
  async function measure(): Promise<void> {
    const question = { type: 'likelihood', samples, images: images.value } as const
    for (const { id, epoch } of missing.value) {
      const one = crypto.randomUUID()
      task.value = one
      const went = await connection.attempt(async () => {
        const asked = { run: id, epoch, task: one, question }
        const { marginal, unkept } = await data.need(id, () => backend.call.ask(asked))
        tell(id, marginal)
        if (unkept) connection.report(unkept)
      })
      // stopped by hand, or told of at the edge of the page
      if (!went || task.value !== one) break
    }
    task.value = null
  }

  function stop(): void {
    const current = task.value
    task.value = null
    if (current !== null) void connection.cancel(current)
  }

  return { found, images, missing, measuring: computed(() => task.value !== null), measure, stop }
}
