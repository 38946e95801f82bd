/** What a page hands over in pieces: whole or refused, and gone when it is not needed any more. */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Uploads } from '../../main/app/uploads'
import { AppError } from '../../preload/errors'

let folder: string
let uploads: Uploads
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vlae-uploads-'))
  uploads = new Uploads(() => folder)
})
afterEach(() => rm(folder, { recursive: true }))

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'no error',
    (error: AppError) => error.code,
  )
const bytes = (...values: number[]) => Uint8Array.from(values)

describe('a file that is handed over', () => {
  it('is there as it was, under its own name, until it is dropped', async () => {
    const upload = await uploads.begin({ name: 'C:\\mine\\weights of mine.pt', size: 5 })
    await Promise.all([
      uploads.add({ upload, at: 0, bytes: bytes(1, 2, 3) }),
      uploads.add({ upload, at: 3, bytes: bytes(4, 5) }),
    ])
    const seen = await uploads.use({ upload }, async (path, name) => [
      basename(path),
      name,
      [...(await readFile(path))],
    ])
    expect(seen).toEqual(['weights of mine.pt', 'weights of mine.pt', [1, 2, 3, 4, 5]])
    await uploads.drop(upload)
    expect(await readdir(folder)).toEqual([])
    expect(await codeOf(uploads.use({ upload }, async () => null))).toBe('upload/none')
    await uploads.drop(upload)
  })

  it.each([
    ['../../etc/a.pt', 'a.pt'],
    ['..pt', 'file.pt'],
    ['a:b|c\u0000\u001b[2J.zip', 'a_b_c__'],
    [`${'漢字'.repeat(300)}.zip`, '漢字漢'],
  ])('lies nowhere but in its own folder: %s', async (name, begin) => {
    const upload = await uploads.begin({ name, size: 0 })
    await uploads.use({ upload }, async (path) => {
      expect(basename(path).startsWith(begin)).toBe(true)
      expect(path.startsWith(join(folder, '.vlae-import-'))).toBe(true)
      expect((await stat(path)).size).toBe(0)
    })
    await uploads.close()
    expect(await readdir(folder)).toEqual([])
  })

  it('is refused where it is none of those, too large, one too many, or out of order', async () => {
    expect(await codeOf(uploads.begin({ name: 'letter.txt', size: 1 }))).toBe('upload/unknown-kind')
    expect(await codeOf(uploads.begin({ name: 'run.zip', size: 2 ** 32 }))).toBe('upload/too-large')
    expect(await codeOf(uploads.begin({ name: 'weights.pt', size: 2 ** 30 + 1 }))).toBe('upload/too-large')
    expect(await readdir(folder)).toEqual([])
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => uploads.begin({ name: 'run.zip', size: 4 })))
    expect(all.filter(({ status }) => status === 'rejected')).toHaveLength(2)
    const upload = 'upload-1'
    await uploads.add({ upload, at: 0, bytes: bytes(1) })
    for (const [at, count] of [
      [0, 1],
      [2, 1],
      [1, 4],
    ] as const)
      expect(await codeOf(uploads.add({ upload, at, bytes: new Uint8Array(count) }))).toBe('upload/broken')
    expect(await codeOf(uploads.use({ upload }, async () => null))).toBe('upload/broken')
    await uploads.close()
    expect(await readdir(folder)).toEqual([])
  })

  it('is called by its name where something is said of it', async () => {
    const upload = await uploads.begin({ name: 'mine.pt', size: 0 })
    const refused = uploads.use({ upload }, async (path) => {
      throw new AppError('weights/x', `${path} is none.`, `Look at ${path}.`)
    })
    await expect(refused).rejects.toMatchObject({ message: 'mine.pt is none.', remedy: 'Look at mine.pt.' })
    await uploads.close()
  })

  it('goes with its page, once what reads it has ended', async () => {
    const upload = await uploads.begin({ name: 'mine.pt', size: 0 })
    let end = (): void => undefined
    const using = uploads.use({ upload }, () => new Promise<void>((resolve) => (end = resolve)))
    const closing = uploads.close()
    await vi.waitFor(() => expect(end).not.toBe(undefined))
    expect(await readdir(folder)).toHaveLength(1)
    await new Promise((resolve) => setTimeout(resolve))
    end()
    await Promise.all([using, closing])
    expect(await readdir(folder)).toEqual([])
    // one that was still beginning
    const late = new Uploads(() => folder)
    const begun = late.begin({ name: 'mine.pt', size: 0 })
    await late.close()
    await begun
    expect(await readdir(folder)).toEqual([])
  })
})
