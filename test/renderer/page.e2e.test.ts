/** The page in a real browser: what a person does with it, by hand and by keyboard, seen or read out. */
import { readFile, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import { decode } from 'fast-png'
import type { Download, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pages, setStage, skipped, type Stage } from './browser'

const views = ['train', 'gallery', 'checkpoints', 'runs', 'lossy', 'explore', 'data', 'settings'] as const
const sizes = [
  { width: 1280, height: 800 },
  { width: 900, height: 600 },
]

let stage: Stage

describe.skipIf(skipped)('the page', () => {
  beforeAll(async () => {
    stage = await setStage()
  })
  afterAll(async () => {
    await stage?.close()
  })

  /** The picture on the canvas of this name, as a string that changes when a pixel does. */
  const pixels = (page: Page, name: RegExp): Promise<string> =>
    page
      .getByRole('img', { name })
      .first()
      .evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL())

  const state = (page: Page) => page.locator('header.head [role=status]')

  it('tells the whole story: start, pause, go back, compare, sample, continue, overlay', async () => {
    const { page, problems } = await stage.open('train', { script: 'empty', pace: 600 })
    const chart = page.getByRole('img', { name: /^Loss by epoch/ })

    await page.getByRole('main').getByRole('button', { name: 'Start training' }).click()
    await expect.poll(() => state(page).textContent()).toContain('Training')
    await expect.poll(() => chart.getAttribute('aria-label')).toContain('train: from')
    const newest = () => page.getByRole('slider', { name: 'Epoch' }).getAttribute('aria-valuemax').then(Number)
    await expect.poll(newest).toBeGreaterThanOrEqual(3)

    // pause: nothing moves any more
    await page.keyboard.press('Escape')
    await page.locator('main').focus()
    await page.keyboard.press('Space')
    await expect.poll(() => state(page).textContent()).toContain('Paused')
    const still = await chart.getAttribute('aria-label')
    await page.waitForTimeout(400)
    expect(await chart.getAttribute('aria-label')).toBe(still)
    await page.getByRole('button', { name: 'Resume' }).click()
    await expect.poll(() => chart.getAttribute('aria-label')).not.toBe(still)

    // the playhead changes the pictures, and stays where it was put while training goes on
    await page.keyboard.press('2')
    await expect.poll(() => page.getByRole('img', { name: /^Samples of epoch/ }).count()).toBeGreaterThan(0)
    await page.locator('main').focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('p')
    await page.getByText('Epoch 0, pinned', { exact: true }).waitFor()
    await page.waitForTimeout(500)
    const noise = await pixels(page, /^Samples of epoch 0/)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => pixels(page, /^Samples of epoch 2/)).not.toBe(noise)
    expect(await pixels(page, /^Samples of epoch 0/)).toBe(noise)
    await page.getByText('Difference', { exact: true }).click()
    await page.getByText('What changed from epoch 0 to 2').waitFor()

    // a checkpoint
    await page.getByRole('button', { name: 'Stop' }).click()
    await expect.poll(() => state(page).textContent()).toContain('Stopped')
    await page.keyboard.press('3')
    await page.getByRole('button', { name: 'Sample from epoch 2' }).click()
    await page.getByRole('img', { name: 'New samples of epoch 2' }).waitFor()
    // what is shown follows the playhead
    await page.locator('main').focus()
    await page.keyboard.press('ArrowLeft')
    await page.getByRole('img', { name: 'New samples of epoch 1' }).waitFor()
    await page.keyboard.press('ArrowRight')
    await page.getByRole('img', { name: 'New samples of epoch 2' }).waitFor()
    await page.getByRole('button', { name: 'Continue from here' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('28 more epochs, to 30').waitFor()
    await dialog.getByLabel('More epochs').fill('6')
    await dialog.getByText('6 more epochs, to 8').waitFor()
    await dialog.getByText('The KL weight goes on from 0.20 and reaches 1 after 8 more epochs.').waitFor()
    await dialog.getByLabel('Name').fill('second wind')
    await dialog.getByRole('button', { name: 'Start' }).click()
    await expect.poll(() => page.getByRole('button', { name: /^Run shown/ }).textContent()).toContain('second wind')
    await expect.poll(() => page.locator('.numbers').textContent()).not.toContain('0.200')
    await page.keyboard.press('Home')
    await page.getByText('ladder, epoch 2', { exact: true }).waitFor()
    expect(await page.getByRole('slider', { name: 'Epoch' }).getAttribute('aria-valuetext')).toContain(
      'Epoch 0 of 6, from ladder, epoch 2',
    )

    // both runs in one chart
    await page.keyboard.press('4')
    await page.getByRole('checkbox', { name: 'Draw second wind' }).waitFor()
    for (const box of await page.getByRole('checkbox').all()) await box.check()
    await expect
      .poll(() => page.getByRole('img', { name: /^Test loss by epoch/ }).getAttribute('aria-label'))
      .toMatch(/ladder: .*second wind: |second wind: .*ladder: /)
    expect(problems).toEqual([])
  })

  it('tells what it is: its version, what computes, where it keeps things, its licences', async () => {
    const { page, problems } = await stage.open('train')
    await page.getByRole('button', { name: 'About' }).click()
    const about = page.getByRole('dialog', { name: 'VLAE Studio 0.1.0' })
    for (const text of ['Node 20.20.2', 'ONNX Runtime on the CPU (CPU, 2 lanes)', '/home/someone/VLAE Studio/result'])
      await about.getByText(text).waitFor()
    await about.getByText('the app contacts nobody').waitFor()
    // a tab has no file manager
    expect(await about.getByRole('button', { name: /^Open/ }).count()).toBe(0)
    await about.getByRole('button', { name: 'Licences of all its parts' }).click()
    await about.getByRole('region', { name: 'Licences' }).getByText('package-59 1.0.0: MIT').waitFor()
    await about.getByRole('button', { name: 'Back' }).click()
    await about.getByText('Node 20.20.2').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0)
    expect(problems).toEqual([])
  })

  it('deletes at once, with a way back after', async () => {
    const { page } = await stage.open('runs')
    await page.getByLabel('Actions for first light').click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await expect.poll(() => page.getByRole('row').count()).toBe(4)
    await page.getByRole('button', { name: 'Undo' }).click()
    await expect.poll(() => page.getByRole('row').count()).toBe(5)
  })

  it('brings back what was deleted long ago, until the app is closed', async () => {
    const { page, problems } = await stage.open('runs')
    await page.getByLabel('Actions for first light').click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await page.keyboard.press('1')
    await page.keyboard.press('4')
    await page.getByRole('button', { name: 'Bring first light back' }).click()
    await expect.poll(() => page.getByRole('row').count()).toBe(5)
    expect(await page.getByRole('region', { name: 'Deleted runs' }).count()).toBe(0)

    await page.getByRole('button', { name: 'Stop' }).click()
    await page.keyboard.press('3')
    const rows = page.locator('main tbody tr')
    await expect.poll(() => rows.count()).toBe(13)
    await page.getByRole('main').getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => rows.count()).toBe(12)
    await page.getByRole('button', { name: 'Bring it back' }).click()
    await expect.poll(() => rows.count()).toBe(13)
    expect(problems).toEqual([])
  })

  it('opens a run by a press anywhere in its row, and finds it by a setting', async () => {
    const { page, problems } = await stage.open('runs')
    const row = page.locator('main tbody tr').filter({ hasText: 'no classes' })
    await row.locator('td').last().locator('xpath=preceding-sibling::td[1]').click()
    await expect.poll(() => row.getAttribute('aria-selected')).toBe('true')
    await page.getByRole('searchbox').fill('prior none')
    await expect.poll(() => page.locator('main tbody tr').count()).toBe(1)
    expect(await row.count()).toBe(1)
    expect(problems).toEqual([])
  })

  it('renames a run in its place', async () => {
    const { page } = await stage.open('runs')
    await page.getByLabel('Actions for no classes').click()
    await page.getByRole('menuitem', { name: 'Rename' }).click()
    await page.getByLabel('Name of the run').fill('the Python one')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.getByRole('button', { name: 'the Python one', exact: true }).count()).toBe(1)
  })

  it('draws as many rows as are looked at, and finds the others', async () => {
    const { page, problems } = await stage.open('runs', { script: 'many' })
    const rows = page.locator('main tbody tr')
    const all = Number(/\d+/.exec((await page.getByRole('searchbox').getAttribute('placeholder'))!)![0])
    await expect.poll(() => rows.count()).toBeGreaterThan(20)
    expect(await rows.count()).toBeLessThan(all)
    for (let drawn = 0; drawn < all; drawn = await rows.count()) {
      await rows.last().scrollIntoViewIfNeeded()
      await expect.poll(() => rows.count()).toBeGreaterThan(drawn)
    }
    await page.getByRole('searchbox').fill('no such run')
    await expect.poll(() => rows.count()).toBe(0)
    expect(problems).toEqual([])
  })

  it('compares a sweep: by the settings that differ, in groups over seeds, found and ordered by any value', async () => {
    const { page, problems } = await stage.open('runs', { script: 'sweep' })
    const rows = page.locator('main tbody tr')
    const cell = (row: number, column: number) => rows.nth(row).locator('td').nth(column).innerText()
    const heads = () => page.getByRole('columnheader').allInnerTexts()
    await expect.poll(() => rows.count()).toBe(19)
    // epochs are alike in all, and are told once
    expect((await heads()).map((text) => text.trim()).slice(7, 10)).toEqual(['Batch size', 'Learning rate', 'Seed'])
    const learningRate = page.getByRole('button', { name: 'Learning rate' })
    await learningRate.click()
    await expect.poll(() => cell(0, 8)).toBe('0.001')
    await learningRate.press('Enter')
    await expect.poll(() => cell(0, 8)).toBe('0.003')
    await page.getByRole('searchbox').fill('seed 2, 0.003')
    await expect.poll(() => rows.count()).toBe(2)
    expect(await heads()).not.toContain('Seed')
    await page.getByRole('searchbox').fill('')

    // the archive is shown where it is asked for
    await page.getByRole('button', { name: '1 archived' }).click()
    await expect.poll(() => rows.count()).toBe(20)
    await page.getByRole('button', { name: 'Group seeds' }).click()
    await expect.poll(() => rows.count()).toBe(4)
    // of the newest group one run has stopped early
    await page.getByText('4 counted').waitFor()
    expect(await rows.first().locator('td').nth(4).innerText()).toMatch(/^\d+\.\d\d ± \d+\.\d\d$/)
    const chart = page.getByRole('img', { name: /^Test loss by epoch/ })
    await page.getByText('rate 0.003 batch 128 ×5').waitFor()
    const group = page.getByRole('button', { name: 'rate 0.003 batch 128', exact: true })
    await group.focus()
    await page.keyboard.press('Enter')
    await expect.poll(() => rows.count()).toBe(9)
    expect(await group.getAttribute('aria-expanded')).toBe('true')

    // all of them, each by itself, along what they have done
    await page.getByRole('button', { name: 'Group seeds' }).click()
    await page.getByRole('checkbox', { name: 'Draw all' }).check()
    await page.getByText('12 can be told apart; 8 more are grey').waitFor()
    // twelve names stand beside the chart, whole, and leave it its height
    const names = page.locator('.overlay .readout')
    expect(await names.evaluate((list) => list.scrollWidth - list.clientWidth)).toBe(0)
    const [beside, drawn] = [(await names.boundingBox())!, (await chart.boundingBox())!]
    expect(beside.x).toBeGreaterThanOrEqual(drawn.x + drawn.width)
    expect(drawn.height).toBeGreaterThan(140)
    await page.getByRole('combobox', { name: 'Along' }).selectOption('Steps')
    await page.getByRole('img', { name: /^Test loss by step/ }).waitFor()
    await page.getByRole('combobox', { name: 'Along' }).selectOption('Time')
    await page.getByText('Of 20 runs nobody has kept the time.').waitFor()
    await page.getByRole('combobox', { name: 'Along' }).selectOption('Epochs')
    await chart.waitFor()
    expect(problems).toEqual([])
  })

  it('notes what a run is for, before it starts and later, and puts it out of sight', async () => {
    const { page, problems } = await stage.open('runs')
    const act = async (run: string, item: string | RegExp) => {
      await page.getByLabel(`Actions for ${run}`).click()
      await page.getByRole('menuitem', { name: item }).click()
    }
    await act('first light', 'Note and tags')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Note').fill('Small batches')
    await dialog.getByLabel('Tags').fill(`${'x'.repeat(41)}`)
    await dialog.getByText('at most 40 letters').waitFor()
    // what cannot be kept takes a person to its field
    await dialog.getByLabel('Note').focus()
    await dialog.getByRole('button', { name: 'Keep' }).click()
    await expect
      .poll(() => dialog.getByLabel('Tags').evaluate((field) => field === field.ownerDocument.activeElement))
      .toBe(true)
    await dialog.getByLabel('Tags').fill('batch, for Friday, batch')
    await dialog.getByRole('button', { name: 'Keep' }).click()
    const row = page.locator('main tbody tr').filter({ hasText: 'first light' })
    await row.getByText('Small batches').waitFor()
    await row.getByRole('button', { name: 'for Friday' }).click()
    await expect.poll(() => page.locator('main tbody tr').count()).toBe(1)
    await page.getByRole('searchbox').fill('')
    await act('first light', 'Archive')
    await row.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Undo' }).click()
    await row.waitFor()

    // again with its settings, another seed and a name of its own
    await page.getByRole('button', { name: 'Stop' }).click()
    await act('first light', /^Start again/)
    await dialog.getByLabel('Name').fill('second light')
    await dialog.getByLabel('Seed').fill('4')
    await dialog.getByRole('button', { name: 'Start', exact: true }).click()
    await expect.poll(() => state(page).textContent()).toContain('Training')
    await page.keyboard.press('4')
    const begun = page.locator('main tbody tr').filter({ hasText: 'second light' })
    await begun.getByRole('button', { name: 'batch', exact: true }).waitFor()
    await expect.poll(() => begun.locator('td').allInnerTexts()).toEqual(expect.arrayContaining(['64', '4']))
    expect(problems).toEqual([])
  })

  it('shows two runs side by side: what is pinned is a run and an epoch', async () => {
    const { page, problems } = await stage.open('runs')
    await page.getByLabel('Actions for no classes').click()
    await page.getByRole('menuitem', { name: 'Compare in the Gallery' }).click()
    const shown = page.getByRole('img', { name: 'Samples of epoch 12: ten rows' })
    const beside = page.getByRole('img', { name: /^Samples of no classes, epoch 30: ten rows/ })
    for (const grid of [shown, beside]) await grid.waitFor()
    await page.getByText('ladder, epoch 12', { exact: true }).waitFor()
    await page
      .getByRole('radio', { name: 'Difference' })
      .or(page.getByRole('button', { name: 'Difference' }))
      .click()
    await page.getByText('What changed from no classes, epoch 30 to ladder, epoch 12').waitFor()
    // pinned by hand, it stays when another run is shown, there as here
    await page.keyboard.press('p')
    await page.keyboard.press('Home')
    await page.keyboard.press('p')
    await page.getByRole('button', { name: 'Unpin 0' }).waitFor()
    await page.getByRole('button', { name: /^Run shown/ }).click()
    await page.getByRole('menuitemradio', { name: /^first light/ }).click()
    await page.getByText('What changed from ladder, epoch 0 to first light, epoch 30').waitFor()
    await page.getByRole('button', { name: 'Unpin', exact: true }).click()
    await page.getByText('Epoch 30', { exact: true }).waitFor()
    expect(problems).toEqual([])
  })

  it('saves a chart as a picture: twice as fine, on white in the dark, too, and called after its run', async () => {
    const { page, problems } = await stage.open('train', { context: { colorScheme: 'dark' } })
    const saved = async (place: number) => {
      const button = page.getByRole('button', { name: 'Save the chart as PNG' }).nth(place)
      const [file] = await Promise.all([page.waitForEvent('download'), button.click()])
      const { width, height, data, channels } = decode(await readFile(await file.path()))
      const colors = new Set<number>()
      for (let at = 0; at < data.length; at += channels)
        colors.add((data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!)
      return { name: file.suggestedFilename(), width, height, corner: [...data.subarray(0, 3)], colors }
    }
    await expect
      .poll(() => page.getByRole('img', { name: /^Loss by epoch/ }).getAttribute('aria-label'))
      .toContain('test: from')
    const loss = await saved(0)
    expect(loss).toMatchObject({ name: '2026-11-22-0812-ladder Loss.png', width: 1440, corner: [255, 255, 255] })
    expect(loss.height).toBeGreaterThan(720)
    // the lines of training and test, in the colours of the light theme
    for (const color of [0x0072b2, 0xd55e00]) expect(loss.colors).toContain(color)
    expect((await saved(2)).name).toBe('2026-11-22-0812-ladder KL z1.png')
    // nothing of it stays in the page
    expect(await page.locator('.on-paper').count()).toBe(0)
    expect(problems).toEqual([])
  })

  it('offers to resume what was interrupted', async () => {
    const { page } = await stage.open('train')
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByText('“faster learning” was interrupted').waitFor()
    await page.getByRole('main').getByRole('button', { name: 'Resume' }).click()
    await expect.poll(() => state(page).textContent()).toContain('Training')
    await expect.poll(() => page.getByRole('button', { name: /^Run shown/ }).textContent()).toContain('faster learning')
  })

  it('checks settings as they are typed, and keeps the good ones', async () => {
    const { page } = await stage.open('settings')
    const batch = page.getByRole('textbox', { name: 'Batch size' })
    await batch.fill('9999')
    await page.getByText('Up to 4,096.').waitFor()
    await batch.fill('64')
    await expect.poll(() => page.getByText('Up to 4,096.').count()).toBe(0)
    await page.getByRole('button', { name: 'Put Batch size back to 128' }).click()
    await expect.poll(() => batch.inputValue()).toBe('128')
    await page.getByRole('button', { name: 'Dark' }).click()
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('dark')
  })

  it('says what is wrong with a number in a place of its own, and keeps it with the view', async () => {
    const { page } = await stage.open('settings')
    const batch = page.getByRole('textbox', { name: 'Batch size' })
    await batch.fill('9999')
    await page.getByText('Up to 4,096.').waitFor()
    const back = page.getByRole('button', { name: 'Put Batch size back to 128' })
    expect(await back.count()).toBe(1)
    await page.locator('main').focus()
    await page.keyboard.press('1')
    await page.keyboard.press('8')
    await expect.poll(() => batch.inputValue()).toBe('9999')
    await page.getByText('Up to 4,096.').waitFor()
    await back.click()
    expect([await batch.inputValue(), await page.getByText('Up to 4,096.').count()]).toEqual(['128', 0])
  })

  it('does not start with what cannot be used: it takes a person there, with the reason', async () => {
    const { page, problems } = await stage.open('settings', { script: 'empty', pace: 900 })
    const epochs = page.getByRole('textbox', { name: 'Epochs' })
    await epochs.fill('abc')
    await page.getByRole('textbox', { name: 'Learning rate' }).fill('0,001')
    await page.locator('main').focus()
    await page.keyboard.press('1')
    await page.getByRole('button', { name: 'Start training' }).click()
    // the first one that is wrong
    await expect.poll(() => page.url()).toContain('#settings')
    await expect.poll(() => epochs.evaluate((field) => field.matches(':focus'))).toBe(true)
    await page.getByText('Write a number.').waitFor()
    expect(await epochs.getAttribute('aria-invalid')).toBe('true')
    expect(await page.locator('header.head').getByRole('button', { name: 'Stop' }).count()).toBe(0)
    // then the next one, from the view itself
    await epochs.fill('2')
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    const rate = page.getByRole('textbox', { name: 'Learning rate' })
    await expect.poll(() => rate.evaluate((field) => field.matches(':focus'))).toBe(true)
    await page.getByText('Use a point: 0.001.').waitFor()
    await rate.fill('0.001')
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await expect.poll(() => page.locator('header.head').textContent()).toContain('of 2')
    // what was started is what is seen
    expect(page.url()).toContain('#train')
    expect(problems).toEqual([])
  })

  it.each([
    ['result folder', 'settings', 'Result folder', '/proc/here', 'Nothing can be written to /proc/here.'],
    ['data', 'data', 'Folder with the data', '/home/someone/holidays', 'There are no MNIST files in'],
  ])('does not start with a %s that cannot be used, also while that is being found out', async (...row) => {
    const [, view, label, path, reason] = row
    const { page } = await stage.open(view, { script: 'empty' })
    const folder = page.getByRole('textbox', { name: label })
    const stop = page.locator('header.head').getByRole('button', { name: 'Stop' })
    await folder.fill(path)
    // the field is left by the press itself: its check has only just begun
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await expect.poll(() => folder.evaluate((field) => field.matches(':focus'))).toBe(true)
    await page.getByText(reason).first().waitFor()
    await page.locator('main').focus()
    await page.keyboard.press('1')
    await page.getByRole('button', { name: 'Start training' }).click()
    await expect.poll(() => page.url()).toContain(`#${view}`)
    await expect.poll(() => folder.inputValue()).toBe(path)
    await page.getByText(reason).first().waitFor()
    expect(await stop.count()).toBe(0)
    // nothing else is asked for than what is there
    await folder.fill('')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.getByText(reason).count()).toBe(0)
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await stop.waitFor()
  })

  it('says at once and everywhere where runs are written; the field emptied is the default', async () => {
    const { page } = await stage.open('settings', { script: 'empty' })
    const folder = page.getByRole('textbox', { name: 'Result folder' })
    const said = page.getByText(/^Runs are written to /)
    await page.getByText('Runs are written to /home/someone/VLAE Studio/result.').waitFor()
    await folder.fill('/home/someone/runs')
    await page.keyboard.press('Enter')
    await expect.poll(() => said.textContent()).toBe('Runs are written to /home/someone/runs.')
    await page.locator('main').focus()
    await page.keyboard.press('4')
    await page.getByText('Every training leaves a run in /home/someone/runs:').waitFor()
    await page.keyboard.press('8')
    await folder.fill(' ')
    await page.keyboard.press('Enter')
    await expect.poll(() => said.textContent()).toBe('Runs are written to /home/someone/VLAE Studio/result.')
    expect(await folder.inputValue()).toBe('')
    expect(await page.getByRole('button', { name: /^Put Result folder back/ }).count()).toBe(0)
  })

  it('puts everything back, what was typed and could not be used, too', async () => {
    const { page } = await stage.open('settings')
    const batch = page.getByRole('textbox', { name: 'Batch size' })
    await batch.fill('9999')
    await page.getByRole('textbox', { name: 'Epochs' }).fill('7')
    await page.getByRole('button', { name: 'All back to defaults' }).click()
    await expect.poll(() => batch.inputValue()).toBe('128')
    await page.waitForTimeout(400)
    expect(await page.getByRole('textbox', { name: 'Epochs' }).inputValue()).toBe('30')
    // nobody was asked: it can be undone
    await page.getByRole('button', { name: 'Undo' }).click()
    await expect.poll(() => page.getByRole('textbox', { name: 'Epochs' }).inputValue()).toBe('7')
  })

  it('says beside its field why a result folder cannot be used, until the field is put back', async () => {
    const { page } = await stage.open('settings')
    const folder = page.getByRole('textbox', { name: 'Result folder' })
    const problem = page.getByText('Nothing can be written to /proc/here.')
    await folder.fill('/proc/here')
    await page.keyboard.press('Enter')
    await problem.waitFor()
    expect(await page.getByRole('button', { name: 'Dismiss' }).count()).toBe(0)
    await page.keyboard.press('Escape')
    expect([await folder.inputValue(), await problem.count()]).toEqual(['', 0])
    await folder.fill('/proc/here')
    await page.keyboard.press('Enter')
    await problem.waitFor()
    await folder.fill('/home/someone/runs')
    await page.keyboard.press('Enter')
    await expect.poll(() => problem.count()).toBe(0)
    await page.getByRole('button', { name: 'Put Result folder back to the app’s own' }).click()
    await expect.poll(() => folder.inputValue()).toBe('')
  })

  it('leads from the newest runs to all of them', async () => {
    const { page } = await stage.open('train', { script: 'many' })
    await page.getByRole('button', { name: /^Run shown/ }).click()
    await page.getByRole('menuitem', { name: /^All runs/ }).click()
    await expect.poll(() => page.url()).toContain('#runs')
  })

  it.each(sizes)('covers nothing with what is wrong with a number, in $width by $height', async (viewport) => {
    const { page } = await stage.open('checkpoints', { context: { viewport } })
    await page.getByRole('textbox', { name: 'How many' }).fill('2.5')
    await page.getByRole('textbox', { name: 'Seed' }).fill('9999999999')
    const boxes = await Promise.all(
      [
        page.getByText('A whole number.'),
        page.getByText('Up to 4,294,967,295.'),
        page.getByRole('slider', { name: 'Temperature' }),
        page.getByRole('button', { name: 'Sample from epoch 12' }),
        page.getByRole('button', { name: 'Other noise' }),
      ].map(async (one) => (await one.boundingBox())!),
    )
    const covered = boxes.flatMap((a, i) =>
      boxes
        .slice(i + 1)
        .filter((b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height)
        .map((b) => [a, b]),
    )
    expect(covered).toEqual([])
    for (const { x, width } of boxes) expect(x + width).toBeLessThanOrEqual(viewport.width - 10)
    expect(await page.getByRole('button', { name: 'Sample from epoch 12' }).isDisabled()).toBe(true)
  })

  it('says what is wrong with a folder and what it keeps', async () => {
    const { page } = await stage.open('data')
    await page.getByText('60,000', { exact: true }).waitFor()
    await page.getByLabel('Folder with the data').fill('/home/someone/holidays')
    await page.keyboard.press('Enter')
    const problem = page.getByRole('alert')
    await expect.poll(() => problem.textContent()).toContain('There are no MNIST files in /home/someone/holidays.')
    expect(await problem.textContent()).toContain('The next run keeps to MNIST (bundled).')
  })

  it('stops long work where a person says so', async () => {
    const { page } = await stage.open('checkpoints')
    await page.getByRole('button', { name: 'Evaluate', exact: true }).click()
    await page.getByRole('button', { name: 'Evaluate epoch 12' }).click()
    await page.getByRole('status').getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('button', { name: 'Evaluate epoch 12' }).waitFor()
    expect(await page.getByText('−log p(x), bound').count()).toBe(0)
  })

  it('shows what a test image costs, where, and what a pixel is predicted from', async () => {
    const { page, problems } = await stage.open('checkpoints')
    await page.getByRole('button', { name: 'Compress', exact: true }).click()
    await page.getByRole('button', { name: 'Compress with epoch 12' }).click()
    const digit = page.getByRole('img', { name: 'The test image, and the pixels that one is predicted from' })
    await digit.waitFor()
    await page.getByText('from 4 pixels before it').waitFor()
    const plain = await pixels(page, /^The test image/)
    await digit.hover({ position: { x: 60, y: 60 } })
    await expect.poll(() => pixels(page, /^The test image/)).not.toBe(plain)
    await page.getByRole('button', { name: 'Compress', exact: true }).hover()
    await expect.poll(() => pixels(page, /^The test image/)).toBe(plain)
    // and by the keyboard
    await digit.focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => pixels(page, /^The test image/)).not.toBe(plain)
    await page.getByText(/^Row 15, column 15: this pixel costs \d\.\d\d bits/).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Test image 3', exact: true }).click()
    await expect.poll(() => pixels(page, /^The test image/)).not.toBe(plain)
    // (12 + 3 % 5) nats
    await page.getByText('21.6 bits').waitFor()
    expect(problems).toEqual([])
  })

  it('estimates a likelihood, and says what it may be compared with', async () => {
    const { page, problems } = await stage.open('checkpoints')
    await page.getByRole('button', { name: 'Evaluate', exact: true }).click()
    await page.getByRole('textbox', { name: 'Codes per image' }).fill('0')
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('button', { name: 'Estimate' }).isDisabled()).toBe(true)
    await page.getByRole('textbox', { name: 'Codes per image' }).fill('16')
    await page.getByRole('button', { name: 'Estimate' }).click()
    await page.getByText('21 of 48').waitFor()
    await page.getByText('Published for MNIST').click()
    await page.getByRole('cell', { name: '78.53' }).waitFor()
    await page.getByText('only with other runs that see grey levels').waitFor()
    expect(problems).toEqual([])
  })

  describe('saves', () => {
    const bytes = async (download: Download): Promise<Buffer> => readFile((await download.path())!)

    it('an epoch as a PNG, with every grey value in it', async () => {
      const { page } = await stage.open('gallery')
      await page.getByRole('img', { name: /^Samples of epoch 12/ }).waitFor()
      await page.getByRole('button', { name: 'Save', exact: true }).click()
      const coming = page.waitForEvent('download')
      await page.getByRole('menuitem', { name: /PNG/ }).click()
      const file = await coming
      expect(file.suggestedFilename()).toBe('2026-11-22-0812-ladder samples epoch 12.png')
      const { width, height, data } = decode(await bytes(file))
      expect([width, height]).toEqual([8 * 112 + 7 * 4, 10 * 112 + 9 * 4])
      expect(new Set(data).size).toBeGreaterThan(100)
    })

    it('all epochs as an animated GIF', async () => {
      const { page } = await stage.open('gallery')
      await page.getByRole('img', { name: /^Samples of epoch 12/ }).waitFor()
      await page.getByRole('button', { name: 'Save', exact: true }).click()
      const coming = page.waitForEvent('download')
      await page.getByRole('menuitem', { name: /GIF/ }).click()
      const gif = await bytes(await coming)
      expect(gif.subarray(0, 6).toString()).toBe('GIF89a')
      // a graphic control extension before each frame
      let frames = 0
      for (let at = gif.indexOf('21f904', 'hex'); at >= 0; at = gif.indexOf(Buffer.from('21f904', 'hex'), at + 3))
        frames++
      expect(frames).toBe(13)
    })
  })

  describe('by keyboard alone', () => {
    it('reaches every view, every epoch and the list of keys', async () => {
      const { page } = await stage.open('train')
      const epoch = page.getByRole('slider', { name: 'Epoch' })
      for (const [i, view] of views.entries()) {
        await page.keyboard.press(String(i + 1))
        await expect.poll(() => page.url()).toContain(`#${view}`)
      }
      await page.keyboard.press('Shift+ArrowLeft')
      expect(await epoch.getAttribute('aria-valuenow')).toBe('2')
      await page.keyboard.press('ArrowRight')
      expect(await epoch.getAttribute('aria-valuenow')).toBe('3')
      expect(await epoch.getAttribute('aria-valuetext')).toMatch(/^Epoch 3 of 30, test loss/)
      await page.keyboard.press('l')
      expect(await epoch.getAttribute('aria-valuenow')).toBe('12')
      await epoch.focus()
      for (const [key, now] of [
        ['ArrowDown', '11'],
        ['PageDown', '1'],
        ['PageUp', '11'],
        ['ArrowUp', '12'],
      ] as const) {
        await page.keyboard.press(key)
        await expect.poll(() => epoch.getAttribute('aria-valuenow')).toBe(now)
      }
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Keys' }).waitFor()
      await page.keyboard.press('Escape')
      await expect.poll(() => page.getByRole('dialog').count()).toBe(0)
    })

    it('presents a view alone, in large type, until Escape', async () => {
      const { page } = await stage.open('train')
      const header = page.locator('header.head')
      const size = () => page.locator('body').evaluate((body) => Number.parseFloat(getComputedStyle(body).fontSize))
      const before = await size()
      await page.keyboard.press('f')
      await expect.poll(() => header.count()).toBe(0)
      expect(await page.getByRole('navigation', { name: 'Views' }).count()).toBe(0)
      expect(await size()).toBeGreaterThan(1.3 * before)
      await page.keyboard.press('2')
      await expect.poll(() => page.url()).toContain('#gallery')
      await page.keyboard.press('Escape')
      await expect.poll(() => header.count()).toBe(1)
      expect(await size()).toBe(before)
      await page.getByRole('button', { name: 'Present', exact: true }).click()
      await page.getByRole('button', { name: 'End the presentation (Esc)' }).click()
      await expect.poll(() => header.count()).toBe(1)
    })

    it('begins with a way past everything, and can do without letters', async () => {
      const { page } = await stage.open('gallery')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      expect(await page.getByRole('main').evaluate((main) => main.matches(':focus'))).toBe(true)
      await page.keyboard.press('?')
      await page.getByLabel('Letters, digits and signs are keys, too').uncheck()
      await page.keyboard.press('Escape')
      await page.keyboard.press('1')
      await page.keyboard.press('Home')
      await expect
        .poll(() => page.getByRole('slider', { name: 'Epoch', exact: true }).getAttribute('aria-valuenow'))
        .toBe('0')
      expect(page.url()).toContain('#gallery')
    })

    it('leaves letters and arrows to fields', async () => {
      const { page } = await stage.open('settings')
      await page.getByRole('textbox', { name: 'Epochs' }).focus()
      await page.keyboard.press('End')
      await page.keyboard.press('ArrowLeft')
      await page.keyboard.press('3')
      expect(page.url()).toContain('#settings')
      expect(await page.getByRole('slider', { name: 'Epoch' }).getAttribute('aria-valuenow')).toBe('12')
      expect(await page.getByRole('textbox', { name: 'Epochs' }).inputValue()).toBe('330')
    })

    it('moves within the gallery with arrows once it is in', async () => {
      const { page } = await stage.open('gallery')
      await page
        .getByRole('group', { name: /^Samples of epoch 12/ })
        .getByRole('button', { name: 'Digit 3, sample 1, epoch 12' })
        .focus()
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'Digit 4, sample 2' }).waitFor()
      expect(await page.getByRole('slider', { name: 'Epoch' }).getAttribute('aria-valuenow')).toBe('12')
    })
  })

  /** Until nothing on the page has changed for so many milliseconds, and nothing moves any more. */
  const settled = (page: Page, rest: number): Promise<void> =>
    page.evaluate(`new Promise((done) => {
      let changed = performance.now()
      const watcher = new MutationObserver(() => (changed = performance.now()))
      watcher.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
      const moves = () => document.getAnimations().some(({ playState, effect }) =>
        playState === 'running' && effect.getComputedTiming().activeDuration < Infinity)
      const look = () => {
        if (moves()) changed = performance.now()
        if (performance.now() - changed < ${rest}) return setTimeout(look, 20)
        watcher.disconnect()
        done()
      }
      look()
    })`)

  /** What axe objects to, in light; and in dark, where nothing but the colours is another. @param where for whoever reads it */
  async function objections(page: Page, where: string): Promise<string[]> {
    const found: string[] = []
    for (const [theme, options] of [
      ['light', {}],
      ['dark', { runOnly: { type: 'rule', values: ['color-contrast'] } }],
    ] as const) {
      await page.emulateMedia({ colorScheme: theme })
      await page.locator(`html[data-theme=${theme}]`).waitFor()
      // what is asked for is there 300 ms later at most (scripted.ts)
      await settled(page, theme === 'light' ? 400 : 50)
      const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(options)})`)
      found.push(
        ...violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${where}, ${theme}: ${id}: ${html}`)),
      )
    }
    return found
  }

  describe('has nothing that axe objects to', () => {
    const withAxe = async (...to: Parameters<Stage['open']>) => {
      const { page } = await stage.open(...to)
      await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
      return page
    }

    it.each(['runs', 'empty'])('with %s', async (script) => {
      const page = await withAxe('train', { script })
      if (script === 'runs') {
        // with a comparison on screen
        await page.keyboard.press('Home')
        await page.keyboard.press('p')
        await page.keyboard.press('l')
      }
      for (const [i, view] of views.entries()) {
        await page.keyboard.press(String(i + 1))
        expect(await objections(page, view)).toEqual([])
      }
      await page.getByRole('button', { name: 'About' }).click()
      for (const part of ['Computes with', 'package-59']) {
        if (part === 'package-59') await page.getByRole('button', { name: /^Licences/ }).click()
        await page.getByRole('dialog').getByText(part).waitFor()
        expect(await objections(page, part)).toEqual([])
      }
    })

    it('in what a checkpoint answers', async () => {
      const page = await withAxe('checkpoints')
      await page.getByRole('button', { name: 'Compress', exact: true }).click()
      await page.getByRole('button', { name: /^Compress with/ }).click()
      await page.getByText('Where the bits go').waitFor()
      expect(await objections(page, 'compress')).toEqual([])
      await page.getByRole('button', { name: 'Evaluate', exact: true }).click()
      await page.getByRole('button', { name: 'Estimate' }).click()
      await page.getByText('Published for MNIST').click()
      expect(await objections(page, 'likelihood')).toEqual([])
    })
  })

  it.each(sizes)('fits in $width by $height', async (viewport) => {
    const { page, problems } = await stage.open('train', { context: { viewport } })
    for (const [i, view] of views.entries()) {
      await page.keyboard.press(String(i + 1))
      await settled(page, 300)
      const overflow = await page.evaluate<string[]>(`
        [...document.querySelectorAll('html, header.head, main, nav, .timeline')]
          .filter((element) => element.scrollWidth > element.clientWidth + 1)
          .map((element) => element.tagName + ' ' + element.className)`)
      expect([view, ...overflow]).toEqual([view])
      expect(problems).toEqual([])
    }
  })

  it('moves nothing beside training but the filmstrip’s bar: each frame is taken from the lanes', async () => {
    const { page } = await stage.open('explore', { pace: 20 })
    await page.getByRole('button', { name: 'Resume' }).click()
    await expect.poll(() => state(page).textContent()).toContain('Training')
    await page.getByText('Which class it is').waitFor()
    await page.waitForTimeout(1000)
    const [moved, others, animated] = await page.evaluate(countMoves, 5000)
    expect(moved).toBeGreaterThan(0)
    // a per cent of the whole, a minute of what is left
    expect(others).toBeLessThanOrEqual(4)
    expect(animated).toBe(0)
  })

  it('moves nothing by itself where motion is unwelcome', async () => {
    const { page } = await stage.open('train', { context: { reducedMotion: 'reduce' } })
    await page.getByRole('button', { name: 'Resume' }).click()
    await expect.poll(() => state(page).textContent()).toContain('Training')
    const endless = await page.evaluate<number>(
      `document.getAnimations().filter((animation) => animation.effect.getComputedTiming().activeDuration > 100).length`,
    )
    expect(endless).toBe(0)
  })
})

/* In the browser. */
declare const document: object
declare const MutationObserver: new (
  told: (all: readonly { readonly target: { parentElement: { matches(s: string): boolean } | null } }[]) => void,
) => { observe(node: object, what: object): void }

/** How often the filmstrip's bar is moved, and anything else changed, in so many milliseconds; and what is animated then. */
async function countMoves(milliseconds: number): Promise<[number, number, number]> {
  let [moved, others] = [0, 0]
  new MutationObserver((all) => {
    for (const { target } of all) {
      if (target.parentElement?.matches('.way')) moved++
      else others++
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true })
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
  return [moved, others, (document as { getAnimations(): unknown[] }).getAnimations().length]
}

it('ships without the scripted backend', async () => {
  const assets = join(pages.production, 'assets')
  const files = await readdir(assets)
  expect(files.filter((name) => /scripted|ubyte/.test(name))).toEqual([])
  const scripts = files.filter((name) => name.endsWith('.js'))
  expect(scripts).not.toEqual([])
  for (const name of scripts) expect(await readFile(join(assets, name), 'utf8')).not.toContain('scripted')
})
