/** `train` and `resume`: follow a run until it is done, interrupted or failed. */
import { readdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { kindOfFile, runNotes, type RunSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { Studio } from '../app/studio'
import { knownData, locateData } from '../runs/data'
import { readRunFile } from '../runs/folder'
import { namedWeights, newestWeights, noCheckpoint, weightsProblem } from '../runs/weights'
import type { TrainerEvent } from '../trainer/events'
import type { StartFrom, StartOptions, Trainer } from '../trainer/trainer'
import { barReporter } from './bar'
import { tellError } from './errors'
import { onInterrupts } from './interrupt'
import { settingsFrom, type Values } from './options'
import { jsonReporter, plainReporter, type Reporter } from './report'
import { resumeCommand } from './resume-command'
import { findRunFolder } from './run-names'
import { canRedraw, exitCode, harmless, type Terminal } from './terminal'
import { usageError } from './usage'

interface FollowOptions {
  readonly json?: boolean
  readonly details?: boolean
}

export interface TrainOptions extends FollowOptions {
  /** The settings that were given. */
  readonly values: Values
  readonly data?: string
  readonly out: string
  readonly name?: string
  readonly note?: string
  readonly tag?: string[]
  /** A run, as a person names it, to go on from a checkpoint of. */
  readonly from?: string
  readonly epoch?: number
}

/** Trains a new run. */
export async function train(terminal: Terminal, options: TrainOptions): Promise<number> {
  const { values, data, out, name, note, tag, from, epoch } = options
  if (from === undefined && epoch !== undefined)
    throw usageError('--epoch is a checkpoint of the run that --from names; how long to train is --epochs')
  const source = from === undefined ? null : await sourceOf(terminal, from, { out, epoch })
  const start: StartOptions = {
    settings: settingsFrom(values, source?.settings),
    resultFolder: out,
    ...(name === undefined ? {} : { name }),
    ...(note === undefined && tag === undefined ? {} : { notes: runNotes.parse({ note, tags: tag }) }),
    ...(source && { from: source.from }),
    ...(data === undefined && source?.data ? source.data : { dataFolder: data ?? null }),
  }
  return follow(terminal, options, out, (trainer) => trainer.start(start))
}

/** What training goes on from. */
interface Source {
  readonly from: StartFrom
  /** Those it was trained with, as far as they are known. */
  readonly settings: Partial<RunSettings>
  /** What it was trained on, where that is known. */
  readonly data?: ReturnType<typeof knownData>
}

interface Where {
  readonly out: string
  readonly epoch: number | undefined
}

/** A file of weights, or a checkpoint of a run. @throws AppError as finding it does */
async function sourceOf(terminal: Terminal, from: string, where: Where): Promise<Source> {
  const file = await weightsFile(from)
  if (file === null) return checkpointOf(terminal, from, where)
  if (where.epoch !== undefined)
    throw usageError(`--epoch is a checkpoint of a run; ${file} is a file of one checkpoint`)
  const { readForeign } = await import('../exchange/foreign')
  return { from: { file }, settings: (await readForeign(file)).settings }
}

/** The absolute path where a person means a file: there is one, or it is called as one would be. */
async function weightsFile(name: string): Promise<string | null> {
  const path = resolve(name)
  const is = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
  return is || kindOfFile(name) === 'weights' ? path : null
}

/** The checkpoint of a run that training goes on from. @throws AppError as finding it does */
async function checkpointOf(terminal: Terminal, run: string, { out, epoch }: Where): Promise<Source> {
  const runFolder = await findRunFolder(run, out)
  const file = await readRunFile(runFolder)
  const names = await readdir(runFolder)
  const known = { settings: file.settings, data: knownData(file) }
  if (epoch !== undefined) return { ...known, from: { runFolder, epoch: namedWeights(epoch, names) } }
  const newest = await newestWeights(runFolder, names)
  if (newest.epoch === null) throw noCheckpoint(newest, file.epoch)
  const problem = weightsProblem(newest, file.epoch)
  if (problem !== null) terminal.err.write(`${harmless(`${problem.message} ${problem.remedy}`)}\n`)
  return { ...known, from: { runFolder, epoch: newest.epoch } }
}

/** Goes on with a run. */
export async function resume(
  terminal: Terminal,
  run: string,
  options: FollowOptions & { readonly out: string; readonly data?: string },
): Promise<number> {
  const runFolder = await findRunFolder(run, options.out, 'resume')
  if (options.data !== undefined) await locateData(runFolder, options.data)
  return follow(terminal, options, dirname(runFolder), (trainer) => trainer.resume({ runFolder }))
}

/** @param begin opens the run */
export async function follow(
  terminal: Terminal,
  { json = false, details = false }: FollowOptions,
  resultFolder: string,
  begin: (trainer: Trainer) => Promise<{ folder: string }>,
): Promise<number> {
  const studio = await terminal.studio(resultFolder)
  const reporter = reporterFor(terminal, { json, details })
  const interruption = onInterrupts(terminal, {
    first: () => reporter.say('Saving what has been learnt so far … (Ctrl-C again ends at once, without saving)'),
    second: () => reporter.end(),
  })
  try {
    const ended = endOf(studio, reporter)
    const folder = await studio.open(begin)
    const end = await Promise.race([ended, stopOn(interruption.signal, studio.trainer)])
    reporter.end()
    return endWith(terminal, end, { folder, json, details })
  } catch (thrown) {
    reporter.end()
    if (!interruption.signal.aborted || AppError.from(thrown).code !== 'cancelled') throw thrown
    reporter.say('Ended before training began; nothing was changed.')
    return exitCode.interrupted
  } finally {
    // what could not be saved has been told
    await studio.close().catch(() => undefined)
    interruption.end()
  }
}

function reporterFor(terminal: Terminal, { json, details }: { json: boolean; details: boolean }): Reporter {
  if (json) return jsonReporter(terminal, { details })
  return canRedraw(terminal.out) ? barReporter(terminal) : plainReporter(terminal)
}

type End = Extract<TrainerEvent, { type: 'done' | 'failure' }>

/** Reports every event, and resolves with the one that ends the run. */
function endOf(studio: Studio, reporter: Reporter): Promise<End> {
  return new Promise((resolve) => {
    studio.trainer.on((event) => {
      reporter.event(event, studio.training)
      if (event.type === 'done' || (event.type === 'failure' && !event.waits)) resolve(event)
    })
  })
}

/** Stops the run when the signal says so; the run's own last event tells that it has. Rejects when it cannot. */
function stopOn(signal: AbortSignal, trainer: Trainer): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => trainer.stop().catch(reject)
    if (signal.aborted) void stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

function endWith(
  terminal: Terminal,
  end: End,
  { folder, json, details }: { folder: string; json: boolean; details: boolean },
): number {
  const tell = (text: string) => (json ? terminal.err : terminal.out).write(`${text}\n`)
  if (end.type === 'failure') {
    const code = tellError(terminal, AppError.fromData(end.error), details)
    if (end.resumable) tell(`To go on from there: ${resumeCommand(folder)}`)
    return code
  }
  if (end.status === 'stopped') {
    tell(`Saved at step ${end.step}. To go on: ${resumeCommand(folder)}`)
    return exitCode.interrupted
  }
  if (!json) tell(`Done. Everything is in ${folder}`)
  return exitCode.done
}
