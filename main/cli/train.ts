/** `train` and `resume`: follow a run until it is done, interrupted or failed. */
import type { RunSettings, TrainerEvent } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { locateData } from '../training/run-data'
import type { Trainer } from '../training/trainer'
import { barReporter } from './bar'
import { tellError } from './errors'
import { onInterrupts } from './interrupt'
import { jsonReporter, plainReporter, type Reporter } from './report'
import { resumeCommand } from './resume-command'
import { findRunFolder } from './run-names'
import { canRedraw, exitCode, type Terminal } from './terminal'

interface FollowOptions {
  readonly json?: boolean
  readonly details?: boolean
}

export interface TrainOptions extends FollowOptions {
  readonly settings: RunSettings
  readonly data?: string
  readonly out: string
  readonly name?: string
}

/** Trains a new run. */
export async function train(terminal: Terminal, options: TrainOptions): Promise<number> {
  const { settings, data, out, name } = options
  return follow(terminal, options, (trainer) =>
    trainer.start({ settings, dataFolder: data ?? null, resultFolder: out, ...(name === undefined ? {} : { name }) }),
  )
}

/** Goes on with a run. */
export async function resume(
  terminal: Terminal,
  run: string,
  options: FollowOptions & { readonly out: string; readonly data?: string },
): Promise<number> {
  const runFolder = await findRunFolder(run, options.out, 'resume')
  if (options.data !== undefined) await locateData(runFolder, options.data)
  return follow(terminal, options, (trainer) => trainer.resume({ runFolder }))
}

/** @param begin opens the run */
async function follow(
  terminal: Terminal,
  { json = false, details = false }: FollowOptions,
  begin: (trainer: Trainer) => Promise<{ run: string }>,
): Promise<number> {
  const trainer = await terminal.trainer()
  const reporter = reporterFor(terminal, { json, details })
  const interruption = onInterrupts(terminal, {
    first: () => reporter.say('Saving what is learnt so far … (Ctrl-C again ends at once, without saving)'),
    second: () => reporter.end(),
  })
  try {
    const ended = endOf(trainer, reporter)
    const { run } = await begin(trainer)
    const end = await Promise.race([ended, stopOn(interruption.signal, trainer)])
    reporter.end()
    return endWith(terminal, end, { run, json, details })
  } catch (thrown) {
    reporter.end()
    if (!interruption.signal.aborted || AppError.from(thrown).code !== 'cancelled') throw thrown
    reporter.say('Ended before training began; nothing was changed.')
    return exitCode.interrupted
  } finally {
    // what could not be saved has been told
    await trainer.close().catch(() => undefined)
    interruption.end()
  }
}

function reporterFor(terminal: Terminal, { json, details }: { json: boolean; details: boolean }): Reporter {
  if (json) return jsonReporter(terminal, { details })
  return canRedraw(terminal.out) ? barReporter(terminal) : plainReporter(terminal)
}

type End = Extract<TrainerEvent, { type: 'done' | 'failure' }>

/** Reports every event, and resolves with the one that ends the run. */
function endOf(trainer: Trainer, reporter: Reporter): Promise<End> {
  return new Promise((resolve) => {
    trainer.on((event) => {
      reporter.event(event)
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
  { run, json, details }: { run: string; json: boolean; details: boolean },
): number {
  const tell = (text: string) => (json ? terminal.err : terminal.out).write(`${text}\n`)
  if (end.type === 'failure') {
    const code = tellError(terminal, AppError.fromData(end.error), details)
    if (end.resumable) tell(`To go on from there: ${resumeCommand(run)}`)
    return code
  }
  if (end.status === 'stopped') {
    tell(`Saved at step ${end.step}. To go on: ${resumeCommand(run)}`)
    return exitCode.interrupted
  }
  if (!json) tell(`Done. Everything is in ${run}`)
  return exitCode.done
}
