/** Two apps on one result folder, each in a page of its own, as two people (or one with two tabs) see them. */
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it, describe } from 'vitest'
import { weightsName } from '../../main/runs/names'
import { writeRun } from '../app/fake-trainer'
import { goTo, launchBrowser, skipped } from '../renderer/browser'
import { openDoors, type Door } from './door'

describe.skipIf(skipped)('two apps on one result folder', () => {
  let doors: ReturnType<typeof openDoors>
  let browser: Browser
  let result: string
  let apps: [Door, Door]
  let pages: [Page, Page]
  beforeAll(async () => {
    doors = openDoors()
    const cwd = join(doors.folder, 'place')
    result = join(cwd, 'result')
    mkdirSync(result, { recursive: true })
    for (const [i, id] of ['one', 'two'].entries())
      writeRun(result, id, 3, { name: id, startedAt: `2026-11-2${i}T08:12:00.000Z` })
    apps = [await doors.open(cwd), await doors.open(cwd)]
    browser = await launchBrowser()
    const open = async ({ url }: Door) => {
      const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage()
      await goTo(page, url)
      await see(page, 'Runs')
      return page
    }
    pages = [await open(apps[0]), await open(apps[1])]
  })
  afterAll(async () => {
    await browser?.close()
    await doors.remove()
  })

  const views = { Checkpoints: '3', Runs: '4' } as const
  const see = (page: Page, view: keyof typeof views) => page.keyboard.press(views[view])
  const row = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
  async function remove(page: Page, name: string): Promise<void> {
    await page.getByRole('button', { name: `Actions for ${name}` }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
  }

  it('both see that a run is deleted, and one of them can take it back', async () => {
    const [first, second] = pages
    await remove(first, 'one')
    await row(second, 'one').waitFor({ state: 'detached' })
    expect(await second.getByText('gone for good once the app is closed').count()).toBe(0)
    await first.getByRole('button', { name: 'Undo' }).click()
    await row(second, 'one').waitFor()
    await row(first, 'one').waitFor()
    expect(readdirSync(result).toSorted()).toEqual(['one', 'two'])
  })

  it('both delete at once, and nothing is deleted twice', async () => {
    for (const page of pages) {
      await page.getByRole('button', { name: 'Actions for one' }).click()
      await page.getByRole('menuitem', { name: 'Delete' }).focus()
    }
    // the menu of who comes second may have gone with the run
    await Promise.all(pages.map((page) => page.keyboard.press('Enter')))
    for (const page of pages) await row(page, 'one').waitFor({ state: 'detached' })
    const back = pages.map((page) => page.getByRole('button', { name: 'Bring one back' }))
    const counts = await Promise.all(back.map((button) => button.count()))
    expect(counts.toSorted()).toEqual([0, 1])
    await back[counts.indexOf(1)]!.click()
    for (const page of pages) await row(page, 'one').waitFor()
    expect(readdirSync(result).toSorted()).toEqual(['one', 'two'])
  })

  it('a checkpoint that the one deletes is gone for the other, until it is taken back', async () => {
    for (const page of pages) {
      await row(page, 'two').click()
      await see(page, 'Checkpoints')
      await page.getByRole('button', { name: 'Epoch 3' }).first().click()
    }
    const [first, second] = pages
    await first.getByRole('button', { name: 'Delete' }).click()
    await second.getByText('There is no checkpoint of epoch 3').waitFor()
    expect(await second.getByRole('button', { name: 'Bring it back' }).count()).toBe(0)
    await first.getByRole('button', { name: 'Bring it back' }).click()
    await second.getByRole('heading', { name: 'Epoch 3' }).waitFor()
    expect(readdirSync(join(result, 'two'))).toContain(weightsName(3))
  })

  it('both mark a checkpoint that cannot be used, and its run', async () => {
    const path = (epoch: number) => join(result, 'two', weightsName(epoch))
    rmSync(path(3))
    symlinkSync(join(result, 'gone'), path(3), 'junction')
    writeFileSync(path(1), '')
    for (const page of pages) {
      await page.reload()
      await page.getByText('unusable').nth(1).waitFor()
      await page.getByRole('button', { name: 'Epoch 3' }).first().click()
      await page.getByText(`${weightsName(3)} could not be read: it is not there.`).waitFor()
      expect(await page.getByRole('button', { name: 'Continue from here' }).isDisabled()).toBe(true)
      await page.getByRole('button', { name: 'Epoch 2' }).first().click()
      await page.getByRole('button', { name: 'Sample from epoch 2' }).waitFor()
      await see(page, 'Runs')
      await page.getByText(`${weightsName(3)} could not be read`).waitFor()
    }
  })

  it('what the one has deleted goes with it, not with the other', async () => {
    const [first, second] = pages
    await remove(first, 'one')
    await row(second, 'one').waitFor({ state: 'detached' })
    expect(await apps[1].end('SIGTERM')).toBe(0)
    await first.getByRole('button', { name: 'Bring one back' }).click()
    await row(first, 'one').waitFor()
    await remove(first, 'one')
    await row(first, 'one').waitFor({ state: 'detached' })
    expect(await apps[0].end('SIGTERM')).toBe(0)
    expect(readdirSync(result)).toEqual(['two'])
  })
})
