/** What Explore is about: the run and the epoch shown, or the model that comes with the app, before there is one or where a person takes it. */
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import type { RunId, RunSummary } from '../../preload/contract'
import { useRuns } from './runs'
import { useTimeline } from './timeline'

export interface Explored {
  readonly run: RunSummary
  readonly epoch: number
}

export const useExplored = defineStore('explored', () => {
  const runs = useRuns()
  const timeline = useTimeline()

  /** The run in whose place a person has taken the other model: another run that is shown is what they want to see. */
  const passedOver = ref<RunId | null>(null)

  const own = computed<Explored | null>(() =>
    runs.shown === null || timeline.epoch < 0 ? null : { run: runs.shown, epoch: timeline.epoch },
  )
  const shipped = computed<Explored | null>(() => runs.shipped && { run: runs.shipped, epoch: runs.shipped.epoch })
  const choice = computed<'own' | 'shipped'>({
    get: () => (shipped.value && (own.value === null || own.value.run.id === passedOver.value) ? 'shipped' : 'own'),
    set: (which) => (passedOver.value = which === 'own' ? null : (own.value?.run.id ?? null)),
  })
  const at = computed(() => (choice.value === 'shipped' ? shipped.value : own.value))

  // what it was measured as; of a run that is shown it is there
  watch(
    () => (choice.value === 'shipped' ? shipped.value?.run.id : undefined),
    (id) => id !== undefined && void runs.load(id),
    { immediate: true },
  )

  return { own, shipped, choice, at }
})
