/** The whole app as a person has it: `npm start` where no window can be had, a real browser, training on real MNIST. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { folderWith, smallSet } from '../mnist/small-set'
import { patience } from '../patience'
import { goTo, launchBrowser, skipped } from '../renderer/browser'

const launcher = join(import.meta.dirname, '../../main/launch.cjs')

describe.skipIf(skipped)('npm start', () => {
  let folder: string
  let browser: Browser
  const running: ChildProcess[] = []

  beforeAll(async () => {
    browser = await launchBrowser()
  })
  afterAll(() => browser?.close())
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vlae-start-'))
  })
  afterEach(async () => {
    for (const child of running.splice(0)) await end(child)
    rmSync(folder, { recursive: true, force: true })
  })

  /** Starts the app without a display, as `npm start` does, and waits for the address it prints. */
  async function start(): Promise<{ child: ChildProcess; url: string; output: () => string }> {
    const environment: NodeJS.ProcessEnv = { ...process.env, XDG_CONFIG_HOME: join(folder, 'config') }
    delete environment['DISPLAY']
    delete environment['WAYLAND_DISPLAY']
    const child = spawn(process.execPath, [launcher, 'start', '--no-open'], { cwd: folder, env: environment })
    running.push(child)
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()))
    const url = await vi.waitUntil(() => /ready: (\S+)/.exec(said)?.[1], patience)
    return { child, url, output: () => said }
  }

  async function end(child: ChildProcess): Promise<number | null> {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const code = new Promise<number | null>((resolve) => child.once('exit', resolve))
    child.kill('SIGINT')
    return code
  }

  async function visit(url: string, problems: string[]): Promise<Page> {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage()
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    return goTo(page, url)
  }

  const loss = (page: Page) => page.getByRole('img', { name: /^Loss by epoch/ }).getAttribute('aria-label')
  const state = (page: Page) => page.locator('header.head [role=status]').textContent()
  const newest = (page: Page) => page.getByRole('slider', { name: 'Epoch' }).getAttribute('aria-valuemax')
  const step = (page: Page) =>
    page.getByRole('progressbar', { name: 'Training' }).getAttribute('aria-valuenow').then(Number)
  /** A picture on a canvas, as a string that changes when a pixel does. */
  const pixels = (page: Page, name: RegExp): Promise<string> =>
    page
      .getByRole('img', { name })
      .first()
      .evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL())

  it('shows a point in the chart and digits out of noise right after the first press', async () => {
    const problems: string[] = []
    const { url, output } = await start()
    expect(output()).toContain('There is no display for a window here, so the app opens in the browser.')
    const page = await visit(url, problems)
    const press = page.getByRole('main').getByRole('button', { name: 'Start training' })
    await press.waitFor()
    await page.evaluate(timeFirsts)
    await press.click()
    const times = await vi.waitUntil(() => page.evaluate(firsts), patience)
    const { point, gallery } = times
    console.info(`After the first press: first point ${point} ms, pictures of epoch 0 ${gallery} ms.`)
    const [run] = readdirSync(join(folder, 'result'))
    expect(readdirSync(join(folder, 'result', run!))).toContain('sample_conditioned_epoch0.png')
    expect(await state(page)).toContain('Training')
    expect(problems).toEqual([])
    await page.context().close()
  })

  it('tells the whole story', async () => {
    const problems: string[] = []
    writeSettings({ dataFolder: join(folder, 'data'), run: { epochs: 200 } })
    await rename(await folderWith(await smallSet(3200, 100)), join(folder, 'data'))
    const first = await start()
    const page = await visit(first.url, problems)

    // start: charts move
    await page.getByRole('main').getByRole('button', { name: 'Start training' }).click()
    await expect.poll(() => loss(page), patience).toContain('train: from')
    await expect.poll(() => newest(page), patience).toBe('2')
    await expect.poll(() => loss(page), patience).toContain('test: from')

    // pause: no step after it
    await page.getByRole('button', { name: 'Pause' }).click()
    await expect.poll(() => state(page), patience).toContain('Paused')
    const [run] = readdirSync(join(folder, 'result'))
    const stood = { step: runFile(run!).step, shown: await loss(page) }
    expect(runFile(run!).status).toBe('paused')
    await page.waitForTimeout(1000)
    expect({ step: runFile(run!).step, shown: await loss(page) }).toEqual(stood)
    expect(lines(run!).filter((line) => line.type === 'step').length).toBe(stood.step)
    await page.getByRole('button', { name: 'Resume' }).click()
    await expect.poll(() => loss(page), patience).not.toBe(stood.shown)

    // the slider changes the pictures; pinned, two epochs stand side by side
    await page.keyboard.press('2')
    await page.locator('main').focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('p')
    await page.getByText('Epoch 0, pinned', { exact: true }).waitFor()
    await expect.poll(() => pixels(page, /^Samples of epoch 0/), patience).toMatch(/^data:/)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await expect
      .poll(async () => (await pixels(page, /^Samples of epoch 2/)) !== (await pixels(page, /^Samples of epoch 0/)))
      .toBe(true)
    await page.getByText('Difference', { exact: true }).click()
    await page.getByText('What changed from epoch 0 to 2').waitFor()

    // in the middle of it: loaded anew, nothing is lost; a second tab shows the same
    await page.keyboard.press('1')
    await page.reload()
    await expect.poll(() => loss(page), patience).toContain('test: from')
    expect(await loss(page)).toContain('train: from')
    const second = await visit(first.url, problems)
    await expect.poll(() => loss(second), patience).toContain('test: from')
    await page.getByRole('button', { name: 'Pause' }).click()
    for (const tab of [page, second]) await expect.poll(() => state(tab), patience).toContain('Paused')
    await expect.poll(async () => (await loss(second)) === (await loss(page)), patience).toBe(true)
    expect(await step(second)).toBe(await step(page))
    await second.context().close()

    // stop; a checkpoint is drawn from, and goes on as a new run
    await page.getByRole('button', { name: 'Stop' }).click()
    await expect.poll(() => state(page), patience).toContain('Stopped')
    await page.keyboard.press('3')
    await page.getByRole('button', { name: 'Epoch 2', exact: false }).first().click()
    await page.getByRole('button', { name: 'Sample from epoch 2' }).click()
    await page.getByRole('img', { name: 'New samples of epoch 2' }).waitFor()
    await page.getByRole('button', { name: 'Continue from here' }).click()
    await page.getByRole('dialog').getByLabel('Name').fill('second wind')
    await page.getByRole('dialog').getByLabel('Epochs').fill('1')
    await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click()
    await expect.poll(() => state(page), patience).toContain('Done')
    // nothing more comes of it, so nothing is live
    await page.getByRole('button', { name: 'Newest', pressed: false }).waitFor()

    // both runs in one chart
    await page.keyboard.press('4')
    await page.getByRole('checkbox', { name: 'Draw second wind' }).waitFor()
    for (const box of await page.getByRole('checkbox').all()) await box.check()
    await expect
      .poll(() => page.getByRole('img', { name: /^Test loss by epoch/ }).getAttribute('aria-label'), patience)
      .toMatch(/ladder: .*second wind: |second wind: .*ladder: /)

    // along the time that their steps took; and what is noted of one is in its folder
    await page.getByRole('combobox', { name: 'Along' }).selectOption('Time')
    await expect
      .poll(
        () => page.getByRole('img', { name: /^Test loss by (seconds|minutes)/ }).getAttribute('aria-label'),
        patience,
      )
      .toMatch(/second wind: from/)
    await page.getByLabel('Actions for second wind').click()
    await page.getByRole('menuitem', { name: 'Note and tags' }).click()
    await page.getByRole('dialog').getByLabel('Note').fill('why not')
    await page.getByRole('dialog').getByLabel('Tags').fill('winds')
    await page.getByRole('dialog').getByRole('button', { name: 'Keep' }).click()
    await page.getByRole('button', { name: 'winds', exact: true }).waitFor()

    // settings outlive the app
    await page.keyboard.press('8')
    await page.getByText('Dark', { exact: true }).click()
    await expect.poll(() => JSON.stringify(settingsFile()), patience).toContain('"theme":"dark"')
    await page.context().close()
    expect(await end(first.child)).toBe(0)
    const again = await start()
    const later = await visit(again.url, problems)
    await expect.poll(() => later.locator('html').getAttribute('data-theme'), patience).toBe('dark')
    await later.keyboard.press('4')
    await later.getByRole('checkbox', { name: 'Draw second wind' }).waitFor()
    await later.getByText('why not', { exact: true }).waitFor()
    expect(problems).toEqual([])
    await later.context().close()
  })

  const settingsPath = () => join(folder, 'config', 'vlae-studio', 'settings.json')
  const settingsFile = (): unknown => JSON.parse(readFileSync(settingsPath(), 'utf8'))

  function writeSettings(settings: object): void {
    mkdirSync(join(folder, 'config', 'vlae-studio'), { recursive: true })
    writeFileSync(settingsPath(), JSON.stringify(settings))
  }

  function runFile(run: string): { status: string; step: number } {
    return JSON.parse(readFileSync(join(folder, 'result', run, 'run.json'), 'utf8')) as { status: string; step: number }
  }

  function lines(run: string): { type: string }[] {
    const text = readFileSync(join(folder, 'result', run, 'metrics.jsonl'), 'utf8')
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string })
  }
})

interface Firsts {
  /** Milliseconds from the press, as the page shows them. */
  point?: number
  gallery?: number
}

/* In the browser, where the tests' types end. */
declare const document: {
  querySelector(selector: string): unknown
  addEventListener(type: 'click', listener: () => void, options: object): void
}
declare const requestAnimationFrame: (frame: () => void) => void
declare const window: { firsts?: Firsts }

/** Notes, from the next click on, when the chart has its first point and the pictures of epoch 0 are drawn. */
function timeFirsts(): void {
  const seen: Firsts = {}
  window.firsts = seen
  document.addEventListener('click', begin, { capture: true, once: true })
  function begin(): void {
    const pressed = performance.now()
    look()
    function look(): void {
      const now = Math.round(performance.now() - pressed)
      if (document.querySelector('[role=img][aria-label^="Loss by epoch. train: from"]')) seen.point ??= now
      if (document.querySelector('[role=img][aria-label^="Samples of epoch 0:"]')) seen.gallery ??= now
      if (seen.point === undefined || seen.gallery === undefined) requestAnimationFrame(look)
    }
  }
}

function firsts(): Required<Firsts> | null {
  const { firsts: seen } = window
  return seen?.point === undefined || seen.gallery === undefined ? null : { point: seen.point, gallery: seen.gallery }
}
