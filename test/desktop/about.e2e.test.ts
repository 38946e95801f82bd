/** About in the real window: from the menu, with the folders that it opens. */
import { mkdir } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { patience, setStage, skipped, type Stage } from './app'

describe.skipIf(skipped)('About', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await setStage()
  })
  afterEach(() => stage?.clear())
  afterAll(() => stage?.close())

  it('is in the menu, tells what the app is, and opens its folders', async () => {
    const { electron, page, place } = await stage.start()
    await electron.evaluate(({ shell, Menu }) => {
      Object.assign(globalThis, { opened: [] })
      shell.openPath = async (path) => {
        ;(globalThis as unknown as { opened: string[] }).opened.push(path)
        return ''
      }
      const items = Menu.getApplicationMenu()!.items.flatMap(({ submenu }) => submenu?.items ?? [])
      items.find(({ label }) => label === 'About VLAE Studio')!.click()
    })
    const opened = () => electron.evaluate(() => (globalThis as unknown as { opened: string[] }).opened)

    const about = page.getByRole('dialog', { name: /^VLAE Studio \d/ })
    await about.getByText(/^Electron \d+\./).waitFor()
    await about.getByText('CPU, compiled').waitFor({ timeout: patience.timeout })
    // before the first run there is no folder for it
    await about.getByRole('button', { name: 'Open the folder: Runs' }).click()
    await page.getByText(`There is no folder ${place.result} yet.`).waitFor()
    await mkdir(place.result)
    for (const folder of ['Runs', 'Settings and log'])
      await about.getByRole('button', { name: `Open the folder: ${folder}` }).click()
    await vi.waitUntil(async () => (await opened()).length === 2, patience)
    expect(await opened()).toEqual([place.result, place.user])
  })
})
