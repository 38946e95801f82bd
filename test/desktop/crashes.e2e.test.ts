/** What crashes in the real Electron, and what is left: the page, the process that trains, the app itself. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  metrics,
  patience,
  press,
  reach,
  runFile,
  runsIn,
  setStage,
  skipped,
  train,
  type RunningApp,
  type Stage,
  type StartOptions,
} from './app'

describe.skipIf(skipped)('a crash', () => {
  let stage: Stage
  let settings: NonNullable<StartOptions['settings']>
  beforeAll(async () => {
    stage = await setStage()
    settings = { dataFolder: await stage.fewTests(), run: { epochs: 200 } }
  })
  afterEach(() => stage?.clear())
  afterAll(() => stage?.close())

  /** What a page shows that Playwright has given up, since its process has died. */
  const header = ({ electron }: RunningApp) =>
    electron.evaluate(async ({ BrowserWindow }) => {
      const { webContents } = BrowserWindow.getAllWindows()[0]!
      const text = "document.querySelector('header.head [role=status]')?.textContent"
      return (await webContents.executeJavaScript(text)) as string | undefined
    })
  const pageProcess = ({ electron }: RunningApp) =>
    electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.webContents.getOSProcessId())
  const trainingProcess = ({ electron }: RunningApp) =>
    electron.evaluate(
      ({ app }) => app.getAppMetrics().find(({ name }) => name === 'VLAE Studio: training')?.pid ?? null,
    )

  async function expectPageBack(app: RunningApp, before: number): Promise<void> {
    await vi.waitUntil(async () => (await pageProcess(app)) !== before, patience)
    await vi.waitUntil(async () => (await header(app).catch(() => ''))?.includes('Training'), patience)
    const [folder] = await runsIn(app.place.result)
    const lines = (await metrics(folder!)).length
    await vi.waitUntil(async () => (await metrics(folder!)).length > lines, patience)
    expect(await header(app)).toContain('Training')
  }

  it('of the page leaves the training: the page comes back with its run', async () => {
    const app = await stage.start({ settings })
    await train(app.page)
    const before = await pageProcess(app)
    process.kill(before, 'SIGKILL')
    await expectPageBack(app, before)
    expect(await pageProcess(app)).not.toBe(before)
  })

  it('does not have to come: a page that hangs is loaded again when a person asks for it', async () => {
    const app = await stage.start({ settings })
    await train(app.page)
    const before = await pageProcess(app)
    void app.page.evaluate('for (;;) {}').catch(() => undefined)
    await app.electron.evaluate(({ BrowserWindow, dialog }) => {
      dialog.showMessageBox = (async () => ({ response: 1, checkboxChecked: false })) as never
      // said after 30 seconds without an answer to a press
      BrowserWindow.getAllWindows()[0]!.emit('unresponsive')
    })
    await expectPageBack(app, before)
    expect(await pageProcess(app)).not.toBe(before)
  })

  it('of the process that trains leaves the app: it goes on by itself, three times', async () => {
    const app = await stage.start({ settings: { ...settings, trainer: 'process' } })
    await train(app.page)
    await press(app.page, 'Pause')
    await reach(app.page, 'Paused')
    await press(app.page, 'Resume')
    await reach(app.page, 'Training')
    const [folder] = await runsIn(app.place.result)
    let last: number | null = null
    for (const [attempt, signal] of (['SIGSEGV', 'SIGKILL', 'SIGABRT'] as const).entries()) {
      const pid = await vi.waitUntil(async () => {
        const found = await trainingProcess(app)
        return found !== last && found
      }, patience)
      last = pid
      process.kill(pid, signal)
      const notice = app.page.getByText(`goes on from its last save (attempt ${attempt + 1} of 3)`)
      await notice.waitFor({ timeout: patience.timeout })
      expect(await notice.textContent()).toContain(signal === 'SIGKILL' ? 'ended from outside' : signal)
      await reach(app.page, 'Training')
      const lines = (await metrics(folder!)).length
      await vi.waitUntil(async () => (await metrics(folder!)).length > lines, patience)
    }
    process.kill((await trainingProcess(app))!, 'SIGSEGV')
    await app.page.getByText('It was started again 3 times').waitFor({ timeout: patience.timeout })
    await reach(app.page, 'Failed')
    // and by a person's press it goes on
    await app.page
      .getByRole('button', { name: /^Resume/ })
      .first()
      .click()
    await reach(app.page, 'Training')
    const steps = (await metrics(folder!)).flatMap((line) => (line.type === 'step' ? line.step : []))
    expect(steps).toEqual(Array.from(steps, (_, i) => i + 1))
  })

  it('of native code in a thread takes the app: the next start offers to go on, after two in a process', async () => {
    let app = await stage.start({ settings })
    await train(app.page)
    await press(app.page, 'Pause')
    await reach(app.page, 'Paused')
    await press(app.page, 'Resume')
    const { place } = app
    const [folder] = await runsIn(place.result)
    const { step } = await runFile(folder!)
    for (const times of [1, 2]) {
      await reach(app.page, 'Training')
      process.kill(app.pid, 'SIGSEGV')
      expect((await app.ended()).code).not.toBe(0)
      app = await stage.start({ place })
      await app.page.getByText('was interrupted').waitFor()
      expect(await app.page.getByText('The app has ended 2 times').count()).toBe(times - 1)
      if (times === 1) await app.page.getByRole('button', { name: 'Resume', exact: true }).first().click()
    }
    await press(app.page, 'Resume in its own process')
    await reach(app.page, 'Training')
    expect(await trainingProcess(app)).not.toBeNull()
    await vi.waitUntil(async () => (await metrics(folder!)).length > step + 3, patience)
    // the thread that was left for the process has not died
    expect(await app.page.getByText('ended by itself').count()).toBe(0)
  })
})
