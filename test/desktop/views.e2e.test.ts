/** Every view in the real window, empty, while it trains and after, in two sizes and both themes; kept to be looked at. */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { patience, reach, setStage, skipped, type RunningApp, type Stage } from './app'

const pictures = resolve(import.meta.dirname, '../../out/screenshots/window')
/** Each with a theme: what fits does not depend on colours. */
const sizes = [
  [1280, 800, 'light'],
  [900, 640, 'dark'],
] as const
const views = ['Train', 'Gallery', 'Checkpoints', 'Runs', 'Explore', 'Data', 'Settings'] as const

describe.skipIf(skipped)('the views', () => {
  let stage: Stage
  let app: RunningApp
  const problems: string[] = []
  beforeAll(async () => {
    await mkdir(pictures, { recursive: true })
    stage = await setStage()
    app = await stage.start({ settings: { dataFolder: await stage.fewTests(), run: { limit: 1280, epochs: 24 } } })
    app.page.on('pageerror', (error) => problems.push(error.message))
    app.page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) problems.push(message.text())
    })
  })
  afterAll(() => stage?.close())

  const tooWide = (): Promise<string[]> =>
    app.page.evaluate(`[...document.querySelectorAll('html, header.head, main, nav, .timeline')]
      .filter((element) => element.scrollWidth > element.clientWidth + 1)
      .map((element) => element.tagName + ' ' + element.className)`)

  async function show(name: string, shown: readonly (typeof views)[number][]): Promise<void> {
    for (const [width, height, theme] of sizes) {
      await app.electron.evaluate(
        ({ BrowserWindow, nativeTheme }, [width, height, theme]) => {
          BrowserWindow.getAllWindows()[0]!.setContentSize(width, height)
          nativeTheme.themeSource = theme
        },
        [width, height, theme] as const,
      )
      await expect.poll(() => app.page.evaluate('innerWidth'), patience).toBe(width)
      await expect.poll(() => app.page.locator('html').getAttribute('data-theme'), patience).toBe(theme)
      for (const view of shown) {
        await app.page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view }).click()
        await app.page.mouse.move(640, 2)
        // what is shown is asked for, then painted
        await app.page.waitForTimeout(250)
        await app.page.screenshot({ path: join(pictures, `${name}-${view.toLowerCase()}-${width}-${theme}.png`) })
        expect([view, width, theme, await tooWide()]).toEqual([view, width, theme, []])
      }
    }
  }

  it('fit while there is nothing, while it trains, and when it is done', async () => {
    await show('empty', views)
    await app.page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Train' }).click()
    await app.page.getByRole('main').getByRole('button', { name: 'Start training' }).click()
    const film = app.page.getByRole('slider', { name: 'Epoch', exact: true })
    await film.and(app.page.locator('[aria-valuemax="2"]')).waitFor(patience)
    await show('training', ['Train', 'Gallery'])
    await reach(app.page, 'Done')
    await show('done', views)
    expect(problems).toEqual([])
  })
})
