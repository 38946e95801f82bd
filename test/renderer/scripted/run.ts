/** Runs for the scripted backend: curves with the shape of real ones. */
import {
  noNotes,
  runSettings,
  withLoss,
  type Costs,
  type EpochMetrics,
  type LossParts,
  type MetricsSpan,
  type RunSettings,
  type TrainingParts,
  type RunStatus,
  type RunSummary,
} from '../../../preload/contract'
import { ladderSettings } from '../../../preload/models/ladder'
import { random } from '../../random'

export const stepsPerEpoch = 469
/** Every how many steps a line is logged. */
export const logEvery = 7

export interface ScriptedRun {
  summary: RunSummary
  step: number
  removed: Set<number>
}

export function createRun(
  id: string,
  name: string,
  startedAt: string,
  status: RunStatus,
  epoch: number,
  changed: Partial<RunSettings> = {},
  from: RunSummary['from'] = null,
): ScriptedRun {
  // as run.json has it: what the machine decides is decided
  const given = runSettings.parse(changed)
  const settings = { ...given, lanes: given.lanes || 2, engine: 'onnx-cpu' as const }
  const run: ScriptedRun = {
    step: Math.max(0, epoch) * stepsPerEpoch,
    removed: new Set(),
    summary: {
      id,
      name,
      status,
      settings,
      startedAt,
      from,
      engine: 'onnx-cpu',
      device: `CPU, ${settings.lanes === 1 ? '1 lane' : `${settings.lanes} lanes`}`,
      data: { name: 'MNIST (bundled)', fingerprint: 'f'.repeat(64), classes: [...'0123456789'] },
      epoch: -1,
      curve: [],
      seconds: [],
      stepsPerEpoch,
      best: null,
      resumable: status !== 'done',
      problem: null,
      notes: noNotes,
    },
  }
  for (let e = 0; e <= epoch; e++) finishEpoch(run, e)
  return run
}

/** Takes an epoch into the summary. */
export function finishEpoch(run: ScriptedRun, epoch: number): void {
  const loss = epochLine(run, epoch).test?.loss ?? null
  const { curve, best } = run.summary
  run.summary = {
    ...run.summary,
    epoch,
    curve: [...curve, loss],
    best: loss !== null && (best === null || loss < best.loss) ? { epoch, loss } : best,
  }
}

/** As it is `epochs` epochs after the first step of the run, or of the one that it was continued from. */
function parts(run: ScriptedRun, epochs: number): { klWeight: number; costs: Costs } {
  const { settings, from } = run.summary
  const at = (from?.epochs ?? 0) + epochs
  const { klWarmup, condition } = ladderSettings(settings)
  const klWeight = klWarmup === 0 ? 1 : Math.min(1, at / klWarmup)
  const penalty = condition === 'none' ? 3 : 0
  const odd = (settings.seed % 7) * 0.12 + (settings.learningRate > 0.001 ? 1.4 : 0)
  return {
    klWeight,
    costs: {
      reconstruction:
        71.2 + odd + 34 * Math.exp(-at / 2.2) + 430 * Math.exp(-at * 18) - 9 * (1 - klWeight) * (1 - Math.exp(-at)),
      klZ1: 6.6 + 9 * Math.exp(-at / 6) * (1 - Math.exp(-at * 3)) - 6.6 * Math.exp(-at * 4),
      klZ2: 13.4 + penalty + 14 * Math.exp(-at / 5) * (1 - Math.exp(-at * 3)) - 13.4 * Math.exp(-at * 5),
    },
  }
}

/** What training has measured there, with so much more or less of a reconstruction. */
function trained({ klWeight, costs }: ReturnType<typeof parts>, more: number): TrainingParts {
  const { reconstruction, klZ1, klZ2 } = costs as Record<'reconstruction' | 'klZ1' | 'klZ2', number>
  const all = { reconstruction: reconstruction + more, klZ1, klZ2 }
  return { ...withLoss(all), objective: all.reconstruction + klWeight * (klZ1 + klZ2) }
}

/** Means over the test images, as the model is at an epoch. */
export function testAt(run: ScriptedRun, epoch: number): LossParts {
  return withLoss(parts(run, epoch).costs)
}

export function epochLine(run: ScriptedRun, epoch: number): EpochMetrics {
  const { klWeight } = parts(run, epoch)
  const train = parts(run, Math.max(0, epoch - 0.4))
  return {
    type: 'epoch',
    epoch,
    step: epoch * stepsPerEpoch,
    klWeight,
    train: epoch === 0 ? null : trained(train, -0.6),
    test: epoch === 0 ? null : testAt(run, epoch),
  }
}

/** The lines from step `after` (exclusive) to `to`. Sequence numbers are step numbers plus finished epochs. */
export function spanOf(run: ScriptedRun, after: number, to: number): MetricsSpan {
  const steps: number[] = []
  for (let step = after + 1; step <= to; step++) if (step % logEvery === 0) steps.push(step)
  const rows = steps.map((step) => {
    const noise = random(step * 31 + run.summary.settings.seed)
    const at = parts(run, step / stepsPerEpoch)
    return { klWeight: at.klWeight, ...trained(at, 5 * (noise() + noise() - 1)) } as Record<string, number>
  })
  const column = (name: string) => [name, Float32Array.from(rows, (row) => row[name]!)] as const
  const epochs: EpochMetrics[] = []
  for (let epoch = 0; epoch * stepsPerEpoch <= to && epoch <= run.summary.epoch; epoch++)
    if (epoch * stepsPerEpoch > after || (epoch === 0 && after <= 0)) epochs.push(epochLine(run, epoch))
  return {
    run: run.summary.id,
    from: after,
    to,
    steps: {
      step: Int32Array.from(steps),
      epoch: Float32Array.from(steps, (step) => step / stepsPerEpoch),
      values: Object.fromEntries(Object.keys(rows[0] ?? {}).map(column)),
    },
    epochs,
  }
}
