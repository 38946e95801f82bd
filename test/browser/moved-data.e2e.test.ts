/** A run whose data has moved, on the app's own page in a real browser: it asks once where the data is now. */
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { runSettings } from '../../preload/contract'
import { folderWith, realPart, smallSet } from '../mnist/small-set'
import { goTo, launchBrowser, skipped } from '../renderer/browser'
import { openDoors, patience, visit, type TestPage } from './door'

describe.skipIf(skipped)('a run whose data has moved', () => {
  const place = mkdtempSync(join(tmpdir(), 'vlae-moved-'))
  const before = join(place, 'before')
  const after = join(place, 'after')
  let doors: ReturnType<typeof openDoors>
  let browser: Browser
  let app: TestPage
  let page: Page
  let run: string

  beforeAll(async () => {
    renameSync(await folderWith(await smallSet()), before)
    doors = openDoors()
    browser = await launchBrowser()
    const door = await doors.open()
    app = await visit(door)
    await app.app.changeSettings({ dataFolder: before })
    const settings = runSettings.parse({ epochs: 10_000, batch: 8, lanes: 1, engine: 'onnx-cpu' })
    run = await app.app.start({ settings, name: 'moved' })
    await vi.waitUntil(() => app.training().epoch > 1, patience)
    await app.app.stop({})
    renameSync(before, after)
    const { images, labels } = await realPart('train', 40)
    renameSync(
      await folderWith({ ...(await smallSet()), 'train-images-idx3-ubyte': images, 'train-labels-idx1-ubyte': labels }),
      join(place, 'other'),
    )
    page = await browser.newPage()
    await goTo(page, door.url)
  })
  afterAll(async () => {
    await browser?.close()
    await doors?.remove()
    rmSync(place, { recursive: true })
  })

  const dialog = () => page.getByRole('dialog', { name: 'Where is the data of “moved” now?' })
  const resume = () => page.getByRole('banner').getByRole('button', { name: 'Resume' }).click()
  const step = () => app.training().step

  it('says what is wrong, and stays as it is where nobody knows', async () => {
    await resume()
    await expect.poll(() => dialog().textContent(), patience).toContain(`${before} could not be read: it is not there.`)
    await dialog().getByRole('button', { name: 'Cancel' }).click()
    await dialog().waitFor({ state: 'detached' })
    await expect.poll(() => app.training().phase, patience).toBe('idle')
    expect(await page.getByRole('alert').count()).toBe(0)

    // the same for what is asked of a checkpoint
    await page.getByRole('button', { name: 'Checkpoints', exact: true }).click()
    for (const [use, press] of [
      ['Reconstruct', 'Reconstruct with epoch'],
      ['Evaluate', 'Evaluate epoch'],
    ] as const) {
      await page.getByLabel('What to do with it').getByText(use).click()
      await page.getByRole('button', { name: press }).click()
      await dialog().getByRole('button', { name: 'Cancel' }).click()
      await expect.poll(() => page.getByRole('button', { name: press }).isEnabled(), patience).toBe(true)
    }
  })

  it('goes on once the folder is named, and not with another one', async () => {
    await resume()
    const field = dialog().getByRole('textbox', { name: 'Folder with the run’s data' })
    await field.fill(join(place, 'other'))
    await field.press('Enter')
    const alert = dialog().getByRole('alert')
    await expect.poll(() => alert.textContent(), patience).toContain('is not what this run was trained on')
    await field.fill(after)
    const saved = step()
    await dialog().getByRole('button', { name: 'Go on with this folder' }).click()
    await vi.waitUntil(() => step() > saved, patience)
    await expect.poll(() => dialog().count(), patience).toBe(0)
  })

  it('is not asked again', async () => {
    await app.app.stop({})
    const saved = step()
    await resume()
    await vi.waitUntil(() => step() > saved, patience)
    await app.app.stop({})
    const measured = app.app.ask({ run, epoch: 1, task: 'test', question: { type: 'evaluate' } })
    expect(await measured).toMatchObject({ images: 20 })
    expect(await dialog().count()).toBe(0)
  })
})
