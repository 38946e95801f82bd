/** Taking weights along, on the app's own page in a real browser: what is saved is a file of PyTorch's. */
import { readFileSync, rmSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { decodeCheckpoint } from '../../main/exchange/python-checkpoint'
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
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Weights for PyTorch (.pt)' }).click(),
    ])
    expect(download.suggestedFilename()).toBe('taken vlae_condprior_epoch1.pt')
    const { epoch, weights, optimizer } = decodeCheckpoint(readFileSync(await download.path()), 'it')
    await page.screenshot({ path: '/tmp/wt/along-try/page.png' })
    expect([epoch, weights.size, optimizer?.step]).toEqual([1, 32, 4])
  })
})
