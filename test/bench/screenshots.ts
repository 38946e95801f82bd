/**
 * `npm run screenshots -- [--result DIR] [--run NAME] [--readme]`: every view as a person sees it, in both sizes and
 * both themes, of the app that `npm start -- --browser` serves.
 *
 * Without `--result` it begins with nothing, trains a short run and shows that too, before, during and after. With it,
 * a copy of that result folder is shown. `--readme` writes the README's pictures.
 */
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { launchBrowser } from '../renderer/browser'
import { openDoor } from './door'

const { values: given } = parseArgs({
  options: {
    result: { type: 'string' },
    run: { type: 'string' },
    out: { type: 'string', default: 'out/screenshots' },
    readme: { type: 'boolean', default: false },
  },
})
const root = resolve(import.meta.dirname, '../..')
const out = resolve(given.out)
const sizes = [
  { width: 1280, height: 800 },
  { width: 900, height: 600 },
  { width: 2560, height: 1440 },
]
const themes = ['light', 'dark'] as const
type Theme = (typeof themes)[number]
const views = ['Train', 'Gallery', 'Checkpoints', 'Runs', 'Lossy', 'Explore', 'Data', 'Settings'] as const
type View = (typeof views)[number]

const folder = await mkdtemp(join(tmpdir(), 'vlae-screenshots-'))
if (given.result !== undefined) await cp(given.result, join(folder, 'result'), { recursive: true })
await mkdir(out, { recursive: true })
const door = await openDoor(folder)
const browser = await launchBrowser()
try {
  const page = await (await browser.newContext({ viewport: sizes[0]! })).newPage()
  await page.goto(door.url)
  await page.waitForSelector('main[aria-busy=false]')
  if (given.result === undefined) await trainFromNothing(page)
  if (given.run !== undefined) await chooseRun(page, given.run)
  await showFinished(page)
} finally {
  await browser.close()
  await door.close()
  await rm(folder, { recursive: true })
}

async function trainFromNothing(page: Page): Promise<void> {
  for (const view of views) {
    await show(page, view)
    await shoot(page, `empty-${view.toLowerCase()}`)
  }
  await show(page, 'Settings')
  await page.getByLabel('Epochs', { exact: true }).fill('12')
  await page.getByLabel('Image limit').fill('6000')
  await show(page, 'Train')
  await page.getByRole('button', { name: 'Start', exact: true }).click()
  await epochReached(page, 4)
  await shoot(page, 'training-train')
  for (const view of ['Gallery', 'Checkpoints', 'Runs'] as const) {
    await show(page, view)
    await shoot(page, `training-${view.toLowerCase()}`)
  }
  await epochReached(page, 12)
  await page.locator('header [role=status]').getByText('Done').waitFor({ timeout: 60_000 })
}

async function epochReached(page: Page, epoch: number): Promise<void> {
  const film = page.getByRole('slider', { name: 'Epoch', exact: true })
  await film.and(page.locator(`[aria-valuemax="${epoch}"]`)).waitFor({ timeout: 300_000 })
}

async function chooseRun(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: /^Run shown/ }).click()
  await page.getByRole('menuitemradio', { name }).first().click()
}

async function showFinished(page: Page): Promise<void> {
  await show(page, 'Train')
  await shoot(page, 'train')
  if (given.readme) await picture(page, 'train', 'light')

  await show(page, 'Gallery')
  await shoot(page, 'gallery')
  await page.getByRole('button', { name: 'Reconstructions' }).click()
  await shoot(page, 'gallery-reconstructions')
  await page.getByRole('button', { name: 'Samples' }).click()

  await show(page, 'Checkpoints')
  await shoot(page, 'checkpoints')
  await page.getByRole('button', { name: /^Sample from epoch/ }).click()
  await page.getByRole('img', { name: /^New samples of epoch/ }).waitFor({ timeout: 120_000 })
  await shoot(page, 'checkpoints-samples')
  await page.getByRole('button', { name: 'Evaluate', exact: true }).click()
  await page.getByRole('button', { name: /^Evaluate epoch/ }).click()
  await page.getByText(/^Nats per image, over/).waitFor({ timeout: 300_000 })
  await shoot(page, 'checkpoints-evaluated')
  await page.getByRole('button', { name: 'Continue from here' }).click()
  await shoot(page, 'checkpoints-continue')
  await page.keyboard.press('Escape')

  await show(page, 'Explore')
  for (const panel of ['Draw', 'Morph', 'Latents', 'Map', 'Between two', 'Compress', 'How it works']) {
    await page.getByRole('button', { name: panel, exact: true }).click()
    await page.waitForTimeout(1500)
    await shoot(page, `explore-${panel.toLowerCase().replaceAll(' ', '-')}`)
  }

  for (const view of ['Runs', 'Lossy', 'Data', 'Settings'] as const) {
    await show(page, view)
    await shoot(page, view.toLowerCase())
  }
  await page.locator('main').evaluate((main) => main.scrollTo(0, main.scrollHeight))
  await shoot(page, 'settings-end')

  // an early epoch pinned beside the last one
  await show(page, 'Train')
  for (const key of ['Home', 'ArrowRight', 'p', 'End']) await page.keyboard.press(key)
  await shoot(page, 'pinned-train')
  await show(page, 'Gallery')
  await shoot(page, 'pinned-gallery')
  if (given.readme) await picture(page, 'gallery', 'dark')
  await page.getByRole('button', { name: 'Difference' }).click()
  await shoot(page, 'pinned-gallery-difference')
  await page.getByRole('button', { name: 'Reconstructions' }).click()
  await shoot(page, 'pinned-gallery-reconstructions')
  await show(page, 'Checkpoints')
  await shoot(page, 'pinned-checkpoints')
  await page.keyboard.press('?')
  await shoot(page, 'keys')
}

async function show(page: Page, view: View): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view }).click()
}

async function shoot(page: Page, name: string): Promise<void> {
  for (const size of sizes) {
    await page.setViewportSize(size)
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme })
      await settle(page)
      await page.screenshot({ path: join(out, `${name}-${size.width}-${theme}.png`) })
    }
  }
  await page.setViewportSize(sizes[0]!)
}

async function picture(page: Page, name: string, theme: Theme): Promise<void> {
  await page.emulateMedia({ colorScheme: theme })
  await settle(page)
  const path = join(root, `docs/${name}-${theme}.png`)
  await page.screenshot({ path })
  console.log(path)
}

/** Pictures are fetched and charts drawn a moment after what they show was asked for. */
async function settle(page: Page): Promise<void> {
  await page.mouse.move(640, 2)
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
  await page.waitForTimeout(400)
}
