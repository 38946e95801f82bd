/**
 * What functions were compiled to before, kept in the user's cache folder: what is computed of tracing and planning is always
 * the same, and a process that has just begun takes seconds for it.
 */
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { writeAtomic } from '../../files/atomic'
import { cacheFolder } from '../../files/cache-folder'
import { disk } from '../../files/layer'
import { makeFolder } from '../../files/make-folder'
import { build } from './build'

export interface Keeping {
  readonly folder: string
  /** Of the code that compiles and is compiled. */
  readonly build: string
  /** The most that lies there: what was written longest ago goes. */
  readonly most: { readonly files: number; readonly bytes: number }
}

const usual: Keeping | null =
  build === '' ? null : { folder: join(cacheFolder(), 'plans'), build, most: { files: 256, bytes: 64 << 20 } }

/**
 * What `make` gives, of now or of before. A file that is not whole, or of something else, is made anew; where nothing can be
 * kept nothing is.
 *
 * @param name of what is compiled: without one, nothing is kept
 * @param specs all that the same function's results depend on
 * @param make always gives the same for both, as it can be sent to another thread
 */
export async function kept<T>(name: string | undefined, specs: unknown, make: () => T, where = usual): Promise<T> {
  if (name === undefined || where === null) return make()
  const { arch, platform, version } = process
  const key = JSON.stringify([where.build, arch, platform, version, name, specs])
  const path = join(where.folder, createHash('sha256').update(key).digest('hex'))
  const found = await read(path, key)
  if (found !== undefined) return found.value as T
  const value = make()
  await write(path, key, value, where).catch(() => undefined)
  return value
}

const sumBytes = 32

function sumOf(key: string, content: Uint8Array): Buffer {
  return createHash('sha256').update(key).update(content).digest()
}

async function read(path: string, key: string): Promise<{ readonly value: unknown } | undefined> {
  try {
    const bytes = await disk.read(path)
    const content = bytes.subarray(sumBytes)
    if (!sumOf(key, content).equals(bytes.subarray(0, sumBytes))) return undefined
    return { value: deserialize(content) }
  } catch {
    return undefined
  }
}

async function write(path: string, key: string, value: unknown, { folder, most }: Keeping): Promise<void> {
  const content = serialize(value)
  await makeFolder(folder)
  await writeAtomic(path, Buffer.concat([sumOf(key, content), content]))
  const files = await Promise.all((await disk.list(folder)).map((name) => about(join(folder, name))))
  let room = most.bytes
  for (const [at, { path, size }] of files.toSorted((a, b) => b.written - a.written).entries()) {
    room -= size
    if (at >= most.files || room < 0) await disk.remove(path)
  }
}

/** Of one that another process has removed meanwhile: nothing. */
async function about(path: string): Promise<{ path: string; size: number; written: number }> {
  const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }))
  return { path, size, written: mtimeMs }
}
