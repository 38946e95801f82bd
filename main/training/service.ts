/** What the worker thread does when asked. One run trains at a time. */
import { engineName, runSettings, type RunSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { isOpen } from '../../preload/life'
import { Chooser } from '../engine/choose/choose'
import type { HeldLock } from '../files/lock'
import { thisProcess } from '../files/owner'
import type { Dataset } from '../mnist/types'
import { createModel } from '../models/create'
import { answer } from '../questions/answers'
import { Checkpoints } from '../questions/checkpoints'
import { readRunFile } from '../runs/folder'
import type { RunFile } from '../runs/run-file'
import type { TrainerCalls, WorkerCalls } from '../trainer/calls'
import type { TrainerEvent } from '../trainer/events'
import { lanesFor } from '../trainer/lanes'
import { givenUp, UnderWay } from '../trainer/under-way'
import { assertLabelled, Datasets } from './datasets'
import { type Watch, yieldOnce } from './evaluate'
import { Life } from './life'
import { assertUnfinished, createRun, reopenRun, type OpenRun } from './open-run'
import { PreparedEngines, type PreparedEngine } from './prepared-engines'
import { rehearse } from './rehearse'
import { RunSession } from './run-session'

export interface ServiceOptions {
  /** Picks the engines; default: of this machine. */
  readonly chooser?: Chooser
  readonly engines?: PreparedEngines
  /** Milliseconds between two saves within an epoch. */
  readonly saveEvery?: number
  /** Draws within the first epoch, too. */
  readonly sketches?: boolean
}

/** Who hears what happens. */
export interface Listener extends Pick<TrainerCalls, 'progress'> {
  event(event: TrainerEvent): void
}

export function createService(main: Listener, options: ServiceOptions = {}): WorkerCalls {
  const tell = (message: string) => emit({ type: 'notice', folder: session?.folder ?? null, message })
  const { chooser = new Chooser({ tell }), saveEvery = 30_000, sketches = false } = options
  const { engines = new PreparedEngines((request, signal) => chooser.create(request, signal)) } = options
  const data = new Datasets()
  const checkpoints = new Checkpoints(engines, data, tell)
  const underWay = new UnderWay()
  const tasks = new Map<number, AbortController>()
  const emit = (event: TrainerEvent) => main.event(event)
  let session: RunSession | null = null
  /** Of the run that is open, or was last. */
  let folder: string | null = null
  const life = new Life((state) => emit({ type: 'state', state, folder: isOpen(state) ? folder : null }))
  /** A start or resume under way. */
  let opening: AbortController | null = null
  /** What a first press of Start would wait for, on its way. */
  let gettingReady: Promise<unknown> = Promise.resolve()
  /** Trials of engines: given up when a run begins. */
  let trying = new AbortController()

  async function prepare<T>(task: 'data' | 'engine', work: () => Promise<T>): Promise<T> {
    emit({ type: 'progress', folder: null, task, done: 0, total: 1 })
    const value = await work()
    emit({ type: 'progress', folder: null, task, done: 1, total: 1 })
    return value
  }

  /** The sessions are made here, so that training begins without a wait. */
  async function ready(settings: RunSettings, signal: AbortSignal): Promise<PreparedEngine> {
    const prepared = await engines.get(settings, signal)
    try {
      await breathe(signal)
      await prepared.learner(settings.batch)
      await breathe(signal)
      return prepared
    } catch (error) {
      prepared.done()
      throw error
    }
  }

  const engineFor = (settings: RunSettings, signal: AbortSignal) => prepare('engine', () => ready(settings, signal))

  /** The engine that the run was on; where that is gone, the best there is. */
  async function engineAgain({ settings, engine }: RunFile, signal: AbortSignal): Promise<PreparedEngine> {
    const { data: name = 'auto' } = engineName.safeParse(engine.name)
    try {
      return await engineFor({ ...settings, engine: name }, signal)
    } catch (thrown) {
      const error = AppError.from(thrown)
      if (name === 'auto' || !error.code.startsWith('engine/')) throw error
      tell(error.message)
      return engineFor({ ...settings, engine: 'auto' }, signal)
    }
  }

  /** Opens a run and trains it. The engine is the run's until that has ended. */
  async function train(
    prepared: PreparedEngine,
    open: () => Promise<OpenRun>,
    dataset: Dataset,
    lock?: HeldLock,
  ): Promise<void> {
    try {
      await trainOn(prepared, await open(), dataset, lock)
    } catch (error) {
      prepared.done()
      throw error
    }
  }

  async function trainOn(prepared: PreparedEngine, run: OpenRun, dataset: Dataset, lock?: HeldLock): Promise<void> {
    const { batch } = run.file.settings
    const learner = await prepared.learner(batch)
    learner.load(run.learner)
    for (const message of [...dataset.notes, ...run.notices]) emit({ type: 'notice', folder: run.folder, message })
    const discardLearner = () => prepared.discardLearner(batch)
    session = new RunSession({
      ...run,
      dataset,
      engine: prepared.engine,
      programs: prepared.programs,
      learner,
      discardLearner,
      life,
      emit,
      saveEvery,
      sketches,
      ...(lock && { lock }),
    })
    void session.run().finally(() => {
      session = null
      prepared.done()
    })
    await life.begun()
  }

  /** Opens a run, unless it is given up before there is one. @throws AppError `training/busy` while another is open */
  async function begin(runFolder: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (!isOpen(life.phase)) folder = runFolder
    life.take('start')
    const own = (opening = new AbortController())
    trying.abort(givenUp())
    try {
      await underWay.call(work, own)
    } catch (thrown) {
      // one that was open has its own end
      if (isOpen(life.phase)) life.take('refused')
      throw thrown
    } finally {
      opening = null
      trying = new AbortController()
    }
  }

  /** Long work that can be given up, and tells how far it is. */
  async function task<T>(id: number, work: (watch: Watch) => Promise<T>): Promise<T> {
    const own = new AbortController()
    tasks.set(id, own)
    try {
      const progress = (done: number, total: number) => main.progress(id, done, total)
      return await underWay.call((signal) => work({ signal, progress }), own)
    } finally {
      tasks.delete(id)
    }
  }

  function stop(): Promise<void> {
    opening?.abort(givenUp())
    return life.stop()
  }

  return {
    owner: thisProcess,
    start: (run, lock) =>
      begin(run.folder, async (signal) => {
        const { dataFolder: folder, fingerprint } = run
        const dataset = await prepare('data', () =>
          fingerprint === undefined
            ? data.load(folder)
            : data.of({ folder, bundled: false, fingerprint }, null, { fresh: true }),
        )
        assertLabelled(run.settings, dataset)
        const prepared = await engineFor(run.settings, signal)
        await train(prepared, () => createRun(run, dataset, prepared), dataset, lock)
      }),
    prepare: (settings) =>
      (gettingReady = underWay.call(async (signal) => {
        if (isOpen(life.phase)) return
        const prepared = await ready(settings, signal)
        try {
          await rehearse(prepared.programs, { signal })
        } finally {
          prepared.done()
        }
      })),
    resume: ({ folder, bundledFolder }, lock) =>
      begin(folder, async (signal) => {
        const file = await readRunFile(folder)
        assertUnfinished(file)
        const dataset = await prepare('data', () => data.of(file.data, bundledFolder, { fresh: true }))
        const prepared = await engineAgain(file, signal)
        await train(prepared, () => reopenRun(folder, file, prepared), dataset, lock)
      }),
    pause: () => life.pause(),
    continue: () => life.continue(),
    save: async () => session?.saveSoon(),
    stop,
    ask: (id, { question, ...choice }) =>
      task(id, async (watch) => {
        const checkpoint = await checkpoints.open(choice)
        try {
          return { epoch: checkpoint.epoch, answer: await answer(question, checkpoint, watch) }
        } finally {
          checkpoint.done()
        }
      }),
    cancel: (id) => tasks.get(id)?.abort(givenUp()),
    engines: ({ again }) =>
      underWay.call(async (signal) => {
        const settings = runSettings.parse({})
        const workload = { model: createModel(settings), batch: settings.batch, lanes: lanesFor(settings) }
        // a trial would keep the first press of Start waiting
        await gettingReady.catch(() => undefined)
        // A trial beside a run would slow it down, and measure nothing: one that comes ends it
        const own = trying.signal
        if (!isOpen(life.phase))
          try {
            return await chooser.list(workload, again ? 'all' : 'unknown', AbortSignal.any([signal, own]))
          } catch (error) {
            if (signal.aborted || !own.aborted) throw error
          }
        return chooser.list(workload, 'none', signal)
      }),
    async leave() {
      await Promise.all([underWay.end(), stop()])
      checkpoints.release()
      await engines.release()
    },
  }
}

/** Messages get their turn, and with them the wish to give up. @throws the signal's reason */
async function breathe(signal: AbortSignal): Promise<void> {
  await yieldOnce()
  signal.throwIfAborted()
}
