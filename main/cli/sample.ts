/** `sample`: digits drawn by a run's model, as a picture. */
import { join } from 'node:path'
import { classWithin, labelNamed, type ClassNames } from '../../preload/classes'
import { choiceWith, decodingsOf, hasClasses, type RunSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { flagOf } from '../runs/command-line'
import { classesOf } from '../runs/data'
import { readRunFile } from '../runs/folder'
import { drawnName } from '../runs/names'
import { askStudio } from './ask-studio'
import { defaultResultFolder, findRunFolder } from './run-names'
import { exitCode, print, printJson, type Terminal } from './terminal'
import { usageError } from './usage'

export interface SampleOptions {
  readonly epoch?: number
  /** The number of a class, or its name. */
  readonly digit?: number | string
  readonly seed: number
  readonly temperature: number
  readonly pixelTemperature?: number
  readonly out?: string
  readonly json?: boolean
}

const columns = 8
/** Rows of a picture of one class. */
const rows = 8

/** Ten rows, a class each, as in the run's own gallery; or with `digit` a square of that class. */
export async function sample(terminal: Terminal, run: string, options: SampleOptions): Promise<number> {
  const { epoch, seed, temperature, pixelTemperature } = options
  const runFolder = await findRunFolder(run, defaultResultFolder())
  const { settings, data } = await readRunFile(runFolder)
  const classes = classesOf(data)
  if (options.digit !== undefined) assertClasses(settings)
  const digit = options.digit === undefined ? null : labelOf(options.digit, classes)
  if (pixelTemperature !== undefined) assertDrawsPixels(settings)
  const { encodeGrid } = await import('../files/png')
  const { writeAtomic } = await import('../files/atomic')
  const wish = digit === null ? { count: columns } : { digit, count: columns * rows }
  const pixels = pixelTemperature === undefined ? {} : { pixelTemperature }
  const question = { type: 'sample', ...wish, seed, temperature, ...pixels } as const
  const drawn = await askStudio(terminal, { runFolder, epoch }, question)
  const { labels } = drawn.answer
  const file = options.out ?? join(runFolder, drawnName(digit, classes, seed, drawn.epoch))
  await writeAtomic(file, encodeGrid({ images: drawn.answer.pixels, columns }))
  const told = { run: runFolder, epoch: drawn.epoch, labels: labels && [...labels], file }
  if (options.json === true) printJson(terminal, { type: 'sample', ...told })
  else {
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

/** @throws AppError `run/no-pixels-drawn` where the pixels of the run's model are probabilities */
function assertDrawsPixels(settings: RunSettings): void {
  if (decodingsOf(settings) > 1) return
  throw new AppError(
    'run/no-pixels-drawn',
    'This run’s model draws no pixels: it gives each a probability, which is what is shown.',
    'Leave out --pixel-temperature; --temperature scales the code.',
  )
}
