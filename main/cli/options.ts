/** The options of the commands: what each takes, what it is by default, and how the values become settings. */
import { Option } from 'commander'
import { z } from 'zod'
import { runName, runSettings, type RunSettings } from '../../preload/contract'
import { lanesFor, mostLanes } from '../trainer/lanes'
import { defaultResultFolder } from './run-names'
import { defaultOf, describeRange, optionParser, pathParser, schemaOf, usageError, type SettingName } from './usage'

export type { Option }

/** The options that make a run's settings: their ranges and defaults are the contract's. */
export const settings: readonly Option[] = [
  setting('--epochs <n>', 'epochs', 'times through the training images'),
  setting('--batch <n>', 'batch', 'images a step'),
  setting('--lr <x>', 'learningRate', 'Adam’s learning rate'),
  setting('--kl-warmup <n>', 'klWarmup', 'epochs over which the KL weight rises from 0 to 1'),
  setting('--condition <how>', 'condition', 'whether the prior depends on the digit’s class'),
  setting('--seed <n>', 'seed', 'decides the first weights, the order of the images and the noise'),
  setting('--threads <n>', 'lanes', 'data-parallel lanes', `0, the processor’s cores, at most ${mostLanes}`),
  setting('--limit <n>', 'limit', 'train on the first n images only, 0 for all'),
  engine(),
]

/** What commander makes of them. */
export type Values = Partial<Record<'epochs' | 'batch' | 'lr' | 'klWarmup' | 'seed' | 'threads' | 'limit', number>> & {
  readonly condition?: RunSettings['condition']
  readonly engine?: RunSettings['engine']
}

/** The settings of a run; what was not given is as in `others`, or has its default. */
export function settingsFrom(values: Values, others: Partial<RunSettings> = {}, cores?: number): RunSettings {
  const { epochs, batch, lr, klWarmup, condition, seed, threads, limit, engine } = values
  const given = { epochs, batch, klWarmup, condition, seed, limit, engine, learningRate: lr, lanes: threads }
  const typed = Object.entries(given).filter(([, value]) => value !== undefined)
  const parsed = runSettings.parse({ ...others, ...Object.fromEntries(typed) })
  if (threads !== undefined && threads > parsed.batch)
    throw usageError(`--threads must be at most --batch, which is ${parsed.batch}; got "${threads}"`)
  return { ...parsed, lanes: lanesFor(parsed, cores) }
}

const fields: Readonly<Partial<Record<SettingName, string>>> = {
  epochs: '--epochs',
  batch: '--batch',
  learningRate: '--lr',
  klWarmup: '--kl-warmup',
  condition: '--condition',
  seed: '--seed',
  limit: '--limit',
}

/** What sets a run apart from one with the defaults, as it is typed: `--condition none --seed 3`. */
export function differing(settings: RunSettings): string {
  const others = Object.entries(fields).filter(([field]) => String(settings[field as SettingName]) !== defaultOf(field as SettingName)) // prettier-ignore
  return others.map(([field, flag]) => `${flag} ${settings[field as SettingName]}`).join(' ')
}

function setting(flags: string, field: SettingName, about: string, shownDefault = defaultOf(field)): Option {
  const schema = schemaOf(field)
  return new Option(flags, `${about}: ${describeRange(schema)} (default: ${shownDefault})`).argParser(
    optionParser(flags, schema),
  )
}

/** The names are those that `engines` lists. ONNX Runtime's can be typed without theirs: `cuda` is `onnx-cuda`. */
function engine(): Option {
  const names = runSettings.shape.engine.unwrap()
  const parse = optionParser('--engine', names)
  const list = names.options.join(', ')
  return new Option('--engine <name>', `what computes: ${list} (default: auto, the fastest here)`).argParser((text) =>
    parse(names.safeParse(`onnx-${text}`).success ? `onnx-${text}` : text),
  )
}

const folder = (flags: string, about: string) => new Option(flags, about).argParser(pathParser(flags, 'folder'))

export const data = folder('--data <dir>', 'a folder in MNIST’s format (default: the MNIST that comes with the app)')

export const movedData = folder('--data <dir>', 'where the run’s data is now, if it has moved; the run keeps it')

export const out = folder('--out <dir>', 'the result folder (default: result)')

/** With the result folder. It is looked for when it is needed: a terminal may stand in a folder that was removed. */
export function placed<T extends { out?: string }>(options: T): T & { out: string } {
  return { ...options, out: options.out ?? defaultResultFolder() }
}

export const name = new Option('--name <name>', 'what to call the run').argParser(optionParser('--name', runName))

export const from = new Option(
  '--from <run>',
  'go on from a checkpoint of this run, as a new run: with its data and its settings, where no other are given',
)

export const fromEpoch = new Option('--epoch <n>', 'with --from: the checkpoint (default: the newest)').argParser(
  optionParser('--epoch', z.int().min(0).max(10_000)),
)

export const epoch = new Option('--epoch <n>', 'with the weights after this epoch (default: the last saved)').argParser(
  optionParser('--epoch', z.int().min(0).max(10_000)),
)

export const digit = new Option('--digit <d>', 'draw this digit only: 0 to 9 (default: a row of each)').argParser(
  optionParser('--digit', z.int().min(0).max(9)),
)

export const seed = new Option('--seed <n>', 'another seed draws other digits')
  .default(0)
  .argParser(optionParser('--seed', schemaOf('seed')))

export const picture = new Option('--out <file.png>', 'where to write the picture (default: in the run’s folder)')
picture.argParser(pathParser(picture.flags, 'PNG file'))

export const diagnostics = new Option(
  '--diagnostics',
  'for a report: versions, this machine, engines and the app’s last errors, without names and paths of yours',
)

export const json = new Option('--json', 'print one JSON object per event')

export const details = new Option('--details', 'when something fails, print its technical cause too')
