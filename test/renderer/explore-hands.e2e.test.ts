/**
 * Each panel of Explore by mouse, by finger and by keys alone, of either model, on a real checkpoint in a real browser; and what
 * makes no sense for a model without classes.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { codesName } from '../../main/runs/names'
import { patience } from '../patience'
import { skipped } from './browser'
import { type Explore, exploring, openExplore } from './exploring'

/** Either model with classes, small enough for a test. */
const either = [
  {
    name: 'the paper’s model',
    settings: { model: 'vlae', decoder: 'local', window: '4x2', limit: 20, condition: 'label' },
    shown: ['What comes back, drawn three times', 'What the model sees: ink or none'],
    numbers: 64,
    second: 'z[1]',
  },
  { name: 'the ladder', settings: { condition: 'label' }, shown: ['What comes back'], numbers: 48, second: 'z1[1]' },
]

describe.skipIf(skipped).each(either)('Explore of $name', ({ settings, shown, numbers, second }) => {
  let explore: Explore
  let page: Page
  const { pad, inHand, show, look, changes, touching, loss, objections } = exploring(() => page)
  beforeAll(async () => {
    explore = await openExplore()
    page = explore.page
    await explore.train(settings, 'trained')
    await page.getByText('comes with the app: 30 epochs').waitFor({ ...patience, state: 'detached' })
    await page.getByText(shown[0]!).waitFor(patience)
  })
  afterAll(() => explore?.close())

  const decoded = 'What this code is decoded to'
  /** Over a place, from one of its corners to the other. */
  const stroke = async (place: Locator, [x, y]: [number, number], [toX, toY]: [number, number]) => {
    const box = (await place.boundingBox())!
    await page.mouse.move(box.x + x * box.width, box.y + y * box.height)
    await page.mouse.down()
    await page.mouse.move(box.x + toX * box.width, box.y + toY * box.height, { steps: 5 })
    await page.mouse.up()
  }
  const swipe = (place: Locator, [x, y]: [number, number], [toX, toY]: [number, number]) =>
    touching(place, async (touch) => {
      await touch('touchStart', [x, y])
      for (let i = 1; i <= 5; i++) await touch('touchMove', [x + ((toX - x) * i) / 5, y + ((toY - y) * i) / 5])
      await touch('touchEnd')
    })
  const press = async (button: Locator) => {
    await button.focus()
    await page.keyboard.press('Enter')
  }
  const panel = (name: string) => page.getByRole('button', { name, exact: true })
  const cleared = () => page.getByText(/Draw an? (digit|image) on the pad/).waitFor()

  it('draws, and says what each class costs: by mouse, by finger, by keys', async () => {
    const likely = page.getByRole('list', { name: 'How likely each class is' }).getByRole('listitem')
    await panel('Clear').click()
    await cleared()
    await stroke(pad(), [0.4, 0.2], [0.6, 0.8])
    await inHand('Your drawing')
    for (const text of shown) await page.getByText(text).waitFor()
    await expect.poll(() => likely.count(), patience).toBe(10)
    await panel('Clear').tap()
    await cleared()
    await swipe(pad(), [0.5, 0.2], [0.5, 0.8])
    await inHand('Your drawing')
    await press(panel('Clear'))
    await cleared()
    await pad().focus()
    await page.keyboard.press('Space')
    for (let i = 0; i < 10; i++) await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Space')
    await inHand('Your drawing')
    expect(await objections()).toEqual([])
  })

  it('writes all ten digits by one hand: by mouse, by finger, by keys', async () => {
    const ten = page.getByRole('group', { name: /in hand as all ten classes$/ })
    for (const open of [() => show('Morph'), () => panel('Morph').tap(), () => press(panel('Morph'))]) {
      await show('Draw')
      await open()
      await ten.waitFor()
      expect(await ten.locator('figcaption').allTextContents()).toEqual([...'0123456789'])
    }
    expect(await objections()).toEqual([])
  })

  it('changes a code and keeps it: by mouse, by finger, by keys', async () => {
    await show('Latents')
    const slider = page.getByRole('slider', { name: /^z\d?\[\d+\], .* bits$/ }).first()
    await page.getByText('The code of Your drawing').waitFor()
    await changes(decoded, () => stroke(slider, [0.5, 0.5], [0.95, 0.5]))
    await page.getByText('1 number changed').waitFor()
    await panel('Reset all').click()
    await page.getByText('1 number changed').waitFor({ state: 'detached' })
    await changes(decoded, () => swipe(slider, [0.5, 0.5], [0.9, 0.5]))
    await panel('Reset all').tap()
    await page.getByText('1 number changed').waitFor({ state: 'detached' })
    await slider.focus()
    await changes(decoded, async () => {
      for (let i = 0; i < 3; i++) await page.keyboard.press('PageUp')
    })
    await press(panel('Save this code'))
    await page.getByRole('button', { name: 'Rename Code 1' }).waitFor()
    const run = explore.studio.training.run!
    const file = join(explore.results, run, codesName)
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ codes: [{ name: 'Code 1', epoch: 1 }] })
    expect(await objections()).toEqual([])
  })

  it('maps the codes of test images: by mouse, by finger, by keys, by PCA and UMAP', async () => {
    await show('Map')
    const map = page.getByRole('application', { name: 'Map of the codes of 20 test images, epoch 1' })
    await map.waitFor()
    const inBox = (count: RegExp | string) => page.getByRole('heading', { name: count })
    const told = page.getByRole('region', { name: 'What is pointed at' }).getByText(/^Test image \d+, /)
    const [near, far] = [[0.015, 0.015] as [number, number], [0.985, 0.985] as [number, number]]
    await map.hover()
    await told.waitFor()
    for (const box of [stroke, swipe]) {
      await box(map, near, far)
      await inBox('20 images in the box').waitFor()
      await map.focus()
      await page.keyboard.press('Escape')
      await inBox(/in the box/).waitFor({ state: 'detached' })
    }
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Shift+ArrowRight')
    await inBox(/^\d+ images? in the box$/).waitFor()
    const chosen = (await told.textContent())!
    await page.keyboard.press('Enter')
    await inHand(chosen.replace(/,.*/, ''))
    await page.keyboard.press('Escape')
    await panel('UMAP').tap()
    await page.getByRole('application', { name: 'epoch 1, by UMAP' }).waitFor()
    await panel('PCA').tap()
    await page.getByRole('application', { name: 'epoch 1, by PCA' }).waitFor()
    expect(await objections()).toEqual([])
  })

  it('goes from one digit to another, straight and along the prior: by mouse, by finger, by keys', async () => {
    await show('Between two')
    const way = page.getByRole('img', { name: /^\d+ steps from/ })
    await way.waitFor()
    const [straight, along] = ['Straight', 'Along the prior'].map((name) => page.getByText(name, { exact: true }))
    let seen = await look(way)
    const another = async () => {
      await vi.waitUntil(async () => (await look(way)) !== seen, patience)
      seen = await look(way)
    }
    await straight!.click()
    await another()
    await press(along!)
    await another()
    await straight!.tap()
    await another()
    await press(panel('PNG'))
    expect(await objections()).toEqual([])
  })

  it('packs the digit as real bits', async () => {
    await press(panel('Compress'))
    await page.getByRole('heading', { name: /^\d+ bits, \d+ B$/ }).waitFor(patience)
    await page.getByRole('row', { name: /^As PNG, / }).first().waitFor() // prettier-ignore
    expect(await objections()).toEqual([])
  })

  it('shows how it works, and why samples look as they do: by mouse, by finger, by keys', async () => {
    await show('How it works')
    const { code, rest, lights } = loss()
    await code.hover()
    await lights(true)
    await rest.tap()
    await lights(false)
    await code.focus()
    await lights(true)
    await page.getByRole('img', { name: new RegExp(`^The code: ${numbers} numbers`) }).focus()
    await page.keyboard.press('ArrowRight')
    await page.getByText(`${second} is `).filter({ hasText: / ± \d\.\d\d here, and costs: / }).waitFor() // prettier-ignore
    expect(await objections()).toEqual([])
    const why = panel('Why do my samples look like this?')
    for (const open of [() => why.click(), () => why.tap(), () => press(why)]) {
      await open()
      await page.getByText('Looking at where its codes lie').waitFor({ state: 'detached' })
      await page.getByText(/^Let it train|^Train it for more epochs/).first().waitFor() // prettier-ignore
      await page.keyboard.press('Escape')
    }
    expect(explore.problems).toEqual([])
  })
})

describe.skipIf(skipped)('Explore of a model without classes', () => {
  let explore: Explore
  beforeAll(async () => (explore = await openExplore()))
  afterAll(() => explore?.close())

  it('says what makes no sense', async () => {
    const { page, train, problems } = explore
    const { show } = exploring(() => page)
    await train({ model: 'vlae', decoder: 'local', window: '4x2', prior: 'gaussian', limit: 20 }, 'paper')
    await show('Draw')
    await page.getByText('The prior of this model knows no classes').waitFor(patience)
    await show('Morph')
    await page.getByText('There is no class to change').waitFor()
    await show('Latents')
    await page.getByRole('slider', { name: /^z\[64\], / }).waitFor()
    await show('How it works')
    await page.getByText('Set beforehand, alike for all numbers, and told nothing, it has a grey hump').waitFor()
    await page.getByText('Told the code and the pixels before, the decoder').waitFor()
    await page.getByText('what comes back would be any picture.').waitFor()
    await page.getByText('expected of an image').waitFor()
    await page.getByText('Decoded from codes picked at random').waitFor()
    await page.getByText('Decoding…').waitFor({ state: 'detached' })
    expect(problems).toEqual([])
  })
})
