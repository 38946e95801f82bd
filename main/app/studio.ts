/** The facade that every door shows: owns the trainer, the runs, the data and the settings, and tells the pages what happens. */
import { randomUUID } from 'node:crypto'
import { basename, resolve } from 'node:path'
import {
  shippedId,
  speedKey,
  type AppEvent,
  type AppInfo,
  type AppNotice,
  type AppSettings,
  type CallHandlers,
  type MetricsSpan,
  type PictureKind,
  type RunSettings,
  type Tiles,
  type TrainingState,
} from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { isOpen } from '../../preload/life'
import type { Channel } from '../../preload/rpc'
import { connectToPage, type Page } from '../../preload/seam'
import { readRunFile } from '../runs/folder'
import type { Runs } from '../runs/list'
import { readMetrics } from '../runs/metrics'
import { shippedFolder } from '../runs/shipped'
import type { Trainer } from '../trainer/api'
import type { TrainerEvent } from '../trainer/events'
import { createCalls } from './calls'
import { DataInspector } from './data-inspector'
import { History } from './history'
import { Journal } from './journal'
import { LiveRun } from './live-run'
import { openLog, type Log } from './log'
import { Outbox } from './outbox'
import { galleryTiles } from './pictures'
import { Recovery } from './recovery'
import { RunQueue } from './run-queue'
import type { Settings } from './settings'
import { Shelf, type Place } from './shelf'
import { Tasks } from './tasks'
import { Uploads } from './uploads'
import { versions } from './versions'

/** What a door can do for a person beyond showing the page. */
export interface Door {
  readonly kind: AppInfo['door']
  /** The folder dialog; resolves with null when it was cancelled. Absent where there is none. */
  chooseFolder?(options: { title: string; start: string | null }): Promise<string | null>
  /** Shows a file or folder in the file manager. Absent where there is none. */
  reveal?(path: string): void
  /** Opens a folder in the file manager; resolves with what went wrong, or ''. Absent where there is none. */
  openFolder?(path: string): Promise<string>
  /** The file with the licences of what is shipped. Absent where nothing is: from the sources. */
  readonly licences?: string
  /** The host that is asked for new versions. Absent where nobody is. */
  readonly updates?: string
}

export interface StudioOptions {
  readonly trainer: Trainer
  readonly settings: Settings
  readonly door: Door
  /** Where runs go unless the settings name another folder. Absolute. */
  readonly resultFolder: string
  readonly version: string
  /** What happened; default: only what goes wrong, as long as the process lasts. */
  readonly log?: Log
}

/** Of the notices so many are told to a page that comes later. */
const noticesKept = 20

export class Studio {
  readonly tasks = new Tasks((task) => this.outbox.put({ type: 'task', task }))
  readonly inspector = new DataInspector()
  readonly calls: CallHandlers
  readonly shelf: Shelf
  queue: RunQueue
  /** What a page that comes later is told, too. */
  notices: AppNotice[] = []
  private readonly live: LiveRun
  private readonly recovery = new Recovery({
    settings: () => this.settings.current,
    keep: (cutShort) => this.keep({ cutShort }),
    resume: (runFolder) => this.trainer.resume({ runFolder }),
    notify: (notice) => this.notify(notice),
  })
  private readonly outbox = new Outbox((batch) => this.tell(batch))
  /** Those that are here, and what each hands over. */
  private readonly pages = new Map<Page, Uploads>()
  /** The settings of the run that trains, or trained last. */
  private trained: RunSettings | null = null
  /** Images per second that it trains at; kept when it ends. */
  private speed: number | null = null
  private readonly watchers = new Set<(batch: AppEvent[]) => void>()
  private readonly silence: () => void
  readonly log: Log
  private readonly journal: Journal

  constructor(private readonly options: StudioOptions) {
    // a terminal draws no charts
    this.live = new LiveRun({
      charts: options.door.kind !== 'terminal',
      notify: (notice) => this.notify(notice),
    })
    this.log = options.log ?? openLog(null)
    this.journal = new Journal(this.log)
    this.calls = this.callsWith(this.newUploads())
    this.shelf = new Shelf(this.place, (event) => this.outbox.put(event))
    this.queue = this.queueOf(this.place)
    this.silence = options.trainer.on((event) => this.take(event))
    if (options.settings.problem !== null) this.note(options.settings.problem)
    this.journal.open(this.info, options.settings.problem)
    void this.recovery.begin()
  }

  get training(): TrainingState {
    return this.live.state
  }

  /** Makes ready what a first press of Start would wait for; what is wrong with it is said then. */
  async prepare(): Promise<void> {
    await this.trainer.prepare(this.settings.current.run).catch(() => undefined)
  }

  /** The machine is about to sleep, and may not have the power to wake again. */
  async sleep(): Promise<void> {
    await this.trainer.save().catch(() => undefined)
  }

  wake(): void {
    this.live.woke()
  }

  /** A page has come; returns what to call when it is gone. */
  connect(channel: Channel): () => void {
    const uploads = this.newUploads()
    const page = connectToPage(this.callsWith(uploads), channel)
    this.pages.set(page, uploads)
    this.watching(true)
    return () => {
      this.pages.delete(page)
      void uploads.close()
      if (this.pages.size === 0) this.watching(false)
      page.$close()
    }
  }

  private callsWith(uploads: Uploads): CallHandlers {
    return this.journal.watching(createCalls(this, uploads))
  }

  private newUploads(): Uploads {
    return new Uploads(() => this.resultFolder)
  }

  /** Whether to look at what others do in the result folder. */
  private watching(wanted: boolean): void {
    this.shelf.watching(wanted)
    this.queue.watching(wanted)
  }

  /** Calls `listener` with everything that pages are told; returns a function that ends that. */
  watch(listener: (batch: AppEvent[]) => void): () => void {
    this.watchers.add(listener)
    return () => this.watchers.delete(listener)
  }

  /** The folder dialog for data, from the app's menu. What is chosen is tried by the page, as if it was dropped there. */
  async chooseData(): Promise<void> {
    const folder = await this.calls.chooseFolder({ purpose: 'data' })
    if (folder !== null) this.outbox.put({ type: 'dataChosen', folder })
  }

  /** Opens the folder of runs in the file manager. */
  async showResults(): Promise<void> {
    await this.calls.showFolder({ folder: 'results' }).catch((thrown: unknown) => this.notify(AppError.from(thrown)))
  }

  /** Shows what the app is, and is made of. */
  showAbout(): void {
    this.outbox.put({ type: 'about' })
  }

  /** Something a person should know. */
  notify(notice: AppError): void {
    this.journal.notice(notice.toData())
    this.outbox.put({ type: 'notice', notice: this.note(notice) })
  }

  private note(problem: AppError): AppNotice {
    const notice = { ...problem.toData(), id: randomUUID() }
    this.notices = [...this.notices, notice].slice(-noticesKept)
    return notice
  }

  /**
   * Gives up long work, saves and ends the run, and deletes for good what was removed. The process can end then.
   *
   * @throws AppError why what trained could not be saved; what was saved before is told in it
   */
  async close(): Promise<void> {
    try {
      await this.end()
    } catch (thrown) {
      await this.journal.close(thrown)
      throw thrown
    }
    await this.journal.close()
  }

  private async end(): Promise<void> {
    const trains = isOpen(this.trainer.phase)
    this.tasks.cancelAll()
    this.shelf.watching(false)
    this.queue.close()
    try {
      await this.trainer.close()
    } finally {
      await this.queue.leave()
      await Promise.all([...this.pages.values()].map((uploads) => uploads.close()))
      await this.shelf.close()
      this.outbox.flush()
      this.silence()
    }
    const { phase, problem } = this.training
    if (trains && phase === 'failed' && problem !== null) throw AppError.fromData(problem)
  }

  get runs(): Runs {
    return this.shelf.runs
  }

  get trainer(): Trainer {
    return this.options.trainer
  }

  get settings(): Settings {
    return this.options.settings
  }

  get door(): Door {
    return this.options.door
  }

  get resultFolder(): string {
    return this.place.folder
  }

  private get place(): Place {
    const { resultFolder } = this.settings.current
    return { folder: resolve(resultFolder ?? this.options.resultFolder), chosen: resultFolder !== null }
  }

  get info(): AppInfo {
    const { door, version } = this.options
    return {
      name: 'VLAE Studio',
      version,
      door: door.kind,
      platform: process.platform,
      versions: versions(),
      can: { chooseFolder: door.chooseFolder !== undefined, reveal: door.reveal !== undefined },
    }
  }

  /** The folder of a run, or of the model that comes with the app. @throws AppError `run/not-found` */
  modelOf(id: string): string {
    return (id === shippedId ? shippedFolder() : null) ?? this.runs.pathOf(id)
  }

  /** A run's metrics from a sequence number on. @throws AppError `run/…`, `disk/…` */
  async history(run: string, since: number, points: number): Promise<MetricsSpan> {
    const folder = this.modelOf(run)
    if (this.live.folder === folder && this.live.history !== null)
      return (await this.live.history).span(run, since, points)
    const [{ stepsPerEpoch }, lines] = await Promise.all([
      run === shippedId ? readRunFile(folder) : this.runs.file(run),
      readMetrics(folder),
    ])
    return History.of(lines, stepsPerEpoch).span(run, since, points)
  }

  /** What the run that trains drew last within its first epoch. @throws AppError `run/no-picture` */
  sketch(run: string, kind: PictureKind, classes: boolean): Tiles {
    const { sketch, folder } = this.live
    if (sketch === null || folder !== this.runs.pathOf(run))
      throw new AppError(
        'run/no-picture',
        'Nothing has been drawn within an epoch.',
        'Look at the pictures of the epochs.',
      )
    return galleryTiles(sketch[kind], { kind, classes })
  }

  /** Starts or resumes a run, as a person asks for it. Gives its folder. @throws AppError `training/busy`, or as that does */
  async open(begin: (trainer: Trainer) => Promise<{ folder: string }>): Promise<string> {
    this.assertIdle('Another run')
    this.recovery.afresh()
    return (await begin(this.trainer)).folder
  }

  /** @param queue the queue must not be about to begin a run, either @throws AppError `training/busy` */
  assertIdle(what: string, { queue = false } = {}): void {
    if (!isOpen(this.trainer.phase) && !(queue && this.queue.works)) return
    throw new AppError(
      'training/busy',
      `${what} has to wait: ${this.live.state.run ?? 'a run'} is being trained.`,
      'Stop it first. It can be resumed.',
    )
  }

  private take(event: TrainerEvent): void {
    const before = this.live.state
    this.journal.take(event)
    this.live.take(event)
    this.recovery.take(event)
    if (this.live.state !== before) this.tellTraining()
    // where training was cut short, it may have been started again by now
    if (event.type === 'state' && !isOpen(event.state) && !isOpen(this.trainer.phase))
      this.queue.ended(this.live.state.run, event.state, this.live.state.problem)
    switch (event.type) {
      case 'started':
      case 'epoch':
      case 'failure':
      case 'done':
        this.announce(event.folder)
        break
      case 'state':
        if (event.state !== 'starting') this.announce(this.live.folder)
        break
      case 'notice':
        this.notify(new AppError('training/notice', event.message, ''))
        break
    }
    if (event.type === 'started' || event.type === 'step' || event.type === 'epoch') {
      this.outbox.putMetrics(() => this.live.newMetrics())
      // what came while an earlier file was read goes out once it is
      if (event.type === 'started') {
        this.trained = event.file.settings
        void this.live.history?.then(() => this.outbox.putMetrics(() => this.live.newMetrics()))
      }
    }
    if ((event.type === 'epoch' || event.type === 'done') && event.imagesPerSecond !== null)
      this.speed = event.imagesPerSecond
    if (event.type === 'state' && !isOpen(event.state)) this.keepSpeed()
  }

  /** Tells how a run stands now, where anybody looks; who comes later is shown all. */
  private announce(folder: string | null): void {
    if (folder !== null && this.pages.size > 0) void this.shelf.announce(basename(folder))
  }

  /** Keeps the speed for the next start's estimates. */
  private keepSpeed(): void {
    const { engine } = this.live.state
    const { speed, trained } = this
    this.speed = null
    if (engine === null || trained === null || speed === null) return
    this.keep({ speeds: { ...this.settings.current.speeds, [speedKey(engine, trained)]: speed } })
  }

  /** Keeps what nobody has set. Not being able to is no reason to trouble anyone. */
  private keep(change: Partial<AppSettings>): void {
    try {
      this.settingsChanged(() => this.settings.change(change))
    } catch {
      return
    }
  }

  /** Changes the settings, and tells every page. */
  settingsChanged<T>(change: () => T): T {
    const { trainer, run } = this.settings.current
    try {
      return change()
    } finally {
      const { current } = this.settings
      if (trainer !== current.trainer || run.model !== current.run.model) void this.prepare()
      this.outbox.put({ type: 'settings', settings: this.settings.current })
      if (this.resultFolder !== this.runs.resultFolder) this.move()
    }
  }

  /** Runs, and those that wait, are those of another folder from now on. */
  private move(): void {
    void this.shelf.move(this.place)
    void this.queue.leave()
    this.queue = this.queueOf(this.place)
    this.queue.watching(this.pages.size > 0)
    void this.queue.show()
  }

  private queueOf({ folder }: Place): RunQueue {
    const queue: RunQueue = new RunQueue({
      folder,
      trainer: this.options.trainer,
      // of a folder that was left nothing is told any more
      tell: (state) => queue === this.queue && this.outbox.put({ type: 'queue', queue: state }),
      notify: (notice) => this.notify(notice),
    })
    return queue
  }

  private tellTraining(): void {
    this.outbox.put({ type: 'training', training: this.live.state })
  }

  private tell(batch: AppEvent[]): void {
    for (const listener of this.watchers) listener(batch)
    // a page that is just leaving does not answer any more
    for (const page of this.pages.keys()) page.events.asEvent(batch).catch(() => undefined)
  }
}
