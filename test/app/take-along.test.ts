/** What the page is handed of a run: each format is a file that is what it says, and what is too large names the terminal's way. */
import { cp, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { mostBytes, takeAlong } from '../../main/app/take-along'
import { decodeZip } from '../../main/files/zip-reader'
import { limits } from '../../main/tab/limits'
import type { RunFormat } from '../../preload/contract'

const id = '2026-11-27-0312-mine'
let place: string
let run: string
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'vlae-along-'))
  run = join(place, id)
  await cp(resolve(import.meta.dirname, '../fixtures/runs-0.2/label'), run, { recursive: true })
})
afterEach(() => rm(place, { recursive: true, force: true }))

const take = (format: RunFormat, piece = 0) => takeAlong(run, { format, piece }, '1.2.3')
const text = ({ bytes }: { bytes: Uint8Array }) => new TextDecoder().decode(bytes)

it('gives numbers, charts and a report as one piece each', async () => {
  const [epochs, steps, charts, report] = await Promise.all([
    take('epochs'),
    take('steps'),
    take('charts'),
    take('report'),
  ])
  expect([epochs, steps, charts, report].map(({ name, pieces }) => [name, pieces])).toEqual([
    ['epochs.csv', 1],
    ['steps.csv', 1],
    ['charts.zip', 1],
    ['report.html', 1],
  ])
  expect(text(epochs)).toMatch(/^epoch,.*test_loss/)
  expect(text(steps)).toMatch(/^step,epoch,/)
  const files = decodeZip(charts.bytes, 'it', { mostBytes: 2 ** 20, mostFiles: 2 })
  expect([...files.keys()]).toEqual(['loss.svg', 'parts.svg'])
  expect(text(report)).toContain('VLAE Studio 1.2.3')
})

it('says what to type where a file is too large to be handed over', async () => {
  await writeFile(join(run, 'vlae_condprior_epoch1.safetensors'), '')
  await truncate(join(run, 'vlae_condprior_epoch1.safetensors'), mostBytes)
  const { pieces } = await take('zip')
  const thrown = await Promise.allSettled(Array.from({ length: pieces }, (_, i) => take('zip', i)))
  const reasons = thrown.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  expect(reasons).toMatchObject([
    { code: 'run/too-large', remedy: expect.stringContaining(`export ${id} --format zip`) as string },
  ])
})

it('hands a page less than a tab is cut off for', () => {
  expect(mostBytes).toBeLessThan(limits.mostWaiting)
})
