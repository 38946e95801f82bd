/** What a person expects of any window: its menu and keys, its theme, zoom and place, kept over a restart. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { externalLinks } from '../../main/desktop/security/external-links'
import { patience, quit, setStage, skipped, type RunningApp, type Stage } from './app'
import { answerFolder, choose, isFocused, keyboardIsThere, press } from './hands'

describe.skipIf(skipped)('the window', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await setStage()
  })
  afterEach(() => stage?.clear())
  afterAll(() => stage?.close())

  const bounds = ({ electron }: RunningApp) =>
    electron.evaluate(({ BrowserWindow, screen }) => {
      const [window] = BrowserWindow.getAllWindows()
      return { window: window!.getBounds(), screen: screen.getPrimaryDisplay().workArea }
    })
  const zoom = ({ electron }: RunningApp) =>
    electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.webContents.getZoomLevel())
  const fullScreen = ({ electron }: RunningApp) =>
    electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.isFullScreen())

  const minimized = ({ electron }: RunningApp) =>
    electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.isMinimized())

  it.skipIf(!keyboardIsThere)('has a menu whose keys do what it says', async () => {
    const app = await stage.start()
    const { electron, page } = app
    const opened = await answerFolder(app, null)
    await press(stage, app, 'ctrl+o')
    await vi.waitUntil(async () => (await opened()).length === 1, patience)
    await electron.evaluate(({ shell }) => {
      shell.openPath = async (path) => (Object.assign(globalThis, { path }), '')
    })
    await mkdir(app.place.result)
    await press(stage, app, 'ctrl+shift+r')
    const path = () => electron.evaluate(() => (globalThis as { path?: string }).path)
    await vi.waitUntil(async () => (await path()) === app.place.result, patience)

    for (const [keys, level] of [
      ['ctrl+plus', 0.5],
      // where plus is on a key with equals, nobody presses Shift for it
      ['ctrl+equal', 1],
      ['ctrl+minus', 0.5],
      ['ctrl+KP_Add', 1],
      ['ctrl+KP_Subtract', 0.5],
      ['ctrl+0', 0],
    ] as const) {
      await press(stage, app, keys)
      await vi.waitUntil(async () => (await zoom(app)) === level, { timeout: 10_000 }).catch(() => undefined)
      expect([keys, await zoom(app)]).toEqual([keys, level])
    }
    await press(stage, app, 'F11')
    await vi.waitUntil(() => fullScreen(app), patience)
    await press(stage, app, 'F11')
    await vi.waitUntil(async () => !(await fullScreen(app)), patience)

    // the page's own keys, and the clipboard's in a field
    await press(stage, app, '7')
    const field = page.getByRole('textbox', { name: 'Folder with the data' })
    await field.fill('/some/where')
    await press(stage, app, 'ctrl+a')
    await press(stage, app, 'ctrl+x')
    await vi.waitUntil(async () => (await field.inputValue()) === '', patience)
    await press(stage, app, 'ctrl+v')
    await vi.waitUntil(async () => (await field.inputValue()) === '/some/where', patience)
    expect(await electron.evaluate(({ clipboard }) => clipboard.readText())).toBe('/some/where')

    await page.evaluate('globalThis.before = true')
    await press(stage, app, 'ctrl+r')
    await vi.waitUntil(() => page.evaluate('globalThis.before === undefined').catch(() => false), patience)
    await page.waitForSelector('main[aria-busy=false]')
    await press(stage, app, 'ctrl+m')
    await vi.waitUntil(() => minimized(app), patience)
    await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.restore())
    await press(stage, app, 'ctrl+q')
    expect(await app.ended()).toEqual({ code: 0, signal: null })
  })

  it('opens the papers in the browser, and nothing else', async () => {
    const app = await stage.start()
    await app.electron.evaluate(({ shell }) => {
      const addresses: string[] = []
      Object.assign(globalThis, { addresses })
      shell.openExternal = async (address) => void addresses.push(address)
    })
    for (const name of ['Variational Lossy Autoencoder', 'Inverse Autoregressive Flow'])
      await choose(app, 'Help', `Paper: ${name}`)
    expect(await app.electron.evaluate(() => (globalThis as unknown as { addresses: string[] }).addresses)).toEqual([
      externalLinks.vlae,
      externalLinks.iaf,
    ])
  })

  it('is light or dark as the person says, or as the system is; so it stays', async () => {
    const app = await stage.start()
    const { electron, page } = app
    const looks = async (app: RunningApp) => ({
      page: await app.page.locator('html').getAttribute('data-theme'),
      window: await app.electron.evaluate(({ BrowserWindow, nativeTheme }) => ({
        source: nativeTheme.themeSource,
        ground: BrowserWindow.getAllWindows()[0]!.getBackgroundColor().toUpperCase(),
      })),
    })
    const light = { page: 'light', window: { source: 'light', ground: '#F4F4F2' } }
    const dark = { page: 'dark', window: { source: 'dark', ground: '#121213' } }
    await page.keyboard.press('8')
    for (const [name, wanted] of [
      ['Light', light],
      ['Dark', dark],
      ['System', { page: 'light', window: { ...light.window, source: 'system' } }],
    ] as const) {
      await page.getByRole('button', { name, exact: true }).click()
      await expect.poll(() => looks(app), patience).toEqual(wanted)
    }
    // the system becomes dark
    await electron.evaluate(({ nativeTheme }) => (nativeTheme.themeSource = 'dark'))
    await expect.poll(() => looks(app), patience).toEqual(dark)
    await page.getByRole('button', { name: 'Dark', exact: true }).click()
    const kept = () => readFile(join(app.place.user, 'settings.json'), 'utf8').catch(() => '')
    await vi.waitUntil(async () => /"theme":\s*"dark"/.test(await kept()), patience)
    expect(await quit(app)).toEqual({ code: 0, signal: null })

    const again = await stage.start({ place: app.place })
    expect(await looks(again)).toEqual(dark)
  })

  it('opens where it was, as large as it was, with the zoom it had', async () => {
    const app = await stage.start()
    await app.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]!.setBounds({ x: 140, y: 90, width: 1000, height: 700 }),
    )
    for (let i = 0; i < 3; i++) await choose(app, 'View', 'Zoom In')
    await expect.poll(() => zoom(app), patience).toBe(1.5)
    expect(await quit(app)).toEqual({ code: 0, signal: null })
    const again = await stage.start({ place: app.place })
    const { window } = await bounds(again)
    expect(window).toMatchObject({ width: 1000, height: 700 })
    // the window manager's frame may or may not be counted
    expect(Math.abs(window.x - 140) + Math.abs(window.y - 90)).toBeLessThan(60)
    await expect.poll(() => zoom(again), patience).toBe(1.5)
  })

  it('opens on a screen that is there, when the one it was on is not', async () => {
    const place = await stage.place()
    const away = { x: 4000, y: 300, width: 3000, height: 2000, maximized: false }
    await writeFile(join(place.user, 'window.json'), JSON.stringify({ bounds: away }))
    const { window, screen } = await bounds(await stage.start({ place }))
    expect(window.x).toBeGreaterThanOrEqual(screen.x)
    expect(window.y).toBeGreaterThanOrEqual(screen.y)
    expect(window.x + window.width).toBeLessThanOrEqual(screen.x + screen.width)
    expect(window.y + window.height).toBeLessThanOrEqual(screen.y + screen.height)
  })

  it('comes forward when the app is started again, from where it was put away', async () => {
    const app = await stage.start()
    await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.minimize())
    await vi.waitUntil(() => minimized(app), patience)
    expect(await stage.startAgain(app.place)).toBe(0)
    await vi.waitUntil(async () => !(await minimized(app)), patience)
    if (keyboardIsThere) await vi.waitUntil(() => isFocused(app.electron), patience)
  })

  it('copies the diagnostics', async () => {
    const { electron, page } = await stage.start()
    await electron.evaluate(({ clipboard }) => clipboard.clear())
    await page.keyboard.press('8')
    await page.getByRole('button', { name: 'Copy diagnostics' }).first().click()
    await page.getByText('The diagnostics are copied.', { exact: false }).waitFor(patience)
    const copied = await electron.evaluate(({ clipboard }) => clipboard.readText())
    expect(copied).toMatch(/^VLAE Studio \d+\.\d+\.\d+, window\n/)
    expect(copied).toMatch(/electron \d+\.[^]*onnx-cpu: CPU/)
  })
})
