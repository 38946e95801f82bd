/** The result folder in use: its runs, and what pages are told of them as they come, change and go. */
import type { AppEvent, Removed, ResultFolder, RunId, RunSummary } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { soon } from '../files/soon'
import { Runs } from '../runs/list'
import { sweepStages } from '../runs/stage'
import { Trash } from '../runs/trash'
import { RunsWatch } from '../runs/watch'

export interface Place {
  /** Absolute path of the result folder. */
  readonly folder: string
  /** A person has chosen it: that it is not there is a problem then, and no beginning. */
  readonly chosen: boolean
}

interface Shown {
  readonly runs: RunSummary[]
  readonly resultFolder: ResultFolder
  readonly removed: Removed[]
}

export class Shelf {
  runs: Runs
  /** Those that are being read for longer than that. Not read again: each time would hold up threads. */
  private silent: Runs | null = null
  /** What was removed from any result folder can be taken back until the app is closed. */
  private readonly trash = new Trash()
  private removed: readonly (Removed & { readonly of: string })[] = []
  private watch: RunsWatch
  private watched = false
  /** Pages were shown what is there. */
  private shown = false

  constructor(
    place: Place,
    private readonly put: (event: AppEvent) => void,
    /** Milliseconds: longer than any disk that works takes to list a folder. */
    private readonly patience = 10_000,
  ) {
    this.runs = this.runsOf(place)
    this.watch = this.newWatch()
  }

  /** Whether to look at what others do there: while a page is open. */
  watching(wanted: boolean): void {
    this.watched = wanted
    if (wanted && !this.shown) void sweepStages(this.runs.resultFolder)
    this.shown ||= wanted
    if (wanted) this.watch.start()
    else this.watch.stop()
  }

  /**
   * All that there is to show, also where that is only why the folder cannot be read. What comes late, from a disk that
   * has slept or was cut off, is told to the pages then.
   */
  async show(): Promise<Shown> {
    const { runs } = this
    const resultFolder = stateOf(runs, unanswered(runs.resultFolder))
    const silent = { runs: [], resultFolder, removed: this.removedHere() }
    if (this.silent === runs) return silent
    const reading = this.read(runs)
    const shown = await soon(reading, this.patience, null)
    if (shown !== null) return shown
    this.silent = runs
    void this.tellLate(runs, reading)
    return silent
  }

  private async read(runs: Runs): Promise<Shown> {
    try {
      return { runs: await runs.list(), resultFolder: stateOf(runs, null), removed: this.removedHere() }
    } catch (thrown) {
      return { runs: [], resultFolder: stateOf(runs, AppError.from(thrown)), removed: this.removedHere() }
    }
  }

  private async tellLate(runs: Runs, reading: Promise<Shown>): Promise<void> {
    const shown = await reading
    if (this.silent === runs) this.silent = null
    if (this.runs === runs) this.tell(shown, [])
  }

  /** Tells the pages how a run stands now. */
  async announce(run: RunId): Promise<void> {
    try {
      this.put({ type: 'runs', changed: [await this.runs.get(run)], gone: [] })
    } catch {
      this.put({ type: 'runs', changed: [], gone: [run] })
    }
  }

  /** The runs of another folder are shown from now on. */
  async move(place: Place): Promise<void> {
    const before = this.runs
    this.watch.stop()
    this.runs = this.runsOf(place)
    this.watch = this.newWatch()
    this.watching(this.watched)
    // where the next run goes is told at once: listing many runs takes a while
    this.put({ type: 'resultFolder', resultFolder: stateOf(this.runs, null) })
    const [gone, shown] = await Promise.all([before.ids().catch(() => []), this.show()])
    // it may have been moved on meanwhile
    if (shown.resultFolder.path === this.runs.resultFolder) this.tell(shown, gone)
  }

  /** Ends looking, and deletes for good what was removed here, and by apps that have crashed. */
  async close(): Promise<void> {
    this.watching(false)
    // who has shown nothing clears nothing away
    if (!this.shown) return
    // what is not done by then is left to the next app that closes
    await soon(
      this.trash.empty().then(() => this.runs.sweep()),
      this.patience,
      undefined,
    )
  }

  /** Puts a run, or one checkpoint of it, aside. @throws AppError as Runs.remove does */
  async remove(run: RunId, epoch?: number): Promise<void> {
    const { runs } = this
    const { name } = await runs.get(run)
    await runs.remove(run, epoch)
    this.changeRemoved([...this.removed, { run, epoch: epoch ?? null, name, of: runs.resultFolder }])
    await this.announce(run)
  }

  /** Takes back what was removed last of this. @returns the run's id @throws AppError as Runs.restore does */
  async restore(run: RunId, epoch?: number): Promise<RunId> {
    const { runs } = this
    const last = this.removed.findLastIndex(
      (one) => one.of === runs.resultFolder && one.run === run && one.epoch === (epoch ?? null),
    )
    try {
      const restored = await runs.restore(run, epoch)
      if (last >= 0) this.removed = this.removed.toSpliced(last, 1)
      await this.announce(restored)
      return restored
    } finally {
      // also where it was found out that it is gone
      this.changeRemoved(this.removed)
    }
  }

  private changeRemoved(removed: typeof this.removed): void {
    this.removed = removed
    this.put({ type: 'removed', removed: this.removedHere() })
  }

  private removedHere(): Removed[] {
    const { runs } = this
    const here = this.removed.filter(({ of, run, epoch }) => of === runs.resultFolder && runs.canRestore(run, epoch))
    return here.map(({ run, epoch, name }) => ({ run, epoch, name }))
  }

  private tell({ runs, resultFolder, removed }: Shown, gone: RunId[]): void {
    this.put({ type: 'resultFolder', resultFolder })
    this.put({ type: 'runs', changed: runs, gone })
    this.put({ type: 'removed', removed })
  }

  private runsOf({ folder, chosen }: Place): Runs {
    return new Runs(folder, { trash: this.trash, expected: chosen })
  }

  private newWatch(): RunsWatch {
    const { runs } = this
    return new RunsWatch(runs, {
      runs: (changed, gone) => {
        if (gone.length > 0) this.put({ type: 'runs', changed: [], gone })
        for (const id of changed) void this.announce(id)
      },
      problem: (problem) => this.put({ type: 'resultFolder', resultFolder: stateOf(runs, problem) }),
    })
  }
}

function unanswered(folder: string): AppError {
  return new AppError(
    'disk/unanswered',
    `The disk that ${folder} is on does not answer.`,
    'Check its connection, or pick another folder.',
  )
}

function stateOf({ resultFolder }: Runs, problem: AppError | null): ResultFolder {
  return { path: resultFolder, problem: problem?.toData() ?? null }
}
