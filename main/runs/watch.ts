/** Watches what others do in the result folder: the command line, another app, a person with a file manager. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunId } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { isHeld } from '../files/lock'
import type { Runs } from './list'
import { lockName, runFileName } from './names'

const interval = 2000

export interface RunsListener {
  /** Since the last look: never on the first. */
  runs(changed: RunId[], gone: RunId[]): void
  /** The result folder cannot be read any more, or for another reason; null: it can be again. */
  problem(problem: AppError | null): void
}

interface Look {
  readonly marks: Map<RunId, string>
  readonly problem: AppError | null
}

/**
 * Looks every two seconds at what changes when a run does: its folder (a file was made, replaced or deleted in it),
 * its run.json, and whether the process that trains it still lives. Two to four calls of the file system a run tell
 * that, on every platform and on network disks, where the system's own watching tells little.
 */
export class RunsWatch {
  private known: Look | null = null
  private timer: NodeJS.Timeout | null = null

  constructor(
    private readonly runs: Runs,
    private readonly listener: RunsListener,
  ) {}

  start(): void {
    this.timer ??= setTimeout(() => void this.again(), interval).unref()
    if (this.known === null) void this.look()
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    // what happens until the next start is in the list that is read then
    this.known = null
  }

  /** One look; tells what is new, changed or gone. */
  async look(): Promise<void> {
    const before = this.known
    const now = await look(this.runs)
    if (this.known !== before) return
    this.known = now
    if (before === null) return
    if (before.problem?.message !== now.problem?.message) this.listener.problem(now.problem)
    const changed = [...now.marks].filter(([run, mark]) => before.marks.get(run) !== mark).map(([run]) => run)
    const gone = [...before.marks.keys()].filter((run) => !now.marks.has(run))
    if (changed.length + gone.length > 0) this.listener.runs(changed, gone)
  }

  private async again(): Promise<void> {
    await this.look()
    if (this.timer !== null) this.timer = setTimeout(() => void this.again(), interval).unref()
  }
}

async function look(runs: Runs): Promise<Look> {
  try {
    const ids = await runs.ids()
    const marks = await Promise.all(ids.map(async (id) => [id, await markOf(runs.pathOf(id))] as const))
    return { marks: new Map(marks), problem: null }
  } catch (thrown) {
    return { marks: new Map(), problem: AppError.from(thrown) }
  }
}

async function markOf(folder: string): Promise<string> {
  // one after the other: a disk that does not answer holds up one thread of the few that all files share
  const times = [await changed(folder), await changed(join(folder, runFileName))]
  return [...times, await isHeld(join(folder, lockName)).catch(() => false)].join(' ')
}

function changed(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
}
