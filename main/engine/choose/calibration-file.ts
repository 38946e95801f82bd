/** What was measured on this machine before: a cache, in the user's cache folder. It can be deleted at any time. */
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { engineName, errorData, type EngineName } from '../../../preload/contract'
import { writeAtomic } from '../../files/atomic'
import { cacheFolder } from '../../files/cache-folder'
import { makeFolder } from '../../files/make-folder'
import { owner } from '../../files/owner'
import { readText } from '../../files/text'

const content = z.object({
  /** What the figures hold for: the hardware and the versions of everything that computes. */
  machine: z.string(),
  /** Images per second, by what was run. */
  speeds: z.record(z.string(), z.number().positive()),
  /** Engines that are not tried again by themselves, with the reason. */
  refused: z.partialRecord(engineName, errorData),
  /** The engine that is being tried, and by which process: one that is gone has ended in the middle of it. */
  trying: z.object({ engine: engineName, owner }).nullable(),
  /** How often in a row that has happened. */
  ends: z.partialRecord(engineName, z.int()),
})
export type Calibration = z.infer<typeof content>

export function defaultCacheFile(): string {
  return join(cacheFolder(), 'engines.json')
}

export class CalibrationFile {
  private constructor(
    private readonly path: string,
    private content: Calibration,
  ) {}

  /** Figures of another machine, and what cannot be read, count as none. */
  static async open(path: string, machine: string): Promise<CalibrationFile> {
    const none: Calibration = { machine, speeds: {}, refused: {}, trying: null, ends: {} }
    const text = await readText(path).catch(() => '')
    const found = text === '' ? undefined : parsed(text)
    return new CalibrationFile(path, found?.machine === machine ? found : none)
  }

  get present(): Readonly<Calibration> {
    return this.content
  }

  /** What cannot be kept is measured again the next time. */
  async change(change: Partial<Omit<Calibration, 'machine'>>): Promise<void> {
    this.content = { ...this.content, ...change }
    await makeFolder(dirname(this.path)).catch(() => undefined)
    await writeAtomic(this.path, `${JSON.stringify(this.content, undefined, 2)}\n`).catch(() => undefined)
  }

  async refuse(name: EngineName, problem: z.infer<typeof errorData>): Promise<void> {
    await this.change({ refused: { ...this.content.refused, [name]: problem }, trying: null })
  }
}

function parsed(text: string): Calibration | undefined {
  try {
    return content.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
