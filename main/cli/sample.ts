/** `sample`: digits drawn by a run's model, as a picture. */
import { plural } from '../../preload/amounts'
import { classWithin, labelNamed, type ClassNames } from '../../preload/classes'
import { cardOf, choiceWith, decodingsOf, hasClasses, type RunSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { flagOf } from '../runs/command-line'
import { classesOf } from '../runs/data'
import { readRunFile } from '../runs/folder'
import { decodedName, drawnName } from '../runs/names'
import { askStudio } from './ask-studio'
import { defaultResultFolder, findRunFolder, placeFor } from './run-names'
import { exitCode, print, printJson, type Terminal } from './terminal'
import { usageError } from './usage'

export interface SampleOptions {
  readonly epoch?: number
  /** The number of a class, or its name. */
  readonly digit?: number | string
  /** Test images, by their places: what their codes are decoded to. */
  readonly of?: number[]
  readonly seed: number
  readonly temperature: number
  readonly pixelTemperature?: number
  readonly out?: string
  readonly json?: boolean
}

const columns = 8
/** Rows of a picture of one class. */
const rows = 8

/**
 * Ten rows, a class each, as in the run's own gallery; with `digit` a square of that class; with `of` test images above what
 * their codes are decoded to.
 */
export async function sample(terminal: Terminal, run: string, options: SampleOptions): Promise<number> {
  const { epoch, seed, temperature, pixelTemperature, of: given } = options
  if (given !== undefined) assertNothingDrawn(options)
  const runFolder = await findRunFolder(run, defaultResultFolder())
  const { settings, data } = await readRunFile(runFolder)
  const classes = classesOf(data)
  if (options.digit !== undefined) assertClasses(settings)
  const digit = options.digit === undefined ? null : labelOf(options.digit, classes)
  if (given !== undefined) assertCode(settings)
  if (pixelTemperature !== undefined) assertDrawsPixels(settings)
  const { encodeGrid } = await import('../files/png')
  const { writeAtomic } = await import('../files/atomic')
  const wish = digit === null ? { count: columns } : { digit, count: columns * rows }
  const pixels = pixelTemperature === undefined ? {} : { pixelTemperature }
  const question = given
    ? ({ type: 'reconstruct', images: given, seed, ...pixels } as const)
    : ({ type: 'sample', ...wish, seed, temperature, ...pixels } as const)
  const drawn = await askStudio(terminal, { runFolder, epoch }, question)
  const { labels } = drawn.answer
  const name = given ? decodedName(given, seed, drawn.epoch) : drawnName(digit, classes, seed, drawn.epoch)
  const file = options.out ?? placeFor(runFolder, name)
  await writeAtomic(file, encodeGrid({ images: drawn.answer.pixels, columns: given?.length ?? columns }))
  const told = { run: runFolder, epoch: drawn.epoch, labels: labels && [...labels], file }
  if (options.json === true) printJson(terminal, { type: 'sample', ...told })
  else if (given) {
    const rows = drawn.answer.rows - 1
    const what = rows > 1 ? `${rows} decodings of the code of each` : 'what the code of each is decoded to'
    print(terminal, `${plural(given.length, 'test image')}, below ${what}, epoch ${drawn.epoch}: ${file}`)
  } else {
    const of = digit === null ? '' : `${classWithin(classes, digit)}, `
    print(terminal, `${drawn.answer.rows * drawn.answer.columns} samples of ${of}epoch ${drawn.epoch}: ${file}`)
  }
  return exitCode.done
}

/** @throws AppError `usage` where the run's data has no class of that name */
function labelOf(digit: number | string, classes: ClassNames): number {
  if (typeof digit === 'number') return digit
  const label = labelNamed(classes, digit)
  if (label !== null) return label
  const names = classes === null ? ', since this run’s classes have no names' : ` or one of ${classes.join(', ')}`
  throw usageError(`--digit must be a whole number from 0 to 9${names}; got "${digit}"`)
}

/** @throws AppError `run/no-classes` where the run's model cannot be asked for a digit */
function assertClasses(settings: RunSettings): void {
  if (hasClasses(settings)) return
  const choice = choiceWith(settings, true)
  const how = choice && `${flagOf(choice.name)} ${choice.value}`
  throw new AppError(
    'run/no-classes',
    'This run was trained without classes: its model cannot be asked for a digit.',
    `Leave --digit out, or take a run that was trained with ${how ?? 'classes'}.`,
  )
}

/** @throws AppError `usage` where it was asked for what counts for nothing when codes are given */
function assertNothingDrawn({ digit, temperature }: SampleOptions): void {
  if (digit !== undefined)
    throw usageError('--digit chooses codes of the prior; with --of they are given. Leave one out')
  if (temperature !== 1)
    throw usageError('--temperature scales codes of the prior; with --of they are given. Leave one out')
}

/** @throws AppError `explore/no-code` where the run's model has none */
function assertCode(settings: RunSettings): void {
  if (cardOf(settings).lossy?.hasCode(settings) !== false) return
  throw new AppError(
    'explore/no-code',
    'This model has no code: it predicts each pixel from those before it alone.',
    'Leave --of out, or take a run whose model has a code.',
  )
}

/** @throws AppError `run/no-pixels-drawn` where the pixels of the run's model are probabilities */
function assertDrawsPixels(settings: RunSettings): void {
  if (decodingsOf(settings) > 1) return
  throw new AppError(
    'run/no-pixels-drawn',
    'This run’s model draws no pixels: it gives each a probability, which is what is shown.',
    'Leave out --pixel-temperature; --temperature scales the code.',
  )
}
