/**
 * The app's log: what happened, for whoever has to find out later, as JSON lines in a rotating file beside the
 * settings.
 *
 * It is two files of at most 2.5 MB, `vlae-studio.log` and the one before it. A library would be larger than this, and
 * hold a file open that another window or tab of the app may be moving away.
 */
import { appendFileSync } from 'node:fs'
import { appendFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { readJsonLines } from '../files/jsonl'
import { makeFolder } from '../files/make-folder'

export const logName = 'vlae-studio.log'
export const olderLogName = 'vlae-studio.old.log'
const half = 2_500_000
/** Characters that wait for a disk that does not answer; what comes then is left out. */
const mostWaiting = 1_000_000
/** Milliseconds that a disk is waited for. */
const patience = 1000
/** Of what went wrong so many entries are told of. */
const troublesTold = 20

const logEntry = z.looseObject({
  at: z.iso.datetime(),
  level: z.enum(['info', 'warning', 'error']),
  /** What happened: `started`, `failure`, `notice`. */
  event: z.string(),
  pid: z.int(),
})
export type LogEntry = z.infer<typeof logEntry>

export interface Log {
  /** Never throws, and never waits: what cannot be written is left out. */
  write(level: LogEntry['level'], event: string, facts?: object): void
  /** What went wrong lately, in earlier starts of the app too, the newest last. Never rejects. */
  troubles(): Promise<LogEntry[]>
  /** Resolves when what was written is in the file, or the disk has not answered for a second. */
  close(): Promise<void>
}

/** @param folder where the settings lie; null: nothing can be kept, and the log lasts as long as the process */
export function openLog(folder: string | null): Log {
  return new FileLog(folder)
}

/** The latest entries of the log in a folder that tell of something wrong, the newest last. Never rejects. */
export async function readTroubles(folder: string): Promise<LogEntry[]> {
  const files = [olderLogName, logName].map((name) => readJsonLines(join(folder, name)).catch(() => []))
  return lastTroubles((await Promise.all(files)).flat())
}

function lastTroubles(values: readonly unknown[]): LogEntry[] {
  return values
    .flatMap((value) => logEntry.safeParse(value).data ?? [])
    .filter(({ level }) => level !== 'info')
    .slice(-troublesTold)
}

class FileLog implements Log {
  private waiting = ''
  private writing: Promise<void> | null = null
  /** Something is in the file. */
  private begun = false
  /** The disk was asked, and has not answered yet. */
  private asked = false
  /** Of this process, in case the file cannot be written. */
  private recent: LogEntry[] = []

  constructor(private readonly folder: string | null) {
    process.on('exit', this.writeLast)
  }

  write(level: LogEntry['level'], event: string, facts: object = {}): void {
    const entry = { at: new Date().toISOString(), level, event, pid: process.pid, ...facts }
    this.recent = lastTroubles([...this.recent, entry])
    if (this.folder === null || this.waiting.length > mostWaiting) return
    this.waiting += `${JSON.stringify(entry)}\n`
    this.writing ??= this.writeOut(this.folder).finally(() => (this.writing = null))
  }

  async troubles(): Promise<LogEntry[]> {
    await this.flush()
    const kept = this.folder === null ? [] : await readTroubles(this.folder)
    const missing = this.recent.filter((entry) => !kept.some(({ at, pid }) => at === entry.at && pid === entry.pid))
    return [...kept, ...missing].slice(-troublesTold)
  }

  async close(): Promise<void> {
    await this.flush()
    process.off('exit', this.writeLast)
    this.writeLast()
  }

  private async flush(): Promise<void> {
    await Promise.race([this.writing, sleep(patience, undefined, { ref: false })])
  }

  private async writeOut(folder: string): Promise<void> {
    // what is written in one go comes as one
    await Promise.resolve()
    while (this.waiting !== '') {
      const text = this.waiting
      this.asked = true
      await this.append(folder, text).catch(() => undefined)
      this.asked = false
      this.waiting = this.waiting.slice(text.length)
    }
  }

  private async append(folder: string, text: string): Promise<void> {
    const path = join(folder, logName)
    const size = await stat(path).then(
      (stats) => stats.size,
      () => 0,
    )
    // the last start's last line may be cut off
    if (!this.begun && size > 0) text = `\n${text}`
    // one that cannot be moved away, since something else has it open, grows on
    if (size + text.length > half) await rename(path, join(folder, olderLogName)).catch(() => undefined)
    await makeFolder(folder)
    await appendFile(path, text, { mode: 0o600 })
    this.begun = true
  }

  /** The process ends: what still waits is written now, unless the disk is what it waits for. */
  private readonly writeLast = (): void => {
    if (this.folder === null || this.waiting === '' || this.asked) return
    try {
      appendFileSync(join(this.folder, logName), this.waiting, { mode: 0o600 })
      this.waiting = ''
    } catch {
      return
    }
  }
}
