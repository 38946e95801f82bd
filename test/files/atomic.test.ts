/** Every operation of a save fails in turn; the last finished state must be there each time. */
import { existsSync } from 'node:fs'
import { mkdtemp, open, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copyAtomic, removeTemporaryFiles, writeAtomic, writePieces } from '../../main/files/atomic'
import { disk } from '../../main/files/layer'
import { checkRefusal } from './expect-refusal'
import { FaultyLayer, restoreDisk, systemError, type Fault } from './faulty-layer'

const path = '/run/file'
const old = new TextEncoder().encode('the old content')
const fresh = new TextEncoder().encode('the new content, longer')

const save = () => writeAtomic(path, fresh, { verify: true })

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield fresh.subarray(0, 9)
  yield fresh.subarray(9)
}
const saveInPieces = () => writePieces(path, pieces())

/** Saves on a disk that has the old content and may fail. */
async function saveOn(fault?: Fault, of = save): Promise<{ layer: FaultyLayer; error: unknown }> {
  const layer = new FaultyLayer(fault).seed(path, old).install()
  const error = await of().then(
    () => null,
    (thrown: unknown) => thrown,
  )
  restoreDisk()
  return { layer, error }
}

async function operationsOf(of = save): Promise<string[]> {
  const { layer, error } = await saveOn(undefined, of)
  expect(error).toBeNull()
  return layer.operations
}

afterEach(restoreDisk)

describe.each([
  { name: 'writeAtomic', save, writes: ['write'] },
  { name: 'writePieces', save: saveInPieces, writes: ['write', 'write'] },
])('$name, failing at every operation in turn', ({ save, writes }) => {
  it('does what it says, in order', async () => {
    expect(await operationsOf(save)).toEqual(['create', ...writes, 'sync', 'close', 'read', 'rename', 'syncFolder'])
  })

  for (const [code, expected] of [
    ['ENOSPC', 'disk/full'],
    ['EDQUOT', 'disk/full'],
    ['EIO', 'disk/io'],
    ['EACCES', 'disk/denied'],
    ['EROFS', 'disk/denied'],
  ] as const) {
    it(`keeps the old content and says ${expected} on ${code}`, async () => {
      const operations = await operationsOf(save)
      for (const [at, operation] of operations.entries()) {
        const { layer, error } = await saveOn({ at, code }, save)
        // After the rename the new content is there, complete; before it the old one.
        const content = operation === 'syncFolder' ? fresh : old
        expect({
          operation,
          code: checkRefusal(error).code,
          content: layer.content(path),
          paths: layer.paths(),
        }).toEqual({
          operation,
          code: expected,
          content,
          paths: [path],
        })
      }
    })
  }

  it('leaves the old or the new content after a power cut at any operation', async () => {
    expect(await worstAfterPowerCut(save)).toEqual([])
  })

  it('leaves the new content after a power cut once it has returned', async () => {
    const { layer } = await saveOn(undefined, save)
    expect(layer.afterPowerCut(path)).toEqual([fresh, fresh])
  })

  it('is tested by a model that convicts a save without fsync', async () => {
    const careless = async () => {
      const file = await disk.create('/run/careless')
      await file.write(fresh, 0)
      await file.close()
      await disk.rename('/run/careless', path)
    }
    expect(await worstAfterPowerCut(careless)).not.toEqual([])
  })

  it('refuses what does not read back as written', async () => {
    const layer = new FaultyLayer().seed(path, old).install()
    const otherwise = async (name: string) =>
      (await layer.read(name)).map((byte, index) => (index === 3 ? byte ^ 1 : byte))
    disk.read = otherwise
    disk.stream = async function* (name) {
      yield await otherwise(name)
    }
    await expect(save()).rejects.toMatchObject({ code: 'disk/not-as-written' })
    expect(layer.content(path)).toEqual(old)
    expect(layer.paths()).toEqual([path])
  })
})

it('writePieces keeps the old content where making the new one fails', async () => {
  const layer = new FaultyLayer().seed(path, old).install()
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield fresh
    throw systemError('EIO')
  }
  await expect(writePieces(path, broken())).rejects.toMatchObject({ code: 'disk/io' })
  expect(layer.content(path)).toEqual(old)
  expect(layer.paths()).toEqual([path])
})

/** Crashes at every operation and lists where neither the old nor the new content is left. */
async function worstAfterPowerCut(of: () => Promise<void>): Promise<string[]> {
  const lost: string[] = []
  const operations = await operationsOf(of)
  for (let at = 0; at <= operations.length; at++) {
    const { layer } = await saveOn({ at, code: 'CRASH' }, of)
    for (const content of layer.afterPowerCut(path)) {
      const text = content && new TextDecoder().decode(content)
      if (text !== 'the old content' && text !== 'the new content, longer') lost.push(`${operations[at]}: ${text}`)
    }
  }
  return lost
}

describe('copyAtomic, failing at every operation in turn', () => {
  const other = '/run/other'
  const copy = () => copyAtomic(path, other)

  it('leaves both files in full, and nothing else', async () => {
    for (const before of [undefined, new TextEncoder().encode('what was there')]) {
      for (let at = 0, more = true; more; at++) {
        for (const code of ['EIO', 'CRASH']) {
          const layer = new FaultyLayer({ at, code }).seed(path, old).install()
          if (before !== undefined) layer.seed(other, before)
          const error: unknown = await copy().catch((thrown: unknown) => thrown)
          restoreDisk()
          more = layer.operations.length > at
          if (more && !(error === undefined && layer.operations[at] === 'link')) checkRefusal(error)
          for (const [when, found] of Object.entries(layer.left())) {
            expect({ at, when, content: found.content(path) }).toEqual({ at, when, content: old })
            expect([before, old]).toContainEqual(found.content(other))
          }
          const temporary = layer.paths().filter((name) => name.endsWith('.tmp'))
          expect(code === 'EIO' ? temporary : []).toEqual([])
        }
      }
    }
  })

  it('of the same content again leaves nothing behind', async () => {
    const layer = new FaultyLayer().seed(path, old).install()
    await copy()
    await copy()
    expect(layer.paths().toSorted()).toEqual([path, other])
    await writeAtomic(path, fresh)
    expect(layer.content(other)).toEqual(old)
  })

  it('copies where the file system has no second names', async () => {
    const layer = new FaultyLayer().seed(path, old).install()
    disk.link = () => Promise.reject(systemError('EPERM'))
    await copy()
    expect(layer.afterPowerCut(other)).toEqual([old, old])
  })
})

describe('writeAtomic on the disk', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vlae-atomic-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('writes and replaces, and leaves nothing else', async () => {
    const target = join(folder, 'run.json')
    await writeAtomic(target, 'one')
    await writeAtomic(target, 'two: ü', { verify: true })
    expect(await readFile(target, 'utf8')).toBe('two: ü')
    expect(await readdir(folder)).toEqual(['run.json'])
  })

  it('writes the same file from several sides at once', async () => {
    const target = join(folder, 'run.json')
    const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(1000))
    await Promise.all(texts.map((text) => writeAtomic(target, text, { verify: true })))
    expect(texts).toContain(await readFile(target, 'utf8'))
    expect(await readdir(folder)).toEqual(['run.json'])
  })

  it.runIf(existsSync('/dev/full'))('says disk/full on a full disk', async () => {
    const target = join(folder, 'run.json')
    await writeAtomic(target, 'kept')
    const full = await open('/dev/full', 'r+')
    const { create } = disk
    disk.create = async (path) => ({ ...(await create(path)), write: (data) => full.writeFile(data) })
    await expect(writeAtomic(target, 'lost')).rejects.toMatchObject({ code: 'disk/full' })
    expect(await readFile(target, 'utf8')).toBe('kept')
  })

  it('says disk/not-found where the folder is missing', async () => {
    const target = join(folder, 'missing', 'run.json')
    await expect(writeAtomic(target, 'x')).rejects.toMatchObject({ code: 'disk/not-found' })
  })

  it('removes what unfinished saves left, and only that', async () => {
    const layer = new FaultyLayer({ at: 3, code: 'CRASH' }).install()
    await writeAtomic(join(folder, 'model.safetensors'), fresh).catch(() => undefined)
    restoreDisk()
    const left = layer.paths().find((name) => name.endsWith('.tmp'))
    expect(left && dirname(left)).toBe(folder)
    await writeFile(left as string, 'half')
    await writeFile(join(folder, 'notes.tmp'), 'a person’s own')
    expect(await removeTemporaryFiles(folder)).toEqual([(left as string).slice(folder.length + 1)])
    expect(await readdir(folder)).toEqual(['notes.tmp'])
  })
})
