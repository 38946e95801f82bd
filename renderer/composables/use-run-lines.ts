/** The lines of a run's charts, straight from its metrics. */
import { computed, type ComputedRef } from 'vue'
import { numberIn, type EpochMetrics } from '../../preload/contract'
import type { Line } from '../charts/line-chart'
import { type RunHistory, useRuns } from '../stores/runs'
import { useChartChoices } from './use-chart-choices'

export interface RunLines {
  loss: Line[]
  /** Of a part of the loss, by its name. */
  part(name: string): Line[]
  /** Of what training is steered by. */
  scalar(name: string): Line[]
}

/** The lines of the run that is shown; new objects over the same columns whenever metrics have arrived. */
export function useRunLines(): ComputedRef<RunLines> {
  const runs = useRuns()
  const { smoothing, objective } = useChartChoices()
  return computed(() => {
    const history = runs.historyOf(runs.shownId)
    if (history === null) return { loss: [], part: () => [], scalar: () => [] }
    const part = (name: string): Line[] => [
      rawLine(history, name),
      trainLine(history, name, 'train', '--series-train', smoothing.value),
      testLine(history, name),
    ]
    const minimised = trainLine(history, 'objective', 'objective', '--series-objective', smoothing.value)
    return {
      loss: objective.value ? [...part('loss'), minimised] : part('loss'),
      part,
      scalar: (name) => [scalarLine(history, name)],
    }
  })
}

function rawLine({ steps }: RunHistory, part: string): Line {
  const { epoch: x, length } = steps
  return { label: 'raw', color: '--series-train-raw', x, y: steps.values(part), length, width: 1, background: true }
}

/** Step by step and smoothed; for an epoch as a whole it says the mean over it, as the tables do. */
function trainLine({ steps, epochs }: RunHistory, part: string, label: string, color: string, over: number): Line {
  return {
    label,
    smoothed: over > 0,
    color,
    dash: part === 'objective',
    x: steps.epoch,
    y: steps.smooth(part, over),
    length: steps.length,
    ofEpoch: (epoch) => epochs[epoch]?.train?.[part],
  }
}

function testLine({ epochs }: RunHistory, part: string): Line {
  return epochLine(epochs, 'test', '--series-test', ({ test }) => test?.[part])
}

function scalarLine({ steps, epochs }: RunHistory, name: string): Line {
  return {
    label: 'now',
    color: '--series-weight',
    x: steps.epoch,
    y: steps.values(name),
    length: steps.length,
    ofEpoch: (epoch) => epochs[epoch] && numberIn(epochs[epoch], name),
  }
}

/** One value an epoch. */
function epochLine(
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
  const ofEpoch = (epoch: number): number | undefined => (x.includes(epoch) ? y[x.indexOf(epoch)] : undefined)
  return { label, color, x, y, length: x.length, dots: true, ofEpoch }
}
