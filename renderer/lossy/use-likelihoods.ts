/** −log p(x) of a study's rows: looked up where it was estimated before, and estimated row after row on request. */
import { computed, watch, type Ref } from 'vue'
import type { Estimate, RunId } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { useAsk } from '../backend/ask'
import { useConnection } from '../stores/connection'
import { useEstimates } from '../stores/estimates'
import type { Row } from './use-study'

/** K, and how many test images at most: the same in every row. */
export const samples = 64
const most = 200

export function useLikelihoods(rows: Ref<readonly Row[]>, testImages: Ref<number>) {
  const ask = useAsk()
  const connection = useConnection()
  const estimates = useEstimates()
  /** Those that were looked up, each with its number of images. */
  const known = new Set<string>()
  const images = computed(() => Math.min(most, testImages.value))
  const keyOf = (run: RunId, count = images.value): string => `${count} ${run}`

  const done = computed(() => rows.value.flatMap(({ run, done }) => (run !== null && done ? [run] : [])))
  const found = computed<ReadonlyMap<RunId, Estimate>>(
    () =>
      new Map(
        done.value.flatMap(({ id }) => {
          const estimate = estimates.ofRows.get(keyOf(id))
          return estimate === undefined ? [] : [[id, estimate] as const]
        }),
      ),
  )
  const missing = computed(() => done.value.filter(({ id }) => !found.value.has(id)))

  watch(
    [done, images, () => connection.away],
    async ([runs, now, away]) => {
      if (away) return
      for (const { id, epoch } of runs) {
        if (images.value !== now) return
        const one = keyOf(id, now)
        if (known.has(one)) continue
        known.add(one)
        try {
          const kept = await ask({ run: id, epoch }, { type: 'keptLikelihood', samples, images: now })
          if (kept !== null) estimates.ofRows.set(one, kept)
        } catch (thrown) {
          // of what cannot be looked up nothing is known; why, is said where it is asked for
          if (AppError.from(thrown).code === 'link/lost') known.delete(one)
        }
      }
    },
    { immediate: true },
  )

  /** Estimates what is missing, one row after another, until it is stopped. */
  async function measure(): Promise<void> {
    if (estimates.rowTask !== null) return
    const question = { type: 'likelihood', samples, images: images.value } as const
    let one = ''
    for (const { id, epoch } of missing.value) {
      one = crypto.randomUUID()
      estimates.rowTask = one
      const went = await connection.attempt(async () => {
        const { marginal } = await estimates.ask({ run: id, epoch }, one, question)
        estimates.ofRows.set(keyOf(id, question.images), marginal)
      })
      // stopped by hand, or told of at the edge of the page
      if (!went || estimates.rowTask !== one) break
    }
    if (estimates.rowTask === one) estimates.rowTask = null
  }

  function stop(): void {
    const current = estimates.rowTask
    estimates.rowTask = null
    if (current !== null) void connection.cancel(current)
  }

  return { found, images, missing, measuring: computed(() => estimates.rowTask !== null), measure, stop }
}
