/** Where a run's data lies: said once, when it has moved, and only if it is the same data. */
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadDataset } from '../../main/mnist/dataset'
import { locateData } from '../../main/runs/data'
import { readRunFile, writeRunFile } from '../../main/runs/folder'
import { Datasets } from '../../main/training/datasets'
import { writeRun } from '../app/fake-trainer'
import { checkRefusal } from '../files/expect-refusal'
import { folderWith, smallSet } from '../mnist/small-set'

let folder: string
let run: string
let data: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vlae-moved-'))
  data = await folderWith(await smallSet())
  const { name, fingerprint } = await loadDataset(data)
  const about = { name, folder: data, bundled: false, fingerprint, trainImages: 30, testImages: 20, classes: null }
  run = writeRun(folder, 'run', 1, { data: about })
})
afterEach(async () => {
  for (const place of [folder, data]) await rm(place, { recursive: true, force: true })
})

/** The run's data, as a resumed run asks for it. */
async function ask(bundledFolder: string | null = null): Promise<string> {
  const { data } = await readRunFile(run)
  return (await new Datasets().of(data, bundledFolder, { fresh: true })).folder
}
const refused = async (asked: Promise<unknown>) => checkRefusal(await asked.catch((error: unknown) => error))

it('is asked for when it is gone, whatever is wrong with where it was, and found again for good', async () => {
  const now = join(folder, 'now')
  await cp(data, now, { recursive: true })
  await writeFile(join(data, 'train-images-idx3-ubyte'), '<html>')
  expect(await refused(ask())).toMatchObject({
    code: 'run/data-gone',
    message: expect.stringContaining('is a web page'),
  })
  await rm(data, { recursive: true })
  const gone = await refused(ask())
  expect(gone).toMatchObject({ code: 'run/data-gone', message: expect.stringContaining(`${data} could not be read`) })
  expect(gone.remedy).toContain('--data DIR')

  const before = await readFile(join(run, 'run.json'), 'utf8')
  await locateData(run, now)
  expect(await ask()).toBe(now)
  // run.json belongs to whoever trains; what is written there next has the new place
  expect(await readFile(join(run, 'run.json'), 'utf8')).toBe(before)
  await writeRunFile(run, await readRunFile(run))
  expect(JSON.parse(await readFile(join(run, 'run.json'), 'utf8'))).toMatchObject({ data: { folder: now } })

  const later = join(folder, 'later')
  await rename(now, later)
  // given up meanwhile
  await expect(locateData(run, later, AbortSignal.abort())).rejects.toThrow('aborted')
  expect(await refused(ask())).toMatchObject({ code: 'run/data-gone' })
  await locateData(run, later)
  expect(await ask()).toBe(later)
})

it('is not other data, nor none', async () => {
  const labels = join(data, 't10k-labels-idx1-ubyte')
  const bytes = await readFile(labels)
  bytes[8] = (bytes[8]! + 1) % 10
  await writeFile(labels, bytes)
  expect(await refused(ask())).toMatchObject({ code: 'run/data-changed', details: expect.stringContaining('SHA-256') })
  expect(await refused(locateData(run, data))).toMatchObject({ code: 'run/other-data' })
  expect(await refused(locateData(run, folder))).toMatchObject({ code: 'data/not-found' })
  expect((await readRunFile(run)).data.folder).toBe(data)
})

it('that came with the app is where the app is now, unless it was found elsewhere', async () => {
  const file = await readRunFile(run)
  await writeRunFile(run, { ...file, data: { ...file.data, folder: '/gone', bundled: true } })
  expect(await ask(data)).toBe(data)
  await locateData(run, data)
  expect(await readRunFile(run)).toMatchObject({ data: { folder: data, bundled: false, name: file.data.name } })
  expect(await ask('/gone')).toBe(data)
})
