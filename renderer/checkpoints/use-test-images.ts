/** Test images that a person asks a checkpoint about, and what was answered last. */
import { watchDebounced } from '@vueuse/core'
import { ref, shallowRef, watch, type ShallowRef } from 'vue'
import type { RunId } from '../../preload/contract'
import { useConnection } from '../stores/connection'
import { useDataset } from '../stores/dataset'
import { useRunData } from '../stores/run-data'

/** Images at a time. */
export const shownAtOnce = 8

interface Asked {
  readonly run: RunId
  readonly epoch: number
}

export function useTestImages<T extends object>(
  of: () => Asked,
  answer: (asked: Asked, images: number[]) => Promise<T>,
) {
  const connection = useConnection()
  const data = useDataset()
  const runData = useRunData()
  /** Their numbers in the test set. */
  const images = ref(Array.from({ length: shownAtOnce }, (_, i) => i))
  const working = ref(false)
  /** With the epoch that it was asked of. */
  const made = shallowRef(null) as ShallowRef<(T & Pick<Asked, 'epoch'>) | null>

  watch(
    () => of().run,
    () => {
      made.value = null
    },
  )

  async function ask(): Promise<void> {
    const asked = of()
    working.value = true
    await connection.attempt(async () => {
      const found = await runData.need(asked.run, () => answer(asked, images.value))
      made.value = { ...found, epoch: asked.epoch }
    })
    working.value = false
    if (asked.run === of().run && asked.epoch !== of().epoch) await ask()
  }

  // what is shown follows the playhead, once that rests
  watchDebounced(
    () => of().epoch,
    () => {
      if (made.value !== null && made.value.epoch !== of().epoch && !working.value) void ask()
    },
    { debounce: 300 },
  )

  /** Asks of images drawn by chance. */
  function others(): void {
    const all = data.report?.test.count ?? 10_000
    images.value = Array.from({ length: shownAtOnce }, () => Math.floor(Math.random() * all))
    void ask()
  }

  return { images, working, made, ask, others }
}
