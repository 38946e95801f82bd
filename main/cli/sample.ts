/** `sample`: digits drawn by a run's model, as a picture. */
import { join } from 'node:path'
import { kindOfClass, ofClass, shortClass, type ClassNames } from '../../preload/classes'
import { choiceWith, decodingsOf, hasClasses, type RunSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { classesOf } from '../runs/data'
import { readRunFile } from '../runs/folder'
import { drawnName } from '../runs/names'
import { askStudio } from './ask-studio'
import { flagOf } from './options'
import { defaultResultFolder, findRunFolder } from './run-names'
import { exitCode, print, printJson, type Terminal } from './terminal'

export interface SampleOptions {
  readonly epoch?: number
  readonly digit?: number
  readonly seed: number
  readonly temperature: number
  readonly pixelTemperature?: number
  readonly out?: string
  readonly json?: boolean
}

const columns = 8
/** Rows of a picture of one digit. */
const rows = 8

/** Ten rows, a digit each, as in the run's own gallery; or with `digit` a square of that digit. */
export async function sample(terminal: Terminal, run: string, options: SampleOptions): Promise<number> {
  const { epoch, digit, seed, temperature, pixelTemperature } = options
  const runFolder = await findRunFolder(run, defaultResultFolder())
  const { settings, data } = await readRunFile(runFolder)
  if (digit !== undefined) assertClasses(settings)
  if (pixelTemperature !== undefined) assertDrawsPixels(settings)
  const { encodeGrid } = await import('../files/png')
  const { writeAtomic } = await import('../files/atomic')
  const wish = digit === undefined ? { count: columns } : { digit, count: columns * rows }
  const pixels = pixelTemperature === undefined ? {} : { pixelTemperature }
  const question = { type: 'sample', ...wish, seed, temperature, ...pixels } as const
  const drawn = await askStudio(terminal, { runFolder, epoch }, question)
  const { labels } = drawn.answer
  const classes = classesOf(data)
  const file = options.out ?? join(runFolder, drawnName(digit ?? null, classes, seed, drawn.epoch))
  await writeAtomic(file, encodeGrid({ images: drawn.answer.pixels, columns }))
  const told = { run: runFolder, epoch: drawn.epoch, labels: labels && [...labels], file }
  if (options.json === true) printJson(terminal, { type: 'sample', ...told })
  else {
    const of = digit === undefined ? '' : `${spoken(classes, digit)}, `
    print(terminal, `${drawn.answer.rows * drawn.answer.columns} samples of ${of}epoch ${drawn.epoch}: ${file}`)
  }
  return exitCode.done
}

/** `digit 3`, `Trouser`, `class 3`. */
function spoken(classes: ClassNames, label: number): string {
  return kindOfClass(classes) === 'digit' ? `digit ${shortClass(classes, label)}` : ofClass(classes, label)
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
    'This run’s model draws no pixels: what it decodes a code to is a probability for each, and shown as that.',
    'Leave --pixel-temperature out; --temperature is that of the code.',
  )
}
