/** Sees what others do in the result folder: the command line, another app, a person with a file manager. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunId } from '../../preload/contract'
import { isHeld } from '../files/lock'
import { lockName, runFileName } from '../training/run-files'
import { runIds } from './runs'

const interval = 2000

/**
 * Looks every two seconds at what changes when a run does: its folder (a file was made, replaced or deleted in it),
 * its run.json, and whether the process that trains it still lives. Two to four calls of the file system a run tell
 * that, on every platform and on network disks, where the system's own watching tells little.
 */
export class RunsWatch {
  private known: Map<RunId, string> | null = null
  private timer: NodeJS.Timeout | null = null

  /** @param tell what has changed since the last look: never on the first */
  constructor(
    private readonly resultFolder: string,
    private readonly tell: (runs: RunId[]) => void,
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
    const now = await marks(this.resultFolder)
    if (this.known !== before) return
    this.known = now
    if (before === null) return
    const changed = [...now].filter(([run, mark]) => before.get(run) !== mark).map(([run]) => run)
    const gone = [...before.keys()].filter((run) => !now.has(run))
    if (changed.length + gone.length > 0) this.tell([...changed, ...gone])
  }

  private async again(): Promise<void> {
    await this.look()
    if (this.timer !== null) this.timer = setTimeout(() => void this.again(), interval).unref()
  }
}

async function marks(resultFolder: string): Promise<Map<RunId, string>> {
  const runs = await runIds(resultFolder).catch(() => [])
  return new Map(await Promise.all(runs.map(async (run) => [run, await markOf(join(resultFolder, run))] as const)))
}

async function markOf(folder: string): Promise<string> {
  const times = [folder, join(folder, runFileName)].map((path) =>
    stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    ),
  )
  const held = await isHeld(join(folder, lockName)).catch(() => false)
  return [...(await Promise.all(times)), held].join(' ')
}
