/** What a person is told about a data folder. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DataInspector } from '../../main/app/data-inspector'
import { bundledFolder } from '../../main/mnist/bundled'
import { folderWith, idxLabels, smallSet } from '../mnist/small-set'

it('counts the bundled MNIST and shows its digits', async () => {
  const inspector = new DataInspector()
  const report = await inspector.report(null)
  expect(report).toMatchObject({ name: 'MNIST (bundled)', bundled: true, folder: bundledFolder(), notes: [] })
  expect(report.files).toHaveLength(4)
  // the counts that LeCun's page and every paper on MNIST give
  expect(report.train).toEqual({
    count: 60_000,
    histogram: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
  })
  expect(report.test).toEqual({ count: 10_000, histogram: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009] })
  const digits = await inspector.digits({ split: 'test', from: 0, count: 4 })
  expect(digits).toMatchObject({ rows: 1, columns: 4 })
  expect([...digits.labels!]).toEqual([7, 2, 1, 0])
  expect(digits.pixels).toHaveLength(4 * 784)
  expect(Math.max(...digits.pixels)).toBe(255)
  expect(digits.pixels.buffer).toBeInstanceOf(ArrayBuffer)
  expect((await inspector.digits({ split: 'test', from: 9_998, count: 10 })).columns).toBe(2)
  expect((await inspector.digits({ split: 'train', from: 10 ** 8, count: 10 })).columns).toBe(0)
})

it('says what is wrong with a folder, and keeps showing the one before', async () => {
  const inspector = new DataInspector()
  await expect(inspector.digits({ split: 'test', from: 0, count: 1 })).rejects.toMatchObject({
    code: 'data/not-looked-at',
  })
  await inspector.report(null)
  const empty = mkdtempSync(join(tmpdir(), 'vlae-data-'))
  await expect(inspector.report(empty)).rejects.toMatchObject({ code: 'data/not-found' })
  await expect(inspector.report(join(empty, 'nowhere'))).rejects.toMatchObject({ code: 'disk/not-found' })
  rmSync(empty, { recursive: true })
  expect((await inspector.digits({ split: 'test', from: 0, count: 1 })).columns).toBe(1)
})

it('shows the digits that a folder holds now, also where it was out of reach meanwhile', async () => {
  const folder = await folderWith(await smallSet())
  const away = `${folder}-away`
  const inspector = new DataInspector()
  await inspector.report(folder)
  renameSync(folder, away)
  await expect(inspector.digits({ split: 'train', from: 0, count: 1 })).rejects.toMatchObject({
    code: 'disk/not-found',
  })
  renameSync(away, folder)
  const look = async () => [...(await inspector.digits({ split: 'test', from: 0, count: 30 })).labels!]
  const before = await look()
  expect(before).toHaveLength(20)
  const others = Uint8Array.from(before, (label) => 9 - label)
  writeFileSync(join(folder, 't10k-labels-idx1-ubyte'), idxLabels(others))
  await inspector.report(folder)
  expect(await look()).toEqual([...others])
  rmSync(folder, { recursive: true })
})
