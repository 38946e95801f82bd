/** Taking weights along, on the app's own page in a real browser: what is saved are files that others open. */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { decodeCheckpoint } from '../../main/exchange/python-checkpoint'
import { decodeZip } from '../../main/files/zip'
import { importRun } from '../../main/runs/archive'
import { runSettings } from '../../preload/contract'
import { folderWith, smallSet } from '../mnist/small-set'
import { launchBrowser, skipped } from '../renderer/browser'
import { openDoors, patience, visit } from './door'

describe.skipIf(skipped)('taking along', () => {
  let data: string
  let doors: ReturnType<typeof openDoors>
  let browser: Browser
  let url: string

  beforeAll(async () => {
    data = await folderWith(await smallSet())
    doors = openDoors()
    browser = await launchBrowser()
    const door = await doors.open()
    url = door.url
    const app = await visit(door)
    await app.app.changeSettings({ dataFolder: data })
    const settings = runSettings.parse({ epochs: 1, batch: 8, lanes: 1, engine: 'onnx-cpu' })
    await app.app.start({ settings, name: 'taken' })
    await vi.waitUntil(() => app.training().phase === 'done', patience)
  }, 300_000)
  afterAll(async () => {
    await browser?.close()
    await doors?.remove()
    rmSync(data, { recursive: true })
  })

  it('a press saves the checkpoint’s weights, with Adam’s state, under the run’s name', async () => {
    const page = await browser.newPage({ viewport: { width: 900, height: 600 } })
    await page.goto(url)
    await page.getByRole('button', { name: 'Checkpoints', exact: true }).click()
    const saved = async (kind: string) => {
      await page.getByRole('button', { name: 'Take along' }).click()
      const download = page.waitForEvent('download')
      await page.getByRole('menuitem', { name: kind }).click()
      return await download
    }
    const download = await saved('Weights for PyTorch (.pt)')
    expect(download.suggestedFilename()).toMatch(/^\d{4}-\d\d-\d\d-\d{4}-taken vlae_condprior_epoch1\.pt$/)
    const { epoch, weights, optimizer } = decodeCheckpoint(readFileSync(await download.path()), 'it')
    expect([epoch, weights.size, optimizer?.step]).toEqual([1, 32, 4])
    const archive = await saved('Encoder, decoder and sampler (ONNX)')
    expect(archive.suggestedFilename()).toMatch(/-taken onnx_epoch1\.zip$/)
    const files = decodeZip(readFileSync(await archive.path()), 'it', { mostBytes: 2 ** 30, mostFiles: 9 })
    expect([...files.keys()]).toContain('onnx_epoch1/vae_sampler/model.onnx')
  })

  it('a run’s menu saves its numbers, its charts, a report, and all of it, to be taken in elsewhere', async () => {
    const page = await browser.newPage({ viewport: { width: 900, height: 600 } })
    await page.goto(url)
    await page.getByRole('button', { name: 'Runs', exact: true }).click()
    const saved = async (kind: string) => {
      await page.getByLabel('Actions for taken').click()
      await page.getByRole('menuitem', { name: 'Take along' }).press('ArrowRight')
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: kind }).press('Enter'),
      ])
      return { name: file.suggestedFilename().replace(/^\d{4}-\d\d-\d\d-\d{4}-taken /, ''), path: await file.path() }
    }
    const epochs = await saved('Numbers of its epochs (CSV)')
    expect(epochs.name).toBe('epochs.csv')
    expect(readFileSync(epochs.path, 'utf8').trimEnd().split('\r\n')).toHaveLength(1 + 2)
    const report = await saved('A report (HTML)')
    expect(report.name).toBe('report.html')
    expect(readFileSync(report.path, 'utf8')).toContain('<h1>taken</h1>')
    const whole = await saved('The whole run (ZIP)')
    expect(whole.name).toBe('run.zip')
    const { folder, left } = await importRun(whole.path, join(doors.folder, 'elsewhere'))
    expect(left).toEqual([])
    expect(readdirSync(folder)).toContain('vlae_condprior_epoch1.safetensors')
  })
})
