/**
 * Explore as its user meets it, on real checkpoints in a real browser: a digit drawn by mouse, by finger and by keys, dropped and
 * taken from the test set; its class changed, its code changed and saved, gone from to another.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { codesName } from '../../main/runs/names'
import { patience } from '../patience'
import { goTo, skipped } from './browser'
import { type Explore, exploring, openExplore } from './exploring'

describe.skipIf(skipped)('Explore', () => {
  let explore: Explore
  let [page, studio, results, problems] = [] as unknown as [Page, Explore['studio'], string, string[]]
  const train: Explore['train'] = (...run) => explore.train(...run)
  beforeAll(async () => {
    explore = await openExplore()
    ;({ page, studio, results, problems } = explore)
  })
  afterAll(() => explore?.close())
  const { pad, inHand, show, look, changes, touching, loss, objections } = exploring(() => page)

  it('is open before anything was trained: the model that comes with the app, until there is a run of one’s own', async () => {
    await page.getByText('comes with the app: 30 epochs of MNIST').waitFor()
    await inHand('Test image 0')
    await page.getByRole('button', { name: 'Clear' }).click()
    const box = (await pad().boundingBox())!
    await page.mouse.move(box.x + box.width / 2, box.y + 0.2 * box.height)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width / 2, box.y + 0.8 * box.height, { steps: 5 })
    await page.mouse.up()
    await inHand('Your drawing')
    await page.getByText('the likeliest class').waitFor()
    await show('Latents')
    await page.getByText('Codes are saved with runs of your own.').waitFor()
    await show('How it works')
    await page.getByText('Over all test images, epoch 30 has').waitFor()
    expect(await objections()).toEqual([])
    expect(await readdir(results)).toEqual([])
    for (let i = 0; i < 2; i++) await page.getByRole('button', { name: 'Take the last stroke back' }).click()
    await show('Draw')

    const model = page.getByRole('combobox', { name: 'The model' })
    expect(await model.count()).toBe(0)
    await train({ condition: 'label', epochs: 2 }, 'ladder')
    await model.waitFor()
    expect(await model.locator('option').allTextContents()).toEqual(['ladder', 'Comes with the app'])
    expect(await model.inputValue()).toBe('own')
    await model.selectOption('shipped')
    await page.getByText('comes with the app: 30 epochs of MNIST').waitFor()
    await model.selectOption('own')
    await page.getByText('comes with the app: 30 epochs').waitFor({ state: 'detached' })
    await page.getByText('Which class it is').waitFor()
  })

  it('begins with a test image, and a drawing by mouse takes its place at every stroke, until that is taken back', async () => {
    await inHand('Test image 0')
    expect(await page.getByRole('list', { name: 'How likely each class is' }).getByRole('listitem').count()).toBe(10)
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByText(/Draw an? (digit|image) on the pad/).waitFor()
    const box = (await pad().boundingBox())!
    const at = (x: number, y: number) => [box.x + x * box.width, box.y + y * box.height] as const
    await page.mouse.move(...at(0.3, 0.2))
    await page.mouse.down()
    await page.mouse.move(...at(0.7, 0.25), { steps: 5 })
    await inHand('Your drawing')
    await page.getByText('the likeliest class').waitFor()
    // before the pen is lifted
    await changes('What the model sees', () => page.mouse.move(...at(0.4, 0.8), { steps: 5 }))
    await page.mouse.up()
    await changes('What the model sees', async () => {
      await page.getByRole('button', { name: 'Eraser' }).click()
      await page.mouse.move(...at(0.3, 0.2))
      await page.mouse.down()
      await page.mouse.move(...at(0.5, 0.22), { steps: 4 })
      await page.mouse.up()
    })
    await page.getByRole('button', { name: 'Pen', exact: true }).click()
    for (let i = 0; i < 3; i++) await page.getByRole('button', { name: 'Take the last stroke back' }).click()
    await inHand('Test image 0')
  })

  it('is drawn on with a finger', async () => {
    await page.getByRole('button', { name: 'Clear' }).click()
    await touching(pad(), async (touch) => {
      await touch('touchStart', [0.5, 0.15])
      for (let i = 1; i <= 6; i++) await touch('touchMove', [0.5, 0.15 + i / 10])
      await touch('touchEnd')
    })
    // a quick stroke is no fling, which the next tap would only stop
    await page.getByRole('button', { name: 'Eraser' }).tap()
    await page.getByRole('button', { name: 'Eraser', pressed: true }).waitFor()
    await page.getByRole('button', { name: 'Pen', exact: true }).tap()
    await inHand('Your drawing')
    await page.getByText('Measured with the prior of').waitFor()
    expect(problems).toEqual([])
  })

  it('explains its terms and tells its bars to a finger that taps them, until it taps elsewhere', async () => {
    await page.getByText('Its code', { exact: true }).tap()
    const tip = page.locator('.tip', { hasText: 'measured against what the prior expects' })
    await tip.waitFor()
    await page.getByRole('img', { name: /^Bits of each number of the code/ }).tap()
    await tip.waitFor({ state: 'detached' })
    const bar = page.getByText(/^z[12]\[\d+\]: −?\d+\.\d\d bits$/)
    await bar.waitFor()
    await touching(page.getByRole('img', { name: /^Bits of each number of the code/ }), async (touch) => {
      await touch('touchStart', [0.1, 0.5])
      for (let i = 1; i <= 6; i++) await touch('touchMove', [0.1 + i / 10, 0.5])
      await touch('touchEnd')
    })
    await page.getByRole('heading', { name: 'What each number of its code costs' }).tap()
    await page.getByText(/numbers cost 0.1 bits or more/).waitFor()
    expect(await bar.count()).toBe(0)
  })

  it('a palm beside the finger leaves no ink, and ends no stroke', async () => {
    const ink = () => look(pad())
    await touching(pad(), async (touch) => {
      await touch('touchStart', [0.3, 0.3])
      await touch('touchMove', [0.4, 0.3])
      const before = await ink()
      await touch('touchStart', [0.4, 0.3], [0.8, 0.9])
      for (let i = 1; i <= 3; i++) await touch('touchMove', [0.4, 0.3], [0.8 - i / 20, 0.9])
      await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))')
      expect(await ink()).toBe(before)
      await touch('touchEnd', [0.4, 0.3])
      await touch('touchMove', [0.7, 0.3])
      await expect.poll(ink).not.toBe(before)
      await touch('touchEnd')
    })
  })

  it('is drawn on by keys, which nothing else hears', async () => {
    await pad().focus()
    await page.keyboard.press('Delete')
    await page.getByText(/Draw an? (digit|image) on the pad/).waitFor()
    await page.keyboard.press('Space')
    for (let i = 0; i < 14; i++) await page.keyboard.press('ArrowDown')
    await inHand('Your drawing')
    await page.keyboard.press('Space')
    await page.keyboard.press('ArrowLeft')
    expect(studio.training.phase).toBe('done')
    expect(await page.getByRole('slider', { name: 'Epoch', exact: true }).getAttribute('aria-valuenow')).toBe('2')
    await page.keyboard.press('Backspace')
    await page.getByText(/Draw an? (digit|image) on the pad/).waitFor()
  })

  it('takes a picture that is dropped, and says what is none', async () => {
    const drop = (kind: string) =>
      pad().evaluate(async (element, kind) => {
        const canvas = new OffscreenCanvas(200, 160)
        const context = canvas.getContext('2d')!
        context.fillStyle = '#ddd'
        context.fillRect(0, 0, 200, 160)
        context.fillStyle = '#223'
        if (kind === 'digit') context.fillRect(90, 30, 14, 100)
        const bytes = kind === 'text' ? new Blob(['no picture']) : await canvas.convertToBlob()
        const transfer = new DataTransfer()
        transfer.items.add(new File([bytes], `${kind}.png`, { type: 'image/png' }))
        element.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
      }, kind)
    await drop('digit')
    await inHand('digit.png')
    await drop('text')
    await page.getByText('That is no picture that can be shown.').waitFor()
    await drop('blank')
    await page.getByText('There is nothing to see in that picture.').waitFor()
    await inHand('digit.png')
    // it is still the view of Explore: a picture is no data
    expect(page.url()).toContain('#explore')
  })

  it('follows the playhead, and sets what is pinned beside it', async () => {
    await page
      .getByRole('button', { name: /^Test image 2/ })
      .first()
      .click()
    await inHand('Test image 2')
    await page.getByText('which it is').first().waitFor()
    const session = page.getByRole('slider', { name: 'Epoch', exact: true })
    await session.focus()
    await changes('What comes back', () => page.keyboard.press('Home'))
    await page.keyboard.press('p')
    await page.keyboard.press('End')
    await page.getByText('In all, pinned').waitFor()
    expect(await objections()).toEqual([])
    await page.keyboard.press('p')
  })

  it('writes all ten digits by one hand', async () => {
    await show('Morph')
    const ten = page.getByRole('group', { name: /^.+ in hand as all ten classes$/ })
    await ten.waitFor()
    expect(await ten.locator('figcaption').allTextContents()).toEqual([...'0123456789'])
    expect(await objections()).toEqual([])
  })

  it('packs the digit as real bits, beside PNG and gzip', async () => {
    await show('Compress')
    await page.getByRole('heading', { name: /^\d+ bits, \d+ B$/ }).waitFor()
    await page.getByRole('row', { name: /^As PNG, / }).waitFor()
    await page.getByText('drawn as ink and none for this').waitFor()
    expect(await objections()).toEqual([])
  })

  it('changes a code by sliders, fields and by itself, and saves, renames, deletes it and takes it back', async () => {
    await show('Latents')
    const name = 'What this code is decoded to'
    await page.getByText('The code of Test image 2').waitFor()
    const slider = page.getByRole('slider', { name: /bits$/ }).first()
    await slider.focus()
    await changes(name, async () => {
      for (let i = 0; i < 3; i++) await page.keyboard.press('PageUp')
    })
    await page.getByText('1 number changed').waitFor()
    const field = page.getByRole('textbox', { name: /as a number$/ }).nth(1)
    await changes(name, () => field.fill('-3'))
    await page.getByText('2 numbers changed').waitFor()
    await field.fill('much')
    await page.getByText('Write a number.').waitFor()
    await field.fill('2')
    await changes(name, () =>
      page
        .getByRole('button', { name: /go up and down$/ })
        .nth(2)
        .click(),
    )
    await page.getByRole('button', { name: /stand still$/ }).click()
    await page
      .getByRole('button', { name: /^Lock / })
      .first()
      .click()
    await page.getByRole('button', { name: 'Reset all' }).click()
    await page.getByText('1 number changed').waitFor()
    expect(await objections()).toEqual([])

    await page.getByRole('button', { name: 'Save this code' }).click()
    await page.getByRole('button', { name: 'Rename Code 1' }).click()
    await page.getByLabel('Name of the code').fill('my seven')
    await page.keyboard.press('Enter')
    const saved = page.getByRole('button', { name: /^my seven/ })
    await saved.waitFor()
    const kept = async () =>
      JSON.parse(await readFile(join(results, studio.training.run!, codesName), 'utf8')) as object
    expect(await kept()).toMatchObject({ codes: [{ name: 'my seven', epoch: 2 }] })
    await page.getByRole('button', { name: 'Delete my seven' }).click()
    await saved.waitFor({ state: 'detached' })
    expect(await kept()).toEqual({ codes: [] })
    await page.getByRole('button', { name: 'Undo' }).click()
    await saved.click()
    await page.getByText('48 numbers changed').waitFor()
  })

  describe('a map of codes', () => {
    const map = () => page.getByRole('application', { name: 'Map of the codes of 20 test images, epoch 2' })
    const told = () => page.getByRole('region', { name: 'What is pointed at' }).getByText(/^Test image \d+, /)
    const inBox = (count: RegExp | string) => page.getByRole('heading', { name: count })
    const corner = async (x: number, y: number) => {
      const box = (await map().boundingBox())!
      return [box.x + x * box.width, box.y + y * box.height] as const
    }

    it('is pointed at and boxed by mouse, and its classes are left out', async () => {
      await show('Map')
      await map().waitFor()
      await page.mouse.move(...(await corner(0.5, 0.5)))
      await told().waitFor()
      await changes('What this place is decoded to', async () => page.mouse.move(...(await corner(0.05, 0.95))))
      await page.mouse.move(...(await corner(0.015, 0.015)))
      await page.mouse.down()
      await page.mouse.move(...(await corner(0.985, 0.985)), { steps: 4 })
      await page.mouse.up()
      await inBox('20 images in the box').waitFor()
      await page.getByRole('button', { name: /^7\s*: 2 in the box$/ }).click()
      await inBox('18 images in the box').waitFor()
      await page.getByRole('button', { name: 'Pictures' }).click()
      expect(await objections()).toEqual([])
      await page.getByRole('button', { name: 'All classes' }).click()
      await page.getByRole('button', { name: 'Let go' }).click()
      await inBox(/in the box/).waitFor({ state: 'detached' })
    })

    it('is boxed by finger, and gone through by keys, which nothing else hears', async () => {
      await touching(map(), async (touch) => {
        await touch('touchStart', [0.015, 0.015])
        for (let i = 1; i <= 4; i++) await touch('touchMove', [0.015 + 0.24 * i, 0.015 + 0.24 * i])
        await touch('touchEnd')
      })
      await inBox('20 images in the box').waitFor()
      await page.getByRole('button', { name: 'Let go' }).tap()
      await inBox(/in the box/).waitFor({ state: 'detached' })
      await map().focus()
      await page.keyboard.press('ArrowRight')
      const first = await told().textContent()
      await page.keyboard.press('ArrowLeft')
      await vi.waitUntil(async () => (await told().textContent()) !== first, patience)
      const chosen = (await told().textContent())!
      await page.keyboard.press('Shift+ArrowRight')
      await inBox(/^\d+ images? in the box$/).waitFor()
      await page.keyboard.press('Enter')
      await inHand(chosen.replace(/,.*/, ''))
      await page.keyboard.press('Escape')
      await inBox(/in the box/).waitFor({ state: 'detached' })
      expect(await page.getByRole('slider', { name: 'Epoch', exact: true }).getAttribute('aria-valuenow')).toBe('2')
    })

    it('is laid out by UMAP, which can be stopped and begun again', async () => {
      const worker = '**/umap-worker-*.js'
      await page.route(worker, () => undefined)
      await page.getByRole('button', { name: 'UMAP' }).click()
      await page.getByRole('progressbar', { name: 'UMAP of epoch 2' }).waitFor()
      await page.getByRole('button', { name: 'Stop', exact: true }).click()
      const again = page.getByRole('button', { name: 'UMAP of epoch 2' })
      await again.waitFor()
      await page.unroute(worker)
      await again.click()
      await page.getByRole('application', { name: 'epoch 2, by UMAP' }).waitFor()
      await again.waitFor({ state: 'detached' })
      expect(await objections()).toEqual([])
      await page.getByRole('button', { name: 'PCA' }).click()
      await page.getByRole('application', { name: 'epoch 2, by PCA' }).waitFor()
    })

    it('moves with the playhead', async () => {
      const film = page.getByRole('slider', { name: 'Epoch', exact: true })
      await film.focus()
      await page.keyboard.press('Home')
      await page.getByRole('application', { name: 'Map of the codes of 20 test images, epoch 0' }).waitFor()
      await touching(film, async (touch) => {
        await touch('touchStart', [0.01, 0.5])
        for (let i = 1; i <= 4; i++) await touch('touchMove', [0.24 * i, 0.5])
        await touch('touchEnd')
      })
      await page.getByRole('button', { name: 'Pictures' }).tap()
      await page.getByRole('button', { name: 'Pictures', pressed: true }).waitFor()
      await map().waitFor()
      await page.getByRole('button', { name: 'Dots' }).click()
      expect(problems).toEqual([])
    })
  })

  it('has in sight in a small window what matters: all classes, and what is pointed at on the map', async () => {
    await page.setViewportSize({ width: 900, height: 600 })
    await show('Draw')
    const last = page.getByRole('list', { name: 'How likely each class is' }).getByRole('listitem').last()
    const here = page.getByRole('region', { name: 'What is pointed at' })
    const end = async (of: Locator) => {
      const box = (await of.boundingBox())!
      return box.y + box.height
    }
    const foot = (await page.getByRole('region', { name: 'Timeline' }).boundingBox())!.y
    expect(await end(last)).toBeLessThan(foot)
    await show('Map')
    await here.waitFor()
    expect(await end(here)).toBeLessThan(foot)
    await page.setViewportSize({ width: 1280, height: 900 })
  })

  it('asks for the first test images again where a lost connection has cut them off', async () => {
    const other = await page.context().newPage()
    let cut = 0
    await other.routeWebSocket(/socket/, (socket) => {
      const app = socket.connectToServer()
      socket.onMessage((message) => {
        if (cut > 0 || !message.toString('latin1').includes('testImages')) return app.send(message)
        cut++
        void socket.close()
      })
    })
    await goTo(other, page.url())
    await other
      .getByRole('button', { name: /^Test image 0/ })
      .first()
      .waitFor()
    expect(cut).toBe(1)
    await other.close()
  })

  it('has nothing that axe objects to in forced colours, in any panel', async () => {
    await page.emulateMedia({ forcedColors: 'active' })
    for (const panel of ['Draw', 'Morph', 'Latents', 'Map', 'Between two', 'Compress', 'How it works']) {
      await show(panel)
      await page.getByRole('region', { name: panel, exact: true }).waitFor()
      expect([panel, ...(await objections())]).toEqual([panel])
    }
    await page.emulateMedia({ forcedColors: null })
  })

  it('goes from one digit to another, and takes that along', async () => {
    await show('Between two')
    const way = page.getByRole('img', { name: /^10 steps from Test image \d+ to Test image/ })
    await way.waitFor()
    const along = await look(way)
    await page.getByText('Straight', { exact: true }).click()
    await vi.waitUntil(async () => (await look(way)) !== along, patience)
    await page.getByRole('textbox', { name: 'Steps' }).fill('4')
    await page.getByRole('img', { name: /^4 steps from/ }).waitFor()
    expect(await objections()).toEqual([])
    for (const [button, head] of [['PNG', '89504e47'] as const, ['GIF', '47494638'] as const]) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: button }).click(),
      ])
      expect((await readFile(await download.path())).subarray(0, 4).toString('hex')).toBe(head)
    }
  })

  it('shows how it works: what a part of the loss comes from lights up; and why samples look as they do', async () => {
    await show('How it works')
    const { code, rest, lights } = loss()
    await code.hover()
    await lights(true)
    await rest.focus()
    await lights(false)
    for (const alone of ['every hump would be just the grey one', 'codes would be exact, but nothing would keep'])
      expect(await page.getByText(`If only this part counted, ${alone}`).isVisible()).toBe(true)
    await page.getByText('Told the code, the decoder says how likely each pixel is ink').waitFor()
    await page
      .getByText(/told only “(a|class) \d”, it has a grey hump for each number.* those of z1 move with z2/)
      .waitFor()
    await page.getByText('Decoding…').waitFor({ state: 'detached' })
    await page.getByText('Decoded from codes picked at random from such grey humps.').waitFor()
    await page.getByRole('img', { name: 'New images' }).waitFor()
    await code.focus()
    await lights(true)
    await page.keyboard.press('Enter')
    await page.getByRole('img', { name: /^The code: 48 numbers/ }).focus()
    await page.keyboard.press('ArrowRight')
    await page.getByText(/^z1\[1\] is −?\d\.\d\d ± \d\.\d\d here, and costs: /).waitFor()
    await page.getByRole('img', { name: /^z1\[1\] in its prior’s measure: expected 0 ± 1, here / }).waitFor()
    await lights(true)
    expect(await objections()).toEqual([])
    await page.setViewportSize({ width: 900, height: 600 })
    const shown = (await page.getByRole('region', { name: 'How it works' }).boundingBox())!
    const lowest = await page.getByText('All bars together').boundingBox()
    expect(lowest!.y + lowest!.height).toBeLessThanOrEqual(shown.y + shown.height)
    // all of it, in a usual window
    await page.setViewportSize({ width: 1280, height: 800 })
    const signs = page.getByText('The formulas, sign by sign')
    const [whole, last] = [
      await page.getByRole('region', { name: 'How it works' }).boundingBox(),
      await signs.boundingBox(),
    ]
    expect(last!.y + last!.height).toBeLessThanOrEqual(whole!.y + whole!.height)
    await signs.focus()
    await page.keyboard.press('Enter')
    await page.getByText('the bits to tell q to somebody who expects p').waitFor()
    await page.getByText('What training minimises: reconstruction, plus the KL terms').waitFor()
    expect(await objections()).toEqual([])
    await page.setViewportSize({ width: 1280, height: 900 })

    await page.evaluate(listenToLoss)
    const film = page.getByRole('slider', { name: 'Epoch', exact: true })
    for (const [key, epoch] of [['ArrowLeft', 1] as const, ['End', 2] as const]) {
      await film.focus()
      await page.keyboard.press(key)
      await page.getByText(`Over all test images, epoch ${epoch} has`).waitFor()
    }
    // an epoch is never named beside another's numbers
    expect(new Set((await page.evaluate<string[]>('[...heard]')).map((heard) => heard.split(':')[0])).size).toBe(2)
    expect(await page.evaluate<number>('heard.size')).toBe(2)
    await page.getByRole('button', { name: 'Why do my samples look like this?' }).click()
    await page.getByText(/know.* the mean of all pictures/).waitFor()
    await page.getByText('Looking at where its codes lie').waitFor({ state: 'detached' })
    expect(await objections()).toEqual([])
    await page.keyboard.press('Escape')
  })
})

/** In the page: `heard` collects each epoch that the loss names, with the cost of the code beside it. */
const listenToLoss = `
  globalThis.heard = new Set()
  const loss = document.querySelector('section.loss')
  const listen = () => {
    const epoch = /Over all test images, epoch (\\d+)/.exec(loss.textContent)?.[1]
    if (epoch !== undefined) heard.add(epoch + ':' + loss.querySelector('.part b').textContent)
  }
  listen()
  new MutationObserver(listen).observe(loss, { subtree: true, childList: true, characterData: true, attributes: true })
`
