/** The rows of a study as they stand: their runs, what these have measured, and how long the others take here. */
import { computed, watch, type ComputedRef, type Ref } from 'vue'
import type { EpochMetrics, RunSettings, RunSummary, StudyRow } from '../../preload/contract'
import { isBusy } from '../../preload/life'
import { useDataset } from '../stores/dataset'
import { useRuns } from '../stores/runs'
import { useSettings } from '../stores/settings'
import { runOfRow, secondsOfRow, settingsOfRow, sizes, type SizeName, type Study } from './study'
import type { NextEngine } from './use-next-engine'

export interface Row {
  readonly row: StudyRow
  readonly settings: RunSettings
  /** Null: it has not begun. */
  readonly run: RunSummary | null
  readonly trains: boolean
  readonly done: boolean
  /** Of the last epoch of a run that is done; null until it has come. */
  readonly test: EpochMetrics['test']
  /** What it takes to train it; null where nothing is known of this machine. */
  readonly seconds: number | null
}

export function useStudy(study: Study, size: Ref<SizeName>, engine: Ref<NextEngine | null>) {
  const runs = useRuns()
  const settings = useSettings()
  const data = useDataset()

  const images = computed(() => ({
    train: data.report?.train.count ?? 60_000,
    test: data.report?.test.count ?? 10_000,
  }))

  const rows: ComputedRef<Row[]> = computed(() =>
    study.rows.map((row) => {
      const own = settingsOfRow(study, row, sizes[size.value], settings.current.run)
      const run = runOfRow(runs.list, own, data.report?.fingerprint ?? null) ?? null
      const done = run?.status === 'done'
      return {
        row,
        settings: own,
        run,
        trains: run !== null && run.id === runs.training.run && isBusy(runs.training.phase),
        done,
        test: done ? (runs.historyOf(run.id)?.epochs.at(-1)?.test ?? null) : null,
        seconds: engine.value === null ? null : secondsOfRow(row, own, images.value, engine.value),
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
