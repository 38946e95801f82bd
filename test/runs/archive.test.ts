/** A run as one file: what comes back is what went in, and of hostile archives nothing is written. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeZip, type ZipFile } from '../../main/files/zip'
import { importRun, packRun } from '../../main/runs/archive'
import { packedPiece } from '../../main/runs/archive-pieces'
import { AppError } from '../../preload/errors'
import { damaged, damages } from '../files/mutate'

const fixture = resolve(import.meta.dirname, '../fixtures/runs-0.2/label')
const id = '2026-11-27-0312-mine'
let place: string
let run: string
let results: string
let archive: string

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'vlae-archive-'))
  results = join(place, 'elsewhere', 'result')
  run = join(place, id)
  archive = join(place, 'run.zip')
  await cp(fixture, run, { recursive: true })
  await writeFile(join(run, 'vlae_condprior_epoch1.safetensors'), 'weights 1')
  await writeFile(join(run, 'vlae_condprior_epoch2.safetensors'), 'weights 2')
  await writeFile(join(run, 'resume.safetensors'), 'state')
  await writeFile(join(run, 'name.txt'), 'mine\n')
  await writeFile(join(run, 'data.txt'), '/home/of/mine\n')
  await writeFile(join(run, 'thoughts.txt'), 'my own')
})

afterEach(() => rm(place, { recursive: true, force: true }))

const contents = async (folder: string) =>
  Object.fromEntries(
    await Promise.all(
      (await readdir(folder))
        .toSorted()
        .map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const),
    ),
  )
const file = (name: string, data = 'x'): ZipFile => ({ name, data: Buffer.from(data) })
const good = async () => [file(`${id}/run.json`, await readFile(join(run, 'run.json'), 'utf8'))]

describe('a run that is packed', () => {
  it('comes back as it was, without what is of this machine or not of the run', async () => {
    await packRun(run, archive)
    const { folder, left } = await importRun(archive, results)
    expect([folder, left]).toEqual([join(results, id), []])
    const { 'data.txt': _, 'thoughts.txt': __, ...own } = await contents(run)
    expect(await contents(folder)).toEqual(own)
  })

  it('overwrites nothing: a second one has a number behind its name', async () => {
    await packRun(run, archive)
    const first = await importRun(archive, results)
    await writeFile(join(first.folder, 'name.txt'), 'another\n')
    const second = await importRun(archive, results)
    expect(second.folder).toBe(join(results, `${id}-2`))
    expect(await readFile(join(first.folder, 'name.txt'), 'utf8')).toBe('another\n')
    expect(await readdir(results)).toEqual([id, `${id}-2`])
  })

  it('can be one checkpoint alone', async () => {
    const names = await packRun(run, archive, 1)
    expect(names).toContain('vlae_condprior_epoch1.safetensors')
    expect(names).not.toContain('vlae_condprior_epoch2.safetensors')
    expect(names).not.toContain('resume.safetensors')
    // the same as one piece and its list, for the page
    const pieces = await Promise.all([0, 1].map((piece) => packedPiece(run, piece, { epoch: 1 })))
    expect(Buffer.concat(pieces.map(({ bytes }) => bytes)).equals(await readFile(archive))).toBe(true)
    await expect(packRun(run, archive, 7)).rejects.toMatchObject({ code: 'run/no-checkpoint' })
  })

  it('comes in pieces that are the same archive, and a run that changes meanwhile is known by them', async () => {
    await packRun(run, archive)
    const first = await packedPiece(run, 0, { most: 100 })
    const pieces = [first]
    for (let i = 1; i < first.pieces; i++) pieces.push(await packedPiece(run, i, { most: 100 }))
    // some small files together, a large one alone, and the list
    expect(first.pieces).toBeGreaterThan(3)
    expect(first.pieces).toBeLessThan((await readdir(run)).length)
    expect(new Set(pieces.map(({ state }) => state)).size).toBe(1)
    expect(Buffer.concat(pieces.map(({ bytes }) => bytes)).equals(await readFile(archive))).toBe(true)
    await expect(packedPiece(run, first.pieces, { most: 100 })).rejects.toMatchObject({ code: 'run/changed' })
    await writeFile(join(run, 'name.txt'), 'mine?\n')
    expect((await packedPiece(run, 1, { most: 100 })).state).not.toBe(first.state)
  })

  it('is taken in from what a system has packed, which adds files of its own, and says what it leaves out', async () => {
    const added = ['__MACOSX/._run.json', `${id}/.DS_Store`, `${id}/thoughts.txt`, `${id}/more/run.png`].map((name) => file(name)) // prettier-ignore
    await writeFile(archive, encodeZip([...(await good()), ...added], { compress: true }))
    const { folder, left } = await importRun(archive, results)
    expect(await readdir(folder)).toEqual(['run.json'])
    expect(left).toEqual([`${id}/thoughts.txt`, `${id}/more/run.png`])
  })

  it('gets a name of the app’s own where its folder has none', async () => {
    const [{ data }] = (await good()) as [ZipFile]
    await writeFile(archive, encodeZip([{ name: 'run.json', data }]))
    expect((await importRun(archive, results)).folder).toMatch(/\d{4}-\d\d-\d\d-\d{4}-\S+$/)
  })
})

/** An archive whose bytes are changed where they are. */
const patched = (bytes: Uint8Array, change: (view: DataView, directory: number) => void) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  change(view, view.getUint32(bytes.length - 6, true))
  return bytes
}

const hostile: [string, string, (good: ZipFile[]) => Uint8Array][] = [
  ['leads upwards', 'import/unsafe', (run) => encodeZip([...run, file(`${id}/../../evil`)])],
  ['leads upwards before its folder', 'import/unsafe', (run) => encodeZip([...run, file('../name.txt')])],
  ['is absolute', 'import/unsafe', (run) => encodeZip([...run, file('/tmp/evil')])],
  ['is of Windows’ kind', 'import/unsafe', (run) => encodeZip([...run, file(`${id}\\..\\evil`)])],
  ['names a drive', 'import/unsafe', (run) => encodeZip([...run, file('C:evil')])],
  ['has a sign that a terminal obeys', 'import/unsafe', (run) => encodeZip([...run, file(`${id}/\u001b[2Jname.txt`)])],
  ['names a file twice', 'zip/damaged', (run) => encodeZip([...run, ...run])],
  ['says that it unpacks to more than it can', 'zip/damaged', (run) =>
    patched(encodeZip(run), (view, at) => view.setUint32(at + 24, 0xfffffff0, true))],
  ['unpacks to more than it says', 'zip/damaged', (run) => {
    const data = Buffer.alloc(2 ** 20)
    const bytes = encodeZip([...run, { name: `${id}/name.txt`, data }], { compress: true })
    expect(deflateRawSync(data).length).toBeLessThan(2000)
    return patched(bytes, (view, at) => {
      // of the second entry, behind the first
      const next = at + 46 + view.getUint16(at + 28, true)
      view.setUint32(next + 24, 10, true)
    })
  }],
  ['holds more files than any run', 'zip/too-large', (run) =>
    encodeZip([...run, ...Array.from({ length: 20_001 }, (_, i) => file(`${id}/f${i}`, ''))])],
  ['is cut off', 'zip/damaged', (run) => encodeZip(run).subarray(0, -30)],
  ['holds another content than it was written with', 'zip/damaged', (run) => {
    const bytes = encodeZip(run)
    bytes[200]! ^= 1
    return bytes
  }],
  ['holds two runs', 'import/no-run', (run) => encodeZip([...run, { ...run[0]!, name: 'other/run.json' }])],
  ['holds no run', 'import/no-run', () => encodeZip([file('letter.txt')])],
  ['is no archive', 'import/no-run', () => Buffer.from('<html>')],
  ['holds a run.json that is none', 'run/damaged', () => encodeZip([file(`${id}/run.json`, '{"format":1}')])],
] // prettier-ignore

describe('an archive is refused, and nothing is written, that', () => {
  it.each(hostile)('%s', async (_, code, make) => {
    await writeFile(archive, make(await good()))
    await mkdir(results, { recursive: true })
    const error: unknown = await importRun(archive, results).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, message: expect.stringContaining('run.zip') as string })
    expect(await readdir(results)).toEqual([])
    expect((await readdir(place)).toSorted()).toEqual([id, 'elsewhere', 'run.zip'])
  })

  it('is larger than any', async () => {
    await writeFile(archive, '')
    await truncate(archive, 2 ** 32)
    await expect(importRun(archive, results)).rejects.toMatchObject({ code: 'import/too-large' })
  })

  it('is anything at all: it is taken in or refused, and nothing lies anywhere else', async () => {
    await packRun(run, archive)
    const whole = new Uint8Array(await readFile(archive))
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      damages.map((list) => damaged(whole, list)),
    )
    const around = (await readdir(place)).toSorted()
    await fc.assert(
      fc.asyncProperty(bytes, async (tried) => {
        await writeFile(archive, tried)
        await importRun(archive, results).catch((thrown: unknown) => {
          if (!(thrown instanceof AppError)) throw thrown
        })
        expect((await readdir(results).catch(() => [])).filter((name) => name.startsWith('.'))).toEqual([])
      }),
      { numRuns: 150 },
    )
    expect((await readdir(place)).filter((name) => name !== 'elsewhere').toSorted()).toEqual(around)
    expect(await readdir(join(place, 'elsewhere')).catch(() => ['result'])).toEqual(['result'])
  })

  it('is given up: nothing of it stays', async () => {
    await packRun(run, archive)
    const stop = new AbortController()
    const onProgress = (done: number) => done === 2 && stop.abort(new AppError('cancelled', 'Stopped.', ''))
    await expect(importRun(archive, results, { signal: stop.signal, onProgress })).rejects.toMatchObject({
      code: 'cancelled',
    })
    expect(await readdir(results)).toEqual([])
  })
})
