/** Test images that a person asks a checkpoint about, and what was answered last. */
import { ref } from 'vue'
import type { At } from '../backend/ask'
import { useDataset } from '../stores/dataset'
import { useRunData } from '../stores/run-data'
import { useAnswer } from './use-answer'

/** Images at a time. */
export const shownAtOnce = 8

export function useTestImages<T extends object>(of: () => At, answer: (asked: At, images: number[]) => Promise<T>) {
  const data = useDataset()
  const runData = useRunData()
  /** Their numbers in the test set. */
  const images = ref(Array.from({ length: shownAtOnce }, (_, i) => i))
  const { working, made, ask } = useAnswer(of, async (asked) => {
    const chosen = images.value
    return { images: chosen, ...(await runData.need(asked.run, () => answer(asked, chosen))) }
  })

  /** Asks of images drawn by chance. */
  function others(): void {
    const all = data.report?.test.count ?? 10_000
    images.value = Array.from({ length: shownAtOnce }, () => Math.floor(Math.random() * all))
    void ask()
  }

  return { working, made, ask, others }
}
