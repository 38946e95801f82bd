/** What every door offers: the contract's calls on top of the trainer, the run folders, the data and the settings. */
import { basename, join } from 'node:path'
import type {
  AppEvent,
  AppInfo,
  CallHandlers,
  MetricsSpan,
  Tiles,
  TrainerEvent,
  TrainingState,
} from '../../preload/contract'
import { AppError, type ErrorData } from '../../preload/errors'
import type { Channel } from '../../preload/rpc'
import { connectToPage, type Page } from '../../preload/seam'
import { readJsonLines } from '../files/jsonl'
import { metricsName, weightsName } from '../training/run-files'
import type { Trainer } from '../training/trainer-api'
import { Datasets } from './datasets'
import { describeEngines } from './engines'
import { assertUsable } from './folders'
import { History } from './history'
import { LiveRun } from './live-run'
import { Outbox } from './outbox'
import { readPicture, rowLabels } from './pictures'
import { Runs } from './runs'
import type { Settings } from './settings'
import { Tasks } from './tasks'

/** What a door can do for a person beyond showing the page. */
export interface Door {
  readonly kind: AppInfo['door']
  /** The folder dialog; resolves with null when it was cancelled. Absent where there is none. */
  chooseFolder?(options: { title: string; start: string | null }): Promise<string | null>
  /** Shows a file or folder in the file manager. Absent where there is none. */
  reveal?(path: string): void
}

export interface StudioOptions {
  readonly trainer: Trainer
  readonly settings: Settings
  readonly door: Door
  /** Where runs go unless the settings name another folder. Absolute. */
  readonly resultFolder: string
  readonly version: string
}

export class Studio {
  private readonly live = new LiveRun()
  private readonly outbox = new Outbox((batch) => this.tell(batch))
  private readonly tasks = new Tasks((task) => this.outbox.put({ type: 'task', task }))
  private readonly datasets = new Datasets()
  private readonly pages = new Set<Page>()
  private readonly watchers = new Set<(batch: AppEvent[]) => void>()
  private readonly notices: ErrorData[] = []
  private runs: Runs
  private readonly silence: () => void

  constructor(private readonly options: StudioOptions) {
    this.runs = new Runs(this.resultFolder)
    this.silence = options.trainer.on((event) => this.take(event))
    if (options.settings.problem !== null) this.notices.push(options.settings.problem.toData())
  }

  get training(): TrainingState {
    return this.live.state
  }

  /** A page has come; returns what to call when it is gone. */
  connect(channel: Channel): () => void {
    const page = connectToPage(this.handlers, channel)
    this.pages.add(page)
    return () => {
      this.pages.delete(page)
      page.$close()
    }
  }

  /** Calls `listener` with everything that pages are told; returns a function that ends that. */
  watch(listener: (batch: AppEvent[]) => void): () => void {
    this.watchers.add(listener)
    return () => this.watchers.delete(listener)
  }

  /** The folder dialog for data, and the choice taken over when there is MNIST in it. */
  async chooseData(): Promise<void> {
    const dataFolder = await this.handlers.chooseFolder({ purpose: 'data' })
    if (dataFolder === null) return
    try {
      await this.datasets.report(dataFolder)
      await this.handlers.changeSettings({ dataFolder })
    } catch (error) {
      this.notify(AppError.from(error))
    }
  }

  /** Something a person should know. */
  notify(notice: AppError): void {
    this.notices.push(notice.toData())
    this.outbox.put({ type: 'notice', notice: notice.toData() })
  }

  /** Gives up long work, saves and ends the run, and deletes for good what was removed. */
  async close(): Promise<void> {
    this.tasks.cancelAll()
    await this.trainer.close()
    await this.runs.emptyTrash().catch(() => undefined)
    this.outbox.flush()
    this.silence()
  }

  /** The contract's calls. */
  readonly handlers: CallHandlers = {
    snapshot: async () => ({
      app: this.appInfo(),
      settings: this.settings.current,
      training: this.live.state,
      runs: await this.runs.list(),
      tasks: this.tasks.list,
      notices: this.notices,
    }),
    history: ({ run, since, points }) => this.history(run, since, points),

    start: async ({ settings, name, from }) => {
      const source = from && (await this.runs.file(from.run))
      const { data } = source ?? {}
      return this.open(() =>
        this.trainer.start({
          settings: settings ?? source?.settings ?? this.settings.current.run,
          // a model that is trained further goes on with the data that it knows
          dataFolder: data === undefined ? this.settings.current.dataFolder : data.bundled ? null : data.folder,
          resultFolder: this.resultFolder,
          ...(name === undefined ? {} : { name }),
          ...(from && { from: { runFolder: this.runs.pathOf(from.run), epoch: from.epoch } }),
        }),
      )
    },
    pause: async () => {
      await this.press('pausing', () => this.trainer.pause())
    },
    resume: async ({ run }) => {
      const open = this.trainer.run === null ? null : basename(this.trainer.run)
      if (open !== null && (run === undefined || run === open)) return this.trainer.continue()
      if (run === undefined)
        throw new AppError('training/none', 'No run is paused.', 'Choose the run to go on with in the Runs view.')
      await this.open(() => this.trainer.resume({ runFolder: this.runs.pathOf(run) }))
    },
    stop: async () => {
      await this.press('stopping', () => this.trainer.stop())
    },

    checkpoints: ({ run }) => this.runs.checkpoints(run),
    rename: async ({ run, name }) => {
      await this.runs.rename(run, name)
      await this.announce(run)
    },
    remove: async ({ run, epoch }) => {
      await this.runs.remove(run, epoch)
      await this.announce(run)
    },
    restore: async ({ run, epoch }) => {
      await this.runs.restore(run, epoch)
      await this.announce(run)
    },

    picture: async ({ run, epoch, kind }) => {
      const folder = this.runs.pathOf(run)
      const classes = kind === 'samples' && (await this.runs.file(run)).settings.condition === 'label'
      return readPicture(folder, { epoch, kind, classes })
    },
    sample: async ({ run, epoch, task, digit, count, temperature, seed }) => {
      const runFolder = this.runs.pathOf(run)
      const { settings } = await this.runs.file(run)
      const rows = digit === null ? 10 : 1
      const labels = digit === null ? rowLabels(10, count) : new Uint8Array(count).fill(digit)
      const { pixels } = await this.tasks.run(task, 'Sampling', (signal, onProgress) =>
        this.trainer.sample({ runFolder, epoch, labels: [...labels], temperature, seed, signal, onProgress }),
      )
      return { rows, columns: count, pixels: own(pixels), labels: settings.condition === 'label' ? labels : null }
    },
    reconstruct: ({ run, epoch, task, images }) =>
      this.tasks.run(task, 'Reconstructing', async (signal, onProgress): Promise<Tiles> => {
        const runFolder = this.runs.pathOf(run)
        const found = await this.trainer.reconstruct({ runFolder, epoch, images, signal, onProgress })
        return {
          rows: 2,
          columns: images.length,
          pixels: joined(found.originals, found.pixels),
          labels: joined(found.labels, found.labels),
        }
      }),
    evaluate: ({ run, epoch, task }) =>
      this.tasks.run(task, `Testing epoch ${epoch}`, (signal, onProgress) =>
        this.trainer.evaluate({ runFolder: this.runs.pathOf(run), epoch, signal, onProgress }),
      ),

    data: ({ task, folder = this.settings.current.dataFolder }) =>
      this.tasks.run(task, 'Reading the data', () => this.datasets.report(folder)),
    digits: (options) => this.datasets.digits(options),

    changeSettings: async (patch) => {
      if (patch.resultFolder !== undefined) {
        this.assertIdle('The result folder')
        if (patch.resultFolder !== null) await assertUsable(patch.resultFolder)
      }
      return this.settingsChanged(() => this.settings.change(patch))
    },
    resetSettings: async ({ fields }) => {
      if (fields === undefined || fields.includes('resultFolder')) this.assertIdle('The result folder')
      return this.settingsChanged(() => this.settings.reset(fields))
    },

    engines: async () => describeEngines(await this.trainer.engines(), this.settings.current.speeds),

    chooseFolder: async ({ purpose }) => {
      const { dataFolder } = this.settings.current
      const { door } = this.options
      if (door.chooseFolder === undefined)
        throw new AppError('door/no-dialog', 'A browser tab has no folder dialog.', 'Type the folder’s path instead.')
      return purpose === 'data'
        ? door.chooseFolder({ title: 'Choose a folder with MNIST’s four files', start: dataFolder })
        : door.chooseFolder({ title: 'Choose where runs are kept', start: this.resultFolder })
    },
    reveal: async ({ run, epoch }) => {
      const folder = this.runs.pathOf(run)
      await this.runs.file(run)
      const path = epoch === undefined ? folder : join(folder, weightsName(epoch))
      this.options.door.reveal?.(path)
      return path
    },

    cancel: async ({ task }) => this.tasks.cancel(task),
  }

  private get trainer(): Trainer {
    return this.options.trainer
  }

  private get settings(): Settings {
    return this.options.settings
  }

  get resultFolder(): string {
    return this.settings.current.resultFolder ?? this.options.resultFolder
  }

  private appInfo(): AppInfo {
    const { door, version } = this.options
    const { node, electron, chrome } = process.versions as Record<string, string | undefined>
    const versions = Object.entries({ node, electron, chrome }).filter((entry): entry is [string, string] => !!entry[1])
    return {
      name: 'VLAE Studio',
      version,
      door: door.kind,
      platform: process.platform,
      versions: Object.fromEntries(versions),
      can: { chooseFolder: door.chooseFolder !== undefined, reveal: door.reveal !== undefined },
      resultFolder: this.resultFolder,
    }
  }

  private async history(run: string, since: number, points: number): Promise<MetricsSpan> {
    const folder = this.runs.pathOf(run)
    if (this.live.folder === folder && this.live.history !== null)
      return (await this.live.history).span(run, since, points)
    const [{ stepsPerEpoch }, { values }] = await Promise.all([
      this.runs.file(run),
      readJsonLines(join(folder, metricsName)),
    ])
    return History.of(values, stepsPerEpoch).span(run, since, points)
  }

  /** Starts or resumes a run; a person sees it at once. */
  private async open(begin: () => Promise<{ run: string }>): Promise<string> {
    this.assertIdle('Another run')
    return basename((await this.press('starting', begin)).run)
  }

  private async press<T>(phase: 'starting' | 'pausing' | 'stopping', act: () => Promise<T>): Promise<T> {
    const before = this.live.state
    if (phase === 'starting' || this.trainer.state !== 'idle') this.live.expect(phase)
    this.tellTraining()
    try {
      return await act()
    } catch (error) {
      this.live.refuse(before)
      this.tellTraining()
      throw error
    }
  }

  private assertIdle(what: string): void {
    if (this.trainer.state === 'idle') return
    throw new AppError(
      'training/busy',
      `${what} has to wait: ${this.live.state.run ?? 'a run'} is being trained.`,
      'Stop it first. It can be resumed.',
    )
  }

  private take(event: TrainerEvent): void {
    const before = this.live.state
    this.live.take(event)
    if (this.live.state !== before) this.tellTraining()
    switch (event.type) {
      case 'started':
      case 'epoch':
      case 'failure':
      case 'done':
        if (event.run !== null) void this.announce(basename(event.run))
        break
      case 'notice':
        this.notify(new AppError('training/notice', event.message, ''))
        break
    }
    if (event.type === 'started' || event.type === 'step' || event.type === 'epoch') {
      this.outbox.putMetrics(() => this.live.newMetrics())
      // what came while an earlier file was read goes out once it is
      if (event.type === 'started')
        void this.live.history?.then(() => this.outbox.putMetrics(() => this.live.newMetrics()))
    }
    if ((event.type === 'epoch' || event.type === 'done') && event.imagesPerSecond !== null)
      this.measured(event.imagesPerSecond)
  }

  /** Keeps the speed for the next start's estimates. Not being able to is no reason to trouble anyone. */
  private measured(imagesPerSecond: number): void {
    const { engine } = this.live.state
    if (engine === null) return
    try {
      const { speeds } = this.settings.current
      this.settingsChanged(() => this.settings.change({ speeds: { ...speeds, [engine]: imagesPerSecond } }))
    } catch {
      return
    }
  }

  private settingsChanged<T>(change: () => T): T {
    try {
      return change()
    } finally {
      this.outbox.put({ type: 'settings', settings: this.settings.current })
      if (this.resultFolder !== this.runs.resultFolder) void this.changeShelf()
    }
  }

  /** Other runs are shown from now on. What was removed from the folder before stays removed. */
  private async changeShelf(): Promise<void> {
    const before = this.runs
    this.runs = new Runs(this.resultFolder)
    const gone = (await before.list().catch(() => [])).map((run) => run.id)
    this.outbox.put({ type: 'runs', changed: await this.runs.list().catch(() => []), gone })
    await before.emptyTrash().catch(() => undefined)
  }

  /** Tells the pages how a run stands now. */
  private async announce(run: string): Promise<void> {
    try {
      this.outbox.put({ type: 'runs', changed: [await this.runs.get(run)], gone: [] })
    } catch {
      this.outbox.put({ type: 'runs', changed: [], gone: [run] })
    }
  }

  private tellTraining(): void {
    this.outbox.put({ type: 'training', training: this.live.state })
  }

  private tell(batch: AppEvent[]): void {
    for (const listener of this.watchers) listener(batch)
    // a page that is just leaving does not answer any more
    for (const page of this.pages) page.events.asEvent(batch).catch(() => undefined)
  }
}

function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes)
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
