/** The queue in a real browser: a sweep made of a run or of the settings, moved, dropped, paused, gone on with. */
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setStage, skipped, type Stage } from './browser'

let stage: Stage

const pictures = 'out/screenshots/queue'

describe.skipIf(skipped)('the queue', () => {
  beforeAll(async () => {
    stage = await setStage()
    await mkdir(pictures, { recursive: true })
  })
  afterAll(async () => {
    await stage?.close()
  })

  const queue = (page: Page) => page.getByRole('region', { name: 'Queue' })
  const names = (page: Page) => queue(page).locator('li .name').allTextContents()

  /** What axe objects to, once all that moves stands still. */
  async function objections(page: Page): Promise<string[]> {
    await page.waitForTimeout(500)
    const { violations } = await page.evaluate<AxeResults>('axe.run(document)')
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
  }

  it('repeats a run over seeds and rates, and shows what waits', async () => {
    const { page, problems } = await stage.open('runs')
    await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
    await page.getByRole('button', { name: 'Actions for no classes' }).click()
    await page.getByRole('menuitem', { name: 'Repeat…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Repeat “no classes”' })
    await expect.poll(() => dialog.getByRole('button', { name: /^Queue/ }).textContent()).toContain('5 runs')
    await dialog.getByRole('textbox', { name: 'Values of seed' }).fill('0..1')
    await dialog.getByRole('button', { name: 'Another setting' }).click()
    const rates = dialog.getByRole('textbox', { name: 'Values of learningRate' })
    await rates.fill('1e-3, 3')
    await expect.poll(() => dialog.locator('.bad').textContent()).toContain('cannot be used')
    await dialog.getByRole('button', { name: /^Queue/ }).click()
    await expect.poll(() => rates.evaluate((field) => field === field.ownerDocument.activeElement)).toBe(true)
    await rates.fill('1e-3, 3e-3')
    await dialog.getByRole('textbox', { name: 'Tag' }).fill('rates')
    await page.screenshot({ path: `${pictures}/dialog.png` })
    expect(await objections(page)).toEqual([])
    await page.keyboard.press('Enter')
    await expect
      .poll(() => names(page))
      .toEqual([
        'no classes, seed 0, learning rate 0.001',
        'no classes, seed 0, learning rate 0.003',
        'no classes, seed 1, learning rate 0.001',
        'no classes, seed 1, learning rate 0.003',
      ])
    // it stands beside a run that a person has paused
    await expect.poll(() => queue(page).getByRole('status').textContent()).toContain('4 runs wait for the run')
    const first = (await names(page))[0]!
    await queue(page)
      .getByRole('button', { name: `Move ${first} down` })
      .click()
    await expect.poll(async () => (await names(page))[1]).toBe(first)
    await queue(page)
      .getByRole('button', { name: `Drop ${first}` })
      .focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => names(page)).toHaveLength(3)
    for (const [width, height] of [
      [1280, 800],
      [900, 600],
    ] as const)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height })
        await page.emulateMedia({ colorScheme })
        expect(await objections(page)).toEqual([])
        await page.screenshot({ path: `${pictures}/runs-${width}-${colorScheme}.png` })
      }
    await queue(page).getByRole('button', { name: 'Drop all that wait' }).click()
    await expect.poll(() => queue(page).count()).toBe(0)
    expect(problems).toEqual([])
  })

  it('is worked off, paused and gone on with', async () => {
    const { page } = await stage.open('runs', { script: 'many' })
    await page.getByRole('button', { name: 'Several runs…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Several runs' })
    await dialog.getByRole('textbox', { name: 'Values of seed' }).fill('7,8')
    await dialog.getByRole('button', { name: 'Queue 2 runs' }).click()
    const told = () => queue(page).getByRole('status').textContent()
    await expect.poll(told).toContain('“ladder, seed 7” trains, 1 run waits')
    await queue(page).getByRole('button', { name: 'Pause the queue' }).click()
    await expect.poll(told).toContain('then it is paused')
    await page.getByRole('button', { name: 'Stop' }).click()
    await expect.poll(told).toContain('paused, 2 runs wait')
    await queue(page).getByRole('button', { name: 'Go on' }).click()
    await expect.poll(told).toContain('trains, 1 run waits')
  })
})
