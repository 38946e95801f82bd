/** What is lossy, as runs show it: which runs are the rows of a study, how long the others take, and what all of them say. */
import {
  cardNamed,
  defaultsOf,
  imagesOf,
  machineNames,
  modelNames,
  plain,
  settingsOf,
  speedKey,
  usualModel,
  type EpochMetrics,
  type LossyStudy,
  type RunSettings,
  type RunSummary,
  type StudyRow,
} from '../../preload/contract'
import { inBits, nats } from '../lib/format'

/** How much each row trains. */
export const sizes = {
  small: { title: 'Small', epochs: 2, limit: 5000 },
  usual: { title: 'Usual', epochs: 5, limit: 20_000 },
  large: { title: 'Large', epochs: 20, limit: 0 },
} as const
export type SizeName = keyof typeof sizes
export type Size = Pick<(typeof sizes)[SizeName], 'epochs' | 'limit'>

export interface Study extends LossyStudy {
  readonly model: string
}

/** Of the first model that has one. */
export function findStudy(): Study | undefined {
  return modelNames().flatMap((model) => {
    const { lossy } = cardNamed(model)
    return lossy === undefined ? [] : [{ model, ...lossy }]
  })[0]
}

/** What a row is trained with. @param machine the lanes and the engine that a person has chosen */
export function settingsOfRow(
  { model }: Study,
  { preset }: Pick<StudyRow, 'preset'>,
  { epochs, limit }: Size,
  machine: Pick<RunSettings, 'lanes' | 'engine'>,
): RunSettings {
  const own = cardNamed(model).presets?.[preset]?.settings ?? {}
  return plain({ ...defaultsOf(model), ...own, epochs, limit, lanes: machine.lanes, engine: machine.engine })
}

/** Whether what is trained so is the same, on whatever machine; but for the settings in `aside`. */
export function areAlike(a: RunSettings, b: RunSettings, aside: readonly string[] = []): boolean {
  if (a.model !== b.model) return false
  const [first, second] = [plain(a), plain(b)]
  const names = Object.keys(settingsOf(a.model)).filter((name) => !machineNames.includes(name) && !aside.includes(name))
  return names.every((name) => first[name] === second[name])
}

/**
 * The run that is this row: of those that train the same from fresh weights the one that has come furthest, of them the newest.
 * @param data its fingerprint, where it is known
 */
export function runOfRow(
  runs: readonly RunSummary[],
  settings: RunSettings,
  data: string | null,
): RunSummary | undefined {
  const fit = runs.filter(
    (run) =>
      run.from === null &&
      run.problem === null &&
      areAlike(run.settings, settings) &&
      (data === null || run.data === null || run.data.fingerprint === data),
  )
  // newest first, as they are listed
  return fit.find(({ status }) => status === 'done') ?? fit.toSorted((a, b) => b.epoch - a.epoch)[0]
}

/** Until a run is ready for its first step. */
const readySeconds = 10

/**
 * How long a row takes to train here, in seconds; null: nothing is known of this machine.
 * @param engine that will compute, and images per second as they were measured here
 */
export function secondsOfRow(
  row: StudyRow,
  settings: RunSettings,
  images: { readonly train: number; readonly test: number },
  { name: engine, speeds }: { readonly name: string; readonly speeds: Readonly<Record<string, number>> },
): number | null {
  const usual = speeds[speedKey(engine, { model: usualModel })]
  const speed = speeds[speedKey(engine, settings)] ?? (usual === undefined ? undefined : usual / row.work)
  if (speed === undefined) return null
  const { trained, held } = imagesOf(settings, images.train)
  // what is only measured takes no gradient: about a third of the work
  return readySeconds + (settings.epochs * (trained + (held + images.test) / 3)) / speed
}

/** The numbers of a row that is done. */
export interface Measured {
  readonly row: StudyRow
  readonly test: NonNullable<EpochMetrics['test']>
}

/** What the rows say together: a sentence or two; null until those that it compares are there. */
export function conclusion({ rate, rows }: Study, found: readonly (Measured | null)[]): string | null {
  const there = found.filter((one) => one !== null)
  const whole = there.find(({ row }) => row.code === 'all')
  const best = rows.findLast(({ code }) => code === 'rest')
  const lossy = there.find(({ row }) => row === best)
  if (whole === undefined || lossy === undefined) return null
  const [all, rest] = [whole.test[rate] ?? NaN, lossy.test[rate] ?? NaN]
  const saved = whole.test.loss - lossy.test.loss
  if (!(rest < all))
    return `Here the code of the local decoder costs ${nats(rest)} nats and that of the factorised one ${nats(all)}: after so little training the window does not relieve the code yet. Train a larger size.`
  const kept = `A code costs ${nats(rest)} nats (${bits(rest)} bits) where a pixel sees its neighbours, and ${nats(all)} (${bits(all)} bits) where it does not: ${Math.round((100 * rest) / all)} % of it.`
  const total =
    saved > 0
      ? `Yet an image costs ${nats(saved)} nats less in all.`
      : `An image costs ${nats(-saved)} nats more in all, after so little training.`
  return `${kept} ${total} What the code leaves out is what neighbours tell each other: stroke by stroke, how ink goes on. That is what is lossy.`
}

export function bits(nats: number): string {
  return inBits(nats).toFixed(1)
}
