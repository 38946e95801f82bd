/** queue.json: the runs that wait in a result folder. Whoever changes it holds its lock: one app at a time. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { queuedRun } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { writeAtomic } from '../files/atomic'
import { diskError, systemCode } from '../files/disk-error'
import { disk } from '../files/layer'
import { acquireLock, isHeld, type Lock } from '../files/lock'
import { makeFolder } from '../files/make-folder'
import { readText } from '../files/text'

const queueName = 'queue.json'
const queueLockName = 'queue.lock'

/** A run that waits, with what it is to be trained on. */
const keptRun = queuedRun.extend({
  data: z.object({ folder: z.string().nullable(), fingerprint: z.string().optional() }),
  /** The checkpoint that it begins with; null: fresh weights. */
  from: z.object({ run: z.string(), epoch: z.int() }).nullable(),
})
export type KeptRun = z.infer<typeof keptRun>

const queueFile = z.object({ format: z.literal(1), runs: z.array(keptRun) })

/**
 * The runs that wait there; none where there is no file.
 * @throws AppError `queue/unusable` when it is not what this app writes; `disk/…`
 */
export async function readQueue(folder: string): Promise<KeptRun[]> {
  const path = join(folder, queueName)
  const text = await readText(path).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return null
    throw diskError(error, 'read', path)
  })
  if (text === null) return []
  try {
    return queueFile.parse(JSON.parse(text)).runs
  } catch (cause) {
    throw new AppError('queue/unusable', `${path} cannot be read.`, 'It is put aside when the queue is next used.', {
      cause,
    })
  }
}

/** Only for who holds the lock. @throws AppError `disk/…`; the old one is still there then */
export async function writeQueue(folder: string, runs: readonly KeptRun[]): Promise<void> {
  const path = join(folder, queueName)
  if (runs.length > 0) return writeAtomic(path, `${JSON.stringify({ format: 1, runs }, undefined, 2)}\n`)
  await disk.remove(path).catch((error: unknown) => {
    throw diskError(error, 'written', path)
  })
}

/** Only for who holds the lock. @returns what a person is told @throws AppError `disk/…` */
export async function putQueueAside(folder: string): Promise<AppError> {
  const path = join(folder, queueName)
  const aside = join(folder, `queue.unusable-${new Date().toISOString().replace(/[:.]/g, '-')}.json`)
  await disk.rename(path, aside).catch((error: unknown) => {
    throw diskError(error, 'put aside', path)
  })
  return new AppError(
    'queue/unusable',
    'The queue of waiting runs could not be read: it is empty now. All runs that were begun are still there.',
    `The file as it was is kept as ${aside}.`,
  )
}

/** @throws AppError `queue/elsewhere` where another app works it off; `disk/…` */
export async function lockQueue(folder: string, tell: (message: string) => void): Promise<Lock> {
  const path = join(folder, queueLockName)
  try {
    await makeFolder(folder)
    return await acquireLock(path, { what: 'The queue of this folder', tell })
  } catch (thrown) {
    const error = diskError(thrown, 'locked', path)
    if (error.code !== 'run/locked') throw error
    throw new AppError(
      'queue/elsewhere',
      error.message,
      `Pause it there, or wait until it is done. If that process is certainly gone, delete ${path}.`,
    )
  }
}

/** Changes when the file does, or who holds its lock. Never rejects. */
export async function queueMark(folder: string): Promise<{ mark: string; held: boolean }> {
  const held = await isHeld(join(folder, queueLockName)).catch(() => false)
  const found = await stat(join(folder, queueName)).catch(() => null)
  return { held, mark: [held, found?.mtimeMs, found?.ino, found?.size].join(' ') }
}
