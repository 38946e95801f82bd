/** Every operation of a save fails in turn; the last finished state must be there each time. */
import { existsSync } from 'node:fs'
import { mkdtemp, open, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { removeTemporaryFiles, writeAtomic } from '../../main/files/atomic'
import { disk, type FileLayer } from '../../main/files/layer'
import { checkRefusal } from './expect-refusal'
import { FaultyLayer } from './faulty-layer'

const path = '/run/file'
const old = new TextEncoder().encode('the old content')
const fresh = new TextEncoder().encode('the new content, longer')

async function operationsOf(save: Save): Promise<string[]> {
  const layer = new FaultyLayer()
  layer.seed(path, old)
  await save(layer)
  return layer.operations
}

type Save = (layer: FileLayer) => Promise<void>
const save: Save = (layer) => writeAtomic(path, fresh, { verify: true, layer })

describe('writeAtomic, failing at every operation in turn', () => {
  it('does what it says, in order', async () => {
    expect(await operationsOf(save)).toEqual(['create', 'write', 'sync', 'close', 'read', 'rename', 'syncFolder'])
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
      for (const [failAt, operation] of operations.entries()) {
        const layer = new FaultyLayer(failAt, code)
        layer.seed(path, old)
        const error: unknown = await save(layer).catch((thrown: unknown) => thrown)
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
    const layer = new FaultyLayer()
    layer.seed(path, old)
    await save(layer)
    expect(layer.afterPowerCut(path)).toEqual([fresh, fresh])
  })

  it('is tested by a model that convicts a save without fsync', async () => {
    const careless: Save = async (layer) => {
      const file = await layer.create('/run/careless')
      await file.write(fresh)
      await file.close()
      await layer.rename('/run/careless', path)
    }
    expect(await worstAfterPowerCut(careless)).not.toEqual([])
  })

  it('refuses what does not read back as written', async () => {
    const layer = new FaultyLayer()
    layer.seed(path, old)
    const lying: FileLayer = {
      create: (name) => layer.create(name),
      rename: (from, to) => layer.rename(from, to),
      syncFolder: (folder) => layer.syncFolder(folder),
      remove: (name) => layer.remove(name),
      list: (folder) => layer.list(folder),
      read: async (name) => (await layer.read(name)).map((byte, index) => (index === 3 ? byte ^ 1 : byte)),
    }
    await expect(save(lying)).rejects.toMatchObject({ code: 'disk/not-as-written' })
    expect(layer.content(path)).toEqual(old)
    expect(layer.paths()).toEqual([path])
  })
})

/** Crashes at every operation and lists where neither the old nor the new content is left. */
async function worstAfterPowerCut(of: Save): Promise<string[]> {
  const lost: string[] = []
  const operations = await operationsOf(of)
  for (let failAt = 0; failAt <= operations.length; failAt++) {
    const layer = new FaultyLayer(failAt, 'CRASH')
    layer.seed(path, old)
    await of(layer).catch(() => undefined)
    for (const content of layer.afterPowerCut(path)) {
      const text = content && new TextDecoder().decode(content)
      if (text !== 'the old content' && text !== 'the new content, longer') lost.push(`${operations[failAt]}: ${text}`)
    }
  }
  return lost
}

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
    const full: FileLayer = {
      ...disk,
      async create() {
        const handle = await open('/dev/full', 'w')
        return { write: (data) => handle.writeFile(data), sync: () => handle.sync(), close: () => handle.close() }
      },
    }
    await expect(writeAtomic(target, 'lost', { layer: full })).rejects.toMatchObject({ code: 'disk/full' })
    expect(await readFile(target, 'utf8')).toBe('kept')
  })

  it('says disk/not-found where the folder is missing', async () => {
    const target = join(folder, 'missing', 'run.json')
    await expect(writeAtomic(target, 'x')).rejects.toMatchObject({ code: 'disk/not-found' })
  })

  it('removes what unfinished saves left, and only that', async () => {
    const layer = new FaultyLayer(3, 'CRASH')
    layer.seed(join(folder, 'model.safetensors'), old)
    await writeAtomic(join(folder, 'model.safetensors'), fresh, { layer }).catch(() => undefined)
    const left = layer.paths().find((name) => name.endsWith('.tmp'))
    expect(left && dirname(left)).toBe(folder)
    await writeFile(left as string, 'half')
    await writeFile(join(folder, 'notes.tmp'), 'a person’s own')
    expect(await removeTemporaryFiles(folder)).toEqual([(left as string).slice(folder.length + 1)])
    expect(await readdir(folder)).toEqual(['notes.tmp'])
  })
})
