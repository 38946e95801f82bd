/** The result folder in use: its runs, and what pages are told of them as they come, change and go. */
import type { AppEvent, RunId } from '../../preload/contract'
import { Runs } from './runs'
import { RunsWatch } from './runs-watch'

export class Shelf {
  runs: Runs
  private watch: RunsWatch
  private watched = false

  constructor(
    resultFolder: string,
    private readonly put: (event: AppEvent) => void,
  ) {
    this.runs = new Runs(resultFolder)
    this.watch = this.newWatch()
  }

  /** Whether to look at what others do there: while a page is open. */
  watching(wanted: boolean): void {
    this.watched = wanted
    if (wanted) this.watch.start()
    else this.watch.stop()
  }

  /** Tells the pages how a run stands now. */
  async announce(run: RunId): Promise<void> {
    try {
      this.put({ type: 'runs', changed: [await this.runs.get(run)], gone: [] })
    } catch {
      this.put({ type: 'runs', changed: [], gone: [run] })
    }
  }

  /** The runs of another folder are shown from now on. What was removed from the one before stays removed. */
  async move(resultFolder: string): Promise<void> {
    const before = this.runs
    this.watch.stop()
    this.runs = new Runs(resultFolder)
    this.watch = this.newWatch()
    this.watching(this.watched)
    const gone = (await before.list().catch(() => [])).map((run) => run.id)
    this.put({ type: 'runs', changed: await this.runs.list().catch(() => []), gone })
    await before.emptyTrash().catch(() => undefined)
  }

  private newWatch(): RunsWatch {
    return new RunsWatch(this.runs.resultFolder, (ids) => {
      for (const id of ids) void this.announce(id)
    })
  }
}
