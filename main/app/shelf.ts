/** The result folder in use: its runs, and what pages are told of them as they come, change and go. */
import type { AppEvent, ResultFolder, RunId, RunSummary } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { Runs } from './runs'
import { RunsWatch } from './runs-watch'
import { Trash } from './trash'

export interface Place {
  /** Absolute path of the result folder. */
  readonly folder: string
  /** A person has chosen it: that it is not there is a problem then, and no beginning. */
  readonly chosen: boolean
}

export class Shelf {
  runs: Runs
  /** What was removed from any result folder can be taken back until the app is closed. */
  private readonly trash = new Trash()
  private watch: RunsWatch
  private watched = false

  constructor(
    place: Place,
    private readonly put: (event: AppEvent) => void,
  ) {
    this.runs = this.runsOf(place)
    this.watch = this.newWatch()
  }

  /** Whether to look at what others do there: while a page is open. */
  watching(wanted: boolean): void {
    this.watched = wanted
    if (wanted) this.watch.start()
    else this.watch.stop()
  }

  /** All that there is to show, also where that is only why the folder cannot be read. */
  async show(): Promise<{ runs: RunSummary[]; resultFolder: ResultFolder }> {
    const { runs } = this
    try {
      return { runs: await runs.list(), resultFolder: stateOf(runs, null) }
    } catch (thrown) {
      return { runs: [], resultFolder: stateOf(runs, AppError.from(thrown)) }
    }
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
    const [gone, { runs, resultFolder }] = await Promise.all([before.ids().catch(() => []), this.show()])
    // it has been moved on meanwhile
    if (resultFolder.path !== this.runs.resultFolder) return
    this.put({ type: 'resultFolder', resultFolder })
    this.put({ type: 'runs', changed: runs, gone })
  }

  /** Ends looking, and deletes for good what was removed here, and by apps that have crashed. */
  async close(): Promise<void> {
    this.watching(false)
    await this.trash.empty()
    await this.runs.sweep()
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

function stateOf({ resultFolder }: Runs, problem: AppError | null): ResultFolder {
  return { path: resultFolder, problem: problem?.toData() ?? null }
}
