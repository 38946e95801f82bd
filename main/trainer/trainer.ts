/** Main's side of training: owns the one worker, its life and its death. */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { plain, runSettings, type EngineReport, type Question, type RunSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { after, isOpen, type Phase } from '../../preload/life'
import { diskError } from '../files/disk-error'
import { acquireLock, isStillHeld, type HeldLock, type Lock } from '../files/lock'
import { makeFolder } from '../files/make-folder'
import { bundledFolder } from '../mnist/bundled'
import { changeRunFile, makeRunFolder, readRunFile } from '../runs/folder'
import { lockName, runFileName } from '../runs/names'
import { changeNotes } from '../runs/notes'
import type { Answered, AskOptions, HoldOptions, StartFrom, StartOptions, Trainer } from './api'
import type { NewRun } from './calls'
import type { TrainerEvent } from './events'
import { startThread, type StartHost } from './hosts'
import { lanesFor } from './lanes'
import { WorkerLink, type WorkerOptions } from './link'
import { givenUp } from './under-way'

export type * from './api'

export interface TrainerOptions extends WorkerOptions {
  /** Where to train from the next run on; default: in a thread. */
  readonly host?: () => StartHost
}

/** Milliseconds; an owner that lives gives twenty signs of life meanwhile, and a network disk shows some of them. */
const farPatience = 60_000

export function createTrainer(options: TrainerOptions = {}): Trainer {
  return new WorkerTrainer(options)
}

class WorkerTrainer implements Trainer {
  phase: Phase = 'idle'
  folder: string | null = null
  /** Who decides on the phase of the open run: this side, until the worker has it. Null: it is over, but for its end. */
  private holder: 'trainer' | 'worker' | null = null
  private worker: WorkerLink | null = null
  private lock: Lock | null = null
  /** Gives up waiting for a lock. */
  private waiting = new AbortController()
  private readonly listeners = new Set<(event: TrainerEvent) => void>()
  private readonly tasks = new Map<number, (done: number, total: number) => void>()
  private lastTask = 0
  /** A start or resume under way, or the last one. */
  private opening: Promise<unknown> = Promise.resolve()
  /** The worker has the run, or will not get it. */
  private handed: Promise<void> = Promise.resolve()
  private settleHanded: () => void = () => undefined
  /** The end of the last run: its folder is let go. */
  private ending: Promise<void> = Promise.resolve()
  /** The workers that are on their way out. */
  private leaving: Promise<unknown> = Promise.resolve()
  private closed = false

  constructor(private readonly options: TrainerOptions) {}

  start(options: StartOptions): Promise<{ folder: string }> {
    return this.open(async () => {
      const settings = checked(options.settings)
      const bundled = options.dataFolder === null
      const dataFolder = resolve(options.dataFolder ?? bundledFolder())
      const { name = settings.model, fingerprint } = options
      const folder = options.folder ?? (await makeRunFolder(options.resultFolder, name))
      this.folder = folder
      const from = beginningOf(options.from)
      const known = fingerprint === undefined ? {} : { fingerprint }
      try {
        if (options.folder !== undefined) await makeGivenFolder(folder)
        const lock = await this.takeLock(folder, options)
        // another process may have begun it just now
        if (options.folder !== undefined && existsSync(join(folder, runFileName))) throw begun(folder)
        if (options.notes !== undefined) await changeNotes(folder, options.notes)
        await this.handOver((calls) =>
          calls.start({ folder, name, settings, dataFolder, bundled, from, ...known }, lock),
        )
      } catch (error) {
        // nothing was begun: what is left is the folder that was just made. One that was given may be another's.
        const own = options.folder === undefined
        if (own && !existsSync(join(folder, runFileName)))
          await rm(folder, { recursive: true, force: true }).catch(() => undefined)
        throw error
      }
      return { folder }
    })
  }

  async prepare(settings: RunSettings): Promise<void> {
    if (!isOpen(this.phase)) await this.move()
    if (!isOpen(this.phase)) await this.calls().prepare(checked(settings))
  }

  resume({ runFolder, ...hold }: { runFolder: string } & HoldOptions): Promise<{ folder: string }> {
    return this.open(async () => {
      const folder = resolve(runFolder)
      await readRunFile(folder)
      this.folder = folder
      const lock = await this.takeLock(folder, hold)
      await this.handOver((calls) => calls.resume({ folder, bundledFolder: bundledFolderIfAny() }, lock))
      return { folder }
    })
  }

  async pause(): Promise<void> {
    await this.press('pause')
  }

  async continue(): Promise<void> {
    await this.press('continue')
  }

  async save(): Promise<void> {
    if (this.phase === 'training') await this.worker?.calls.save()
  }

  async stop(): Promise<void> {
    // a start under way is given up; where it was too late for that, the run is stopped when it has begun
    if (this.holder === 'trainer') {
      this.enter(after(this.phase, 'stop'))
      this.waiting.abort(givenUp())
    } else if (this.holder === 'worker')
      await this.worker?.calls.stop().catch((thrown: unknown) => {
        // a worker that has died has ended the run, too, which is told
        if (this.holder !== null) throw thrown
      })
    await this.opening
    await this.ending
  }

  async ask<Q extends Question>({ signal, onProgress, runFolder, ...asked }: AskOptions<Q>): Promise<Answered<Q>> {
    const id = ++this.lastTask
    const calls = this.calls()
    const cancel = () => void calls.cancel(id)
    if (onProgress) this.tasks.set(id, onProgress)
    signal?.addEventListener('abort', cancel)
    try {
      const answered = calls.ask(id, { folder: resolve(runFolder), bundledFolder: bundledFolderIfAny(), ...asked })
      if (signal?.aborted) cancel()
      return (await answered) as Answered<Q>
    } finally {
      signal?.removeEventListener('abort', cancel)
      this.tasks.delete(id)
    }
  }

  async engines({ again = false } = {}): Promise<EngineReport[]> {
    return this.calls().engines({ again })
  }

  on(listener: (event: TrainerEvent) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.closed = true
    try {
      await this.stop()
    } finally {
      await this.end()
    }
  }

  private async end(): Promise<void> {
    const { worker } = this
    this.worker = null
    this.leaving = Promise.all([this.leaving, worker?.end()])
    await this.leaving
  }

  /** Ends a worker that is not where the next run is to be trained. */
  private async move(): Promise<void> {
    if (this.worker !== null && this.worker.startHost !== this.host()) await this.end()
  }

  private host(): StartHost {
    return this.options.host?.() ?? startThread
  }

  /** Opens a run while there is none. */
  private async open<T>(work: () => Promise<T>): Promise<T> {
    if (this.closed) throw givenUp()
    this.enter(after(this.phase, 'start', this.folder))
    this.holder = 'trainer'
    this.waiting = new AbortController()
    this.handed = new Promise((resolve) => (this.settleHanded = resolve))
    const opening = this.ending
      .then(() => this.move())
      .then(work)
      .catch(async (thrown: unknown) => {
        if (this.holder === null) await this.ending
        else await this.letGo(after(this.phase, 'refused'))
        throw AppError.from(thrown)
      })
      .finally(this.settleHanded)
    this.opening = opening.catch(() => undefined)
    return opening
  }

  /** The worker has the run from here on, and decides on its phase. @throws AppError when it was given up before */
  private handOver(begin: (calls: WorkerLink['calls']) => Promise<void>): Promise<void> {
    this.waiting.signal.throwIfAborted()
    const begun = begin(this.calls())
    this.holder = 'worker'
    this.settleHanded()
    return begun
  }

  /** Passes on what a person asks of the open run. @throws AppError where that is refused, also since it was not opened */
  private async press(what: 'pause' | 'continue'): Promise<void> {
    after(this.phase, what)
    await this.handed
    after(this.phase, what)
    await this.worker?.calls[what]()
  }

  /** The lock is the worker's: where that is a process of its own, it outlives this one by a moment. */
  private async takeLock(folder: string, { takeOver = false }: HoldOptions): Promise<HeldLock> {
    this.lock = await acquireLock(join(folder, lockName), {
      owner: await this.calls().owner(),
      tell: (message) => this.emit({ type: 'notice', folder, message }),
      signal: this.waiting.signal,
      ...(takeOver && { farPatience }),
    })
    const { path, holder } = this.lock
    return { path, holder }
  }

  /** The worker is started when it is first needed, and again only after it has died or moved. */
  private calls(): WorkerLink['calls'] {
    if (this.closed && this.worker === null) throw givenUp()
    this.worker ??= new WorkerLink(
      this.host(),
      {
        events: (events) => events.forEach((event) => this.receive(event)),
        progress: (id, done, total) => this.tasks.get(id)?.(done, total),
      },
      (problem) => this.died(problem),
      this.options,
    )
    return this.worker.calls
  }

  private receive(event: TrainerEvent): void {
    if (event.type !== 'state') this.emit(event)
    else if (this.holder !== 'worker') return
    else if (isOpen(event.state)) this.enter(event.state)
    else void this.letGo(event.state)
  }

  private died(problem: AppError): void {
    this.worker = null
    // it is not to get the run any more
    if (this.holder === 'trainer') this.waiting.abort(problem)
    if (this.holder !== 'worker' || this.folder === null) return
    this.holder = null
    this.ending = this.failed(this.folder, problem)
  }

  /** The run stays where it was saved last; its folder says why. */
  private async failed(folder: string, problem: AppError): Promise<void> {
    const { lock } = this
    const error = problem.toData()
    // where even this cannot be written, the status left behind says that the run was interrupted
    const ours = lock !== null && (await isStillHeld(lock).catch(() => false))
    if (ours) await changeRunFile(folder, { status: 'failed', problem: error }).catch(() => undefined)
    this.emit({ type: 'failure', folder, error, resumable: existsSync(join(folder, runFileName)), waits: false })
    await this.letGo(after(this.phase, 'died'))
  }

  /** The run is over. Its end is told when its folder is let go, and another can be opened. */
  private letGo(end: Phase): Promise<void> {
    const { lock } = this
    this.lock = null
    this.holder = null
    this.ending = (async () => {
      // a lock that cannot be removed is recognised as stale once this process has ended
      await lock?.release().catch(() => undefined)
      this.folder = null
      this.enter(end)
    })()
    return this.ending
  }

  private enter(phase: Phase): void {
    if (phase === this.phase) return
    this.phase = phase
    this.emit({ type: 'state', state: phase, folder: this.folder })
  }

  private emit(event: TrainerEvent): void {
    for (const listener of this.listeners) listener(event)
  }
}

function beginningOf(from: StartFrom | undefined): NewRun['from'] {
  if (from === undefined) return null
  return 'file' in from ? { file: resolve(from.file) } : { folder: resolve(from.runFolder), epoch: from.epoch }
}

/** @throws AppError `disk/…` */
async function makeGivenFolder(folder: string): Promise<void> {
  await makeFolder(folder).catch((error: unknown) => {
    throw diskError(error, 'made', folder)
  })
}

function begun(folder: string): AppError {
  return new AppError('run/begun', `There is a run in ${folder} by now.`, 'Go on with that one.')
}

function checked(settings: RunSettings): RunSettings {
  const { data, error } = runSettings.safeParse(settings)
  if (data !== undefined) return { ...plain(data), lanes: lanesFor(data) }
  const [issue] = error.issues
  throw new AppError(
    'training/settings',
    `Training cannot start with these settings: ${issue?.path.join('.')}: ${issue?.message}.`,
    'Change that setting and start again.',
    { cause: error },
  )
}

function bundledFolderIfAny(): string | null {
  try {
    return bundledFolder()
  } catch {
    return null
  }
}
