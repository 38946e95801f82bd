/** The lines of a run's charts, straight from its metrics. */
import { computed, type ComputedRef } from 'vue'
import type { EpochMetrics } from '../../preload/contract'
import type { Line } from '../charts/line-chart'
import type { Part } from '../lib/step-series'
import { type History, useRuns } from '../stores/runs'

export interface RunLines {
  loss: Line[]
  reconstruction: Line[]
  klZ1: Line[]
  klZ2: Line[]
  klWeight: Line[]
}

/** The lines of the run that is shown; new objects over the same columns whenever metrics have arrived. */
export function useRunLines(): ComputedRef<RunLines> {
  const runs = useRuns()
  return computed(() => {
    const history = runs.historyOf(runs.shownId)
    const part = (name: Part): Line[] => partLines(history, name)
    return {
      loss: part('loss'),
      reconstruction: part('reconstruction'),
      klZ1: part('klZ1'),
      klZ2: part('klZ2'),
      klWeight: history === null ? [] : [weightLine(history)],
    }
  })
}

function partLines(history: History | null, part: Part): Line[] {
  if (history === null) return []
  const { epoch: x, length, raw, smooth } = history.steps
  return [
    { label: 'raw', color: '--series-train-raw', x, y: raw[part], length, width: 1, background: true },
    { label: 'train', color: '--series-train', x, y: smooth[part], length },
    epochLine(history.epochs, 'test', '--series-test', ({ test }) => test?.[part]),
  ]
}

function weightLine({ steps }: History): Line {
  return { label: 'weight', color: '--series-weight', x: steps.epoch, y: steps.klWeight, length: steps.length }
}

/** One value an epoch. */
export function epochLine(
  epochs: readonly (EpochMetrics | undefined)[],
  label: string,
  color: string,
  value: (line: EpochMetrics) => number | null | undefined,
): Line {
  const x: number[] = []
  const y: number[] = []
  for (const line of epochs) {
    const at = line && value(line)
    if (line === undefined || at === null || at === undefined) continue
    x.push(line.epoch)
    y.push(at)
  }
  return { label, color, x, y, length: x.length, dots: true }
}
