/** The numbers of the page in a real browser: whatever stands side by side is the same quantity, and has one value. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { setStage, skipped, type Stage } from './browser'

/** What is written at one moment: the six numbers with their notes, and the head of the loss chart. */
interface Written {
  tiles: Record<string, { value: string; note: string }>
  head: string
  lines: Record<string, string>
}

const read = (page: Page): Promise<Written> =>
  page.evaluate<Written>(`(() => {
    const text = (from, what) => from.querySelector(what)?.textContent.trim() ?? ''
    const tiles = [...document.querySelectorAll('.numbers > div')].map((tile) =>
      [text(tile, 'dt'), { value: text(tile, 'b'), note: text(tile, '.note') }])
    const [head, ...lines] = document.querySelectorAll('.main .readout li')
    const values = lines.map((line) => [line.textContent.replace(text(line, 'b'), '').trim(), text(line, 'b')])
    return { tiles: Object.fromEntries(tiles), head: head.textContent, lines: Object.fromEntries(values) }
  })()`)

describe.skipIf(skipped)('numbers', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await setStage()
  })
  afterAll(async () => {
    await stage?.close()
  })

  const goTo = async (page: Page, epoch: number) => {
    await page.keyboard.press('Home')
    for (let i = 0; i < epoch; i++) await page.keyboard.press('ArrowRight')
    await expect.poll(async () => (await read(page)).head).toBe(`epoch ${epoch}`)
  }

  it('of an epoch are the same in tile, legend and table, and training stands beside its test', async () => {
    const { page } = await stage.open('train')
    await goTo(page, 2)
    const { tiles, lines } = await read(page)
    expect(lines).toEqual({ train: tiles['Training loss']!.value, test: tiles['Test loss']!.value })
    // in the second epoch of ten of warm-up the objective is 20 nats below
    expect(Math.abs(Number(lines['train']) - Number(lines['test']))).toBeLessThan(5)
    await page.keyboard.press('3')
    const row = page.locator('tr[aria-selected=true] td')
    await expect.poll(() => row.nth(1).textContent()).toBe(lines['test'])
    expect(await row.nth(5).textContent()).toBe(lines['train'])
  })

  it('of the objective are a line of its own, by its name, where it is asked for', async () => {
    const { page } = await stage.open('train')
    await goTo(page, 2)
    expect((await read(page)).lines).not.toHaveProperty('objective')
    await page.getByRole('button', { name: 'Objective' }).click()
    const { lines, tiles } = await read(page)
    expect(Number(lines['objective'])).toBeLessThan(Number(lines['train']) - 10)
    expect(lines['train']).toBe(tiles['Training loss']!.value)
    await goTo(page, 12)
    expect((await read(page)).lines['objective']).toBe((await read(page)).lines['train'])
  })

  it('where a person points say where that is and that they are smoothed, over as many steps as chosen', async () => {
    const { page } = await stage.open('train')
    const canvas = page.getByRole('img', { name: /^Loss by epoch/ })
    const box = (await canvas.boundingBox())!
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2)
    const { head, lines } = await read(page)
    expect(head).toMatch(/^epoch \d\.\d\d, smoothed$/)
    const smoothing = page.getByRole('slider', { name: 'Smoothing' })
    await smoothing.fill('7')
    expect(await smoothing.getAttribute('aria-valuetext')).toBe('500 steps')
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2 + 1)
    const wide = await read(page)
    // the loss falls, and a mean over more steps lags more
    expect(Number(wide.lines['train'])).toBeGreaterThan(Number(lines['train']))
    expect(wide.lines['test']).toBe(lines['test'])
    await smoothing.fill('0')
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2)
    expect((await read(page)).head).toMatch(/^epoch \d\.\d\d$/)
    await page.reload()
    await page.waitForSelector('main[aria-busy=false]')
    expect(await smoothing.inputValue()).toBe('0')
  })

  it('are zoomed in on by the finger that pressed first, not by one beside it', async () => {
    const { page } = await stage.open('train', { context: { hasTouch: true } })
    const box = (await page.getByRole('img', { name: /^Loss by epoch/ }).boundingBox())!
    const session = await page.context().newCDPSession(page)
    const fingers = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...at: number[]) =>
      session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: at.map((x, id) => ({ id, x: box.x + x * box.width, y: box.y + box.height / 2 })),
      })
    const selection = page.locator('.mark.selection')
    await fingers('touchStart', 0.3)
    await fingers('touchStart', 0.3, 0.7)
    await fingers('touchMove', 0.3, 0.5)
    await fingers('touchMove', 0.3, 0.55)
    expect(await selection.count()).toBe(0)
    await fingers('touchMove', 0.4, 0.55)
    await expect.poll(() => selection.count()).toBe(1)
    await fingers('touchEnd')
    await expect.poll(() => selection.count()).toBe(0)
  })

  it('before there are digits stand beside what says why all is grey; they are drawn within the first epoch', async () => {
    const { page, problems } = await stage.open('train', { script: 'empty', pace: 60 })
    await page.getByRole('main').getByRole('button', { name: 'Start training' }).click()
    await page.getByText('untrained, so grey: soon drawn again').waitFor()
    const samples = page.getByRole('img', { name: /^Samples/ })
    await expect.poll(() => samples.getAttribute('aria-label')).toMatch(/^Samples of epoch 0: /)
    await page.getByText(/^epoch 1, step \d+$/).waitFor()
    const drawn = () => samples.evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL())
    await expect.poll(() => samples.getAttribute('aria-label')).toMatch(/^Samples after \d+ steps: ten rows/)
    const first = await drawn()
    await expect.poll(drawn).not.toBe(first)
    expect(await page.getByRole('img', { name: /^Reconstructions after \d+ steps/ }).count()).toBe(1)
    // epoch 0 is there for a person who looks at it, and what is newest for one who follows
    await page.keyboard.press('Home')
    await expect.poll(() => samples.getAttribute('aria-label')).toMatch(/^Samples of epoch 0: /)
    await page.getByText('epoch 0: untrained, so grey').waitFor()
    await page.keyboard.press('l')
    await expect.poll(() => samples.getAttribute('aria-label')).toMatch(/^Samples (after|of epoch [1-9])/)
    await expect.poll(() => samples.getAttribute('aria-label')).toMatch(/^Samples of epoch [1-9]/)
    expect(problems).toEqual([])
  })

  it('while it is followed are the newest, in tile and legend, from the first steps on', async () => {
    const { page, problems } = await stage.open('train', { script: 'empty', pace: 60 })
    await page.getByRole('main').getByRole('button', { name: 'Start training' }).click()
    await expect.poll(async () => (await read(page)).head).toBe('now, smoothed')
    const first = await read(page)
    const known = Object.entries(first.tiles).filter(([, { value }]) => Number(value) > 0)
    expect(known.map(([name]) => name)).toEqual(['Training loss', 'Reconstruction', 'KL z1', 'KL z2', 'KL weight'])
    expect(first.tiles['Test loss']!.value).toBe('–')
    expect(first.tiles['Reconstruction']!.note).toBe('train')
    // the numbers go on, and the two say the same at any moment
    await expect
      .poll(async () => (await read(page)).tiles['Training loss']!.value)
      .not.toBe(first.tiles['Training loss']!.value)
    for (let i = 0; i < 5; i++) {
      const { tiles, lines } = await read(page)
      expect(lines['train']).toBe(tiles['Training loss']!.value)
      await page.waitForTimeout(100)
    }
    // once there is a test they say which one; the placed playhead shows an epoch and nothing else
    await expect.poll(async () => (await read(page)).tiles['Test loss']).toMatchObject({ note: 'epoch 1' })
    expect((await read(page)).tiles['KL z1']!.note).toBe('epoch 1')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowRight')
    await expect.poll(async () => (await read(page)).head).toBe('epoch 1')
    expect((await read(page)).tiles['KL z1']!.note).toBe('')
    expect(problems).toEqual([])
  })
})
