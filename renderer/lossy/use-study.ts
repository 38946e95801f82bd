/** The rows of a study as they stand: their runs, what these have measured, and how long the others take here. */
import { computed, watch, type ComputedRef, type Ref } from 'vue'
import type { EpochMetrics, QueuedRun, RunSettings, RunSummary, StudyRow } from '../../preload/contract'
import { isOpen } from '../../preload/life'
import { useDataset } from '../stores/dataset'
import type { NextEngine } from '../stores/next-engine'
import { useQueue } from '../stores/queue'
import { useRuns } from '../stores/runs'
import { areAlike, runOfRow, secondsOfRow } from './study'

/** What is to be trained. */
export interface Planned {
  readonly row: StudyRow
  readonly settings: RunSettings
}

export interface Row extends Planned {
  /** Null: it has not begun. */
  readonly run: RunSummary | null
  /** Its place in the queue; null: it does not wait. */
  readonly queued: QueuedRun | null
  /** It is the run that is open, training or paused. */
  readonly trains: boolean
  readonly done: boolean
  /** Of the last epoch of a run that is done; null until it has come. */
  readonly test: EpochMetrics['test']
  /** What it takes to train it; null where nothing is known of this machine. */
  readonly seconds: number | null
}

export function useStudy(planned: ComputedRef<readonly Planned[]>, engine: Ref<NextEngine | null>) {
  const runs = useRuns()
  const queue = useQueue()
  const data = useDataset()

  const images = computed(() => ({
    train: data.report?.train.count ?? 60_000,
    test: data.report?.test.count ?? 10_000,
  }))

  const rows: ComputedRef<readonly Row[]> = computed(() =>
    planned.value.map(({ row, settings }) => {
      const run = runOfRow(runs.list, settings, data.report?.fingerprint ?? null) ?? null
      const done = run?.status === 'done'
      return {
        row,
        settings,
        run,
        queued: done ? null : (queue.told.runs.find((one) => areAlike(one.settings, settings)) ?? null),
        trains: run !== null && run.id === runs.training.run && isOpen(runs.training.phase),
        done,
        test: done ? (runs.historyOf(run.id)?.epochs.at(-1)?.test ?? null) : null,
        seconds: engine.value === null ? null : secondsOfRow(row, settings, images.value, engine.value),
      }
    }),
  )

  watch(
    () => rows.value.flatMap(({ run, done }) => (run !== null && done ? [run.id] : [])),
    (ids) => {
      for (const id of ids) if (runs.historyOf(id) === null) void runs.load(id)
    },
    { immediate: true },
  )

  return { rows, images }
}
