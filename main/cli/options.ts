/** The options of the commands: what each takes, what it is by default, and how the values become settings. */
import { Option } from 'commander'
import { z } from 'zod'
import {
  cardNamed,
  counts,
  engineName,
  epochNumber,
  likelihoodImages,
  likelihoodSamples,
  modelNames,
  plain,
  questions,
  runName,
  runNotes,
  runSettings,
  runTag,
  settingsOf,
  sharedNames,
  usualModel,
  valuesOf,
  type RunSettings,
  type SharedSettings,
  type Setting,
  type SettingValue,
} from '../../preload/contract'
import { flagOf, shortNames } from '../runs/command-line'
import { lanesFor, mostLanes } from '../trainer/lanes'
import { exportFormats } from './export'
import { defaultResultFolder } from './run-names'
import { schedulers } from './schedulers'
import { describeRange, optionParser, pathParser, usageError } from './usage'

export type { Option }

/** What commander makes of the settings that were typed: shared ones checked, a model's own as text. */
export type Values = Readonly<Record<string, SettingValue | boolean | undefined>> & {
  readonly model?: string
  readonly preset?: string
}

/** What all settings' options are called among the values, whichever model they are of. */
export function typedNames(): string[] {
  const names = modelNames().flatMap((model) => Object.keys(settingsOf(model)))
  return ['model', 'preset', ...names.map((name) => shortNames[name] ?? name)]
}

/** A setting's name, however it was typed: `lr`, `learning-rate`, `learningRate`. */
export function settingNamed(typed: string): string {
  const own = typed.trim().replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return Object.keys(shortNames).find((name) => shortNames[name] === own) ?? own
}

/** The options that make a run's settings: what every run has, and what each model has of its own, as their cards say. */
export function settingOptions(): Option[] {
  const models = modelNames()
  const shared = settingsOf(usualModel)
  return [
    ...(models.length > 1 ? [modelOption(models)] : []),
    ...presetOptions(models),
    ...sharedNames.map((name) => (name === 'engine' ? engine() : sharedOption(name, shared[name], models))),
    ...ownOptions(models),
  ]
}

function modelOption(models: readonly string[]): Option {
  const option = new Option('--model <name>', `what is trained: ${models.join(', ')} (default: ${usualModel})`)
  return option.argParser(optionParser('--model', z.enum(models)))
}

/** Presets are told whose they are, and what is typed beside one counts more. */
function presetOptions(models: readonly string[]): Option[] {
  const texts = models.flatMap((model) => {
    const names = Object.keys(cardNamed(model).presets ?? {})
    return names.length === 0 ? [] : [`of ${model}: ${names.join(', ')} (default: ${names[0]})`]
  })
  if (texts.length === 0) return []
  return [new Option('--preset <name>', `settings by the papers’ names, ${texts.join('; ')}`)]
}

function sharedOption(
  name: keyof SharedSettings,
  { schema, about, choices }: Setting,
  models: readonly string[],
): Option {
  const flags = `${flagOf(name)} ${choices ? '<how>' : name === 'learningRate' ? '<x>' : '<n>'}`
  const shown = name === 'lanes' ? `0, the processor’s cores, at most ${mostLanes}` : usualOf(name, models)
  const type = schema.unwrap()
  return new Option(flags, `${about}: ${describeRange(type)} (default: ${shown})`).argParser(optionParser(flags, type))
}

/** Two models may have settings of one name: which range counts is known when the model is. */
function ownOptions(models: readonly string[]): Option[] {
  const byName = new Map<string, { model: string; setting: Setting }[]>()
  for (const model of models)
    for (const [name, setting] of Object.entries(cardNamed(model).settings))
      byName.set(name, [...(byName.get(name) ?? []), { model, setting }])
  return [...byName].map(([name, owned]) => {
    const texts = owned.map(({ model, setting: { schema, about } }) => {
      const whose = models.length > 1 ? `of ${model}, ` : ''
      return `${whose}${about}: ${describeRange(schema.unwrap())} (default: ${usual(schema)})`
    })
    const value = owned.some(({ setting }) => setting.choices) ? '<how>' : '<n>'
    return new Option(`${flagOf(name)} ${value}`, texts.join('; '))
  })
}

/** The names are those that `engines` lists. ONNX Runtime's can be typed without theirs: `cuda` is `onnx-cuda`. */
function engine(): Option {
  const names = z.enum(['auto', ...engineName.options])
  const parse = optionParser('--engine', names)
  const list = names.options.join(', ')
  return new Option('--engine <name>', `what computes: ${list} (default: auto, the fastest here)`).argParser((text) =>
    parse(names.safeParse(`onnx-${text}`).success ? `onnx-${text}` : text),
  )
}

/** `128, of vlae 100` */
function usualOf(name: keyof SharedSettings, models: readonly string[]): string {
  const values = models.map((model) => ({ model, value: usual(settingsOf(model)[name].schema) }))
  const first = values[0]?.value
  const unlike = values.filter(({ value }) => value !== first)
  return [first, ...unlike.map(({ model, value }) => `of ${model} ${value}`)].join(', ')
}

function usual(schema: Setting['schema']): string {
  return String(schema.parse(undefined))
}

/** The settings of a run; what was not given is as in `others`, or has its default. */
export function settingsFrom(values: Values, others: Partial<RunSettings> = {}, cores?: number): RunSettings {
  const model = values.model ?? others.model ?? usualModel
  if (others.model !== undefined && model !== others.model)
    throw usageError(`--model must be ${others.model}, as the weights are that --from names; got "${model}"`)
  const takes = settingsOf(model)
  const typed: Record<string, unknown> = { ...others, ...presetSettings(values.preset, model), model }
  for (const name of new Set(modelNames().flatMap((known) => Object.keys(settingsOf(known))))) {
    const value = values[shortNames[name] ?? name]
    if (value === undefined) continue
    const setting = takes[name]
    if (setting === undefined)
      throw usageError(`${flagOf(name)} is not a setting of ${model}: it has ${ownFlags(model)}`)
    // a model's own are text until here
    typed[name] =
      typeof value === 'string' && !(sharedNames as string[]).includes(name)
        ? optionParser(flagOf(name), setting.schema.unwrap() as z.ZodType<SettingValue>)(value)
        : value
  }
  const parsed = runSettings.parse(typed)
  for (const [name, setting] of Object.entries(takes))
    if (values[name] !== undefined) assertCounts(name, setting, parsed)
  if (values['threads'] !== undefined && Number(values['threads']) > parsed.batch)
    throw usageError(`--threads must be at most --batch, which is ${parsed.batch}; got "${values['threads']}"`)
  return { ...plain(parsed), lanes: lanesFor(parsed, cores) }
}

/** The settings of a model's preset. @throws AppError `usage` */
function presetSettings(name: string | undefined, model: string): Partial<RunSettings> {
  if (name === undefined) return {}
  const { presets = {}, settings } = cardNamed(model)
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined
  if (preset !== undefined) return valuesOf(settings, preset.settings)
  const names = Object.keys(presets)
  throw usageError(
    names.length === 0
      ? `--preset: ${model} has no presets`
      : `--preset must be ${names.join(' or ')}, those of ${model}; got "${name}"`,
  )
}

/** What was typed is not passed over in silence. @throws AppError `usage` where it counts for nothing */
function assertCounts(name: string, { only = {} }: Setting, settings: RunSettings): void {
  const needed = Object.entries(only).find(([other, some]) => !counts({ only: { [other]: some } }, settings))
  if (needed === undefined) return
  const [other, some] = needed
  throw usageError(
    `${flagOf(name)} applies only with ${flagOf(other)} ${some.join(' or ')}; here it is ${settings[other]}. Leave it out`,
  )
}

function ownFlags(model: string): string {
  return Object.keys(cardNamed(model).settings).map(flagOf).join(', ') || 'none of its own'
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

export const note = new Option('--note <text>', 'what the run is for, in a sentence or some').argParser(
  optionParser('--note', runNotes.shape.note.unwrap()),
)

const parseTag = optionParser('--tag', runTag)

export const tag = new Option('--tag <word>', 'what to find the run by; may be given several times').argParser(
  (text, before: readonly string[] | undefined) => [...(before ?? []), parseTag(text)],
)

export const archived = new Option('--archived', 'list the archived runs, too')

export const from = new Option(
  '--from <run>',
  'go on from a checkpoint of this run, as a new run: with its data and its settings, where no others are given; or from a file of weights (.pt of PyTorch, .safetensors)',
)

export const fromEpoch = new Option('--epoch <n>', 'with --from: the checkpoint (default: the newest)').argParser(
  optionParser('--epoch', epochNumber),
)

export const epoch = new Option('--epoch <n>', 'with the weights after this epoch (default: the last saved)').argParser(
  optionParser('--epoch', epochNumber),
)

/** The fields of the question that draws samples. */
const sampleFields = questions.sample.question.shape

const classNumber = optionParser('--digit', sampleFields.digit.unwrap().unwrap())

/** Which names there are is known when the run is. */
export const digit = new Option(
  '--digit <d>',
  'draw this class only: its number, 0 to 9, or its name (default: a row of each)',
).argParser((text) => (/^[+-]?[\d.]/.test(text) ? classNumber(text) : text))

export const seed = new Option('--seed <n>', 'another seed draws other pictures')
  .default(0)
  .argParser(optionParser('--seed', sampleFields.seed.unwrap()))

const temperatureRange = sampleFields.temperature.unwrap()

export const codeTemperature = new Option(
  '--temperature <t>',
  `scales the noise codes are drawn from: ${describeRange(temperatureRange)}; 1 is the prior, 0 its mean`,
)
  .default(1)
  .argParser(optionParser('--temperature', temperatureRange))

const pixelRange = sampleFields.pixelTemperature.unwrap()

export const pixelTemperature = new Option(
  '--pixel-temperature <t>',
  `for models that draw pixels: ${describeRange(pixelRange)}; 1 follows the model’s probabilities, 0 takes the likelier value (default: 1)`,
).argParser(optionParser('--pixel-temperature', pixelRange))

const testImages = questions.reconstruct.question.shape.images
const places = z
  .string()
  .regex(/^\d{1,9}(,\d{1,9})*$/)
  .transform((text) => text.split(',').map(Number))
  .pipe(testImages)
  .describe('up to 100 places in the test set, from 0 on, like 0,7')

export const of = new Option(
  '--of <images>',
  'draw nothing from the prior, but what the codes of these test images are decoded to, below the images: their places in the test set, from 0 on, like 0,7',
).argParser(optionParser('--of', places))

export const picture = new Option('--out <file.png>', 'where to write the picture (default: in the run’s folder)')
picture.argParser(pathParser(picture.flags, 'PNG file'))

export const samples = new Option(
  '-K, --samples <n>',
  `codes per image: ${describeRange(likelihoodSamples)}; papers take 4096`,
)
  .default(64)
  .argParser(optionParser('--samples', likelihoodSamples))

export const images = new Option(
  '--images <n>',
  'how many of the test images, from the first on (default: 1000, or all where there are fewer)',
).argParser(optionParser('--images', likelihoodImages))

export const weights = new Option(
  '--weights <which>',
  'saved: the checkpoint’s weights (averages, if the optimizer keeps them); raw: those training continues from',
)
  .default('saved')
  .argParser(optionParser('--weights', z.enum(['saved', 'raw'])))

export const format = new Option('--format <kind>', `what it is written as: ${exportFormats.join(', ')}`)
  .default(exportFormats[0])
  .argParser(optionParser('--format', z.enum(exportFormats)))

export const exportFile = new Option(
  '--out <file>',
  'where to write it (default: a file in the run’s folder, several in a folder of their own here)',
)
exportFile.argParser(pathParser(exportFile.flags, 'file'))

export const reportFile = new Option('--out <file>', 'where to write it (default: here, under the run’s name)')
reportFile.argParser(pathParser(reportFile.flags, 'file'))

export const csv = new Option('--csv', 'print a table for spreadsheets, a row a run')

export const diagnostics = new Option(
  '--diagnostics',
  'for a report: versions, this machine, engines and the app’s last errors, without names and paths of yours',
)

export const set = new Option(
  '--set <name=values>',
  'a setting and the values it takes in turn, seed=0..4 or lr=1e-3,3e-3; may be given several times',
).argParser((text, before: readonly string[] | undefined) => [...(before ?? []), text])

export const write = new Option('--write <file>', 'where to write the plan (default: standard output)')
write.argParser(pathParser(write.flags, 'file'))

export const plan = new Option(
  '--plan <file>',
  'train the runs of this plan; what is done already is not trained again',
)
plan.argParser(pathParser(plan.flags, 'plan'))

export const index = new Option('--index <n>', 'with --plan: only this line, counted from 0').argParser(
  optionParser('--index', z.int().min(0).max(99_999)),
)

export const scheduler = new Option('--for <scheduler>', `with --plan: print what it needs: ${schedulers.join(', ')}`)
scheduler.argParser(optionParser('--for', z.enum(schedulers)))

export const takeOver = new Option(
  '--take-over',
  'with --plan, for schedulers: whoever had a run on another machine is gone, unless it shows a sign of life in a minute',
)

export const json = new Option('--json', 'print one JSON object per event')

export const details = new Option('--details', 'when something fails, print its technical cause too')
