/** ZIP archives: what is written is read, also by the system's own tools; what is damaged or made up is refused. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeZip, type ZipFile } from '../../main/files/zip'
import { decodeZip, openZip } from '../../main/files/zip-reader'
import { checkRefusal, errorOf, refusalOf } from './expect-refusal'
import { damaged, damages } from './mutate'

const most = { mostBytes: 1_000_000, mostFiles: 50 }
const python = process.env['PYTHON'] ?? 'python3'
const hasPython = (() => {
  try {
    execFileSync(python, ['-c', 'import zipfile'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

const files: ZipFile[] = [
  { name: 'archive/data.pkl', data: Uint8Array.of(1, 2, 3) },
  { name: 'archive/ü/long', data: new Uint8Array(5000).fill(7) },
  { name: 'empty', data: new Uint8Array(0) },
]
/** What an archive of these bytes holds when it lies in a file; of one that begins as none, what memory says. */
async function fromFile(bytes: Uint8Array): Promise<Map<string, Uint8Array>> {
  const path = join(folder, 'it.zip')
  writeFileSync(path, bytes)
  const zip = await openZip(path, most)
  if (zip === null) return decodeZip(bytes, path, most)
  try {
    const found = new Map<string, Uint8Array>()
    for (const entry of zip.entries) found.set(entry.path, new Uint8Array(await zip.data(entry)))
    return found
  } finally {
    await zip.close()
  }
}
const asMap = (list: readonly ZipFile[]) => new Map(list.map(({ name, data }) => [name, data]))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-zip-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a ZIP archive', () => {
  it.each([{}, { align: 64 }, { compress: true }])('comes back as it was written, %o', async (options) => {
    const bytes = encodeZip(files, options)
    expect(decodeZip(bytes, 'it', most)).toEqual(asMap(files))
    expect(await fromFile(bytes)).toEqual(asMap(files))
    expect(bytes.length > 5000).toBe(!('compress' in options))
  })

  it('has each file at a multiple of what was asked for', () => {
    const bytes = encodeZip(files, { align: 64 })
    const places = [...decodeZip(bytes, 'it', most).values()].map(({ byteOffset }) => byteOffset - bytes.byteOffset)
    expect(places.map((place) => place % 64)).toEqual([0, 0, 0])
  })

  it('is one for Python, and so are Python’s here', async (context) => {
    if (!hasPython) return context.skip(`${python} is not installed`)
    const [ours, theirs] = [join(folder, 'ours.zip'), join(folder, 'theirs.zip')]
    writeFileSync(ours, encodeZip(files, { align: 64, compress: true }))
    const script = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as ours, zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED) as theirs:
    assert ours.testzip() is None
    theirs.mkdir("a folder") if hasattr(theirs, "mkdir") else None
    for name in ours.namelist():
        with theirs.open(name, "w", force_zip64=True) as file:
            file.write(ours.read(name))
`
    execFileSync(python, ['-c', script, ours, theirs])
    const bytes = new Uint8Array(readFileSync(theirs))
    expect(decodeZip(bytes, 'it', most)).toEqual(asMap(files))
    expect(await fromFile(bytes)).toEqual(asMap(files))
  })

  it('is refused where it is cut off, at any place', () => {
    const bytes = encodeZip(files)
    for (let length = 0; length < bytes.length; length += 13)
      expect(errorOf(() => decodeZip(bytes.subarray(0, length), 'it', most))?.code).toBe('zip/damaged')
  })

  it('is refused where a bit of a file is another one', () => {
    const bytes = encodeZip(files)
    bytes[bytes.indexOf(7) + 100]! ^= 1
    expect(errorOf(() => decodeZip(bytes, 'it', most))?.message).toMatch('its checksum is another')
  })

  it('is refused before anything is unpacked where that would be too much', () => {
    const bomb = encodeZip([{ name: 'bomb', data: new Uint8Array(2_000_000) }], { compress: true })
    expect(bomb.length).toBeLessThan(5000)
    expect(errorOf(() => decodeZip(bomb, 'it', most))?.code).toBe('zip/too-large')
    // one that says that it is small
    const directory = bomb.lastIndexOf(0x50, bomb.length - 23)
    new DataView(bomb.buffer).setUint32(directory + 24, 1000, true)
    expect(errorOf(() => decodeZip(bomb, 'it', most))?.code).toBe('zip/damaged')
    // one that says that it is large
    new DataView(bomb.buffer).setUint32(directory + 24, 0xfffffff0, true)
    expect(errorOf(() => decodeZip(bomb, 'it', { ...most, mostBytes: 2 ** 40 }))?.message).toMatch('a size that it')
    const many = encodeZip(Array.from({ length: 51 }, (_, i) => ({ name: String(i), data: new Uint8Array(0) })))
    expect(errorOf(() => decodeZip(many, 'it', most))?.code).toBe('zip/too-large')
  })

  it('is refused where one of its files would be too much', () => {
    const bytes = encodeZip(files)
    expect(errorOf(() => decodeZip(bytes, 'it', { ...most, mostOfOne: 4999 }))?.code).toBe('zip/too-large')
  })

  it('says the same of itself in a file as in memory, however it is damaged', async () => {
    const good = [encodeZip(files, { align: 64 }), encodeZip(files, { compress: true })]
    const said = (work: () => Map<string, Uint8Array> | Promise<Map<string, Uint8Array>>) =>
      Promise.resolve()
        .then(work)
        .catch((error: unknown) => checkRefusal(error).message.replace(/^.*it(\.zip)? /, ''))
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...good), damages, async (bytes, list) => {
        const tried = damaged(bytes, list)
        expect(await said(() => fromFile(tried))).toEqual(await said(() => decodeZip(tried, 'it', most)))
      }),
      { numRuns: 300 },
    )
  })

  it('is refused where it names a file twice', () => {
    const twice = encodeZip([files[0]!, files[0]!])
    expect(errorOf(() => decodeZip(twice, 'it', most))?.message).toMatch('twice')
  })

  it('is read or refused, and never anything else, however it is damaged', () => {
    const good = [encodeZip(files, { align: 64 }), encodeZip(files, { compress: true })]
    fc.assert(
      fc.property(fc.constantFrom(...good), damages, (bytes, list) => {
        expect(refusalOf(() => decodeZip(damaged(bytes, list), 'it', most)) ?? 'zip/').toMatch(/^zip\//)
      }),
      { numRuns: 2000 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(refusalOf(() => decodeZip(bytes, 'it', most))).toBe('zip/damaged')
      }),
    )
  })
})
