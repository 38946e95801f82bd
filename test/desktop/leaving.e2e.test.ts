/** Ways out of the window while it trains, in the real Electron: nothing that was trained is lost. */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  metrics,
  patience,
  press,
  quit,
  reach,
  runFile,
  runsIn,
  setStage,
  skipped,
  train,
  type Place,
  type RunningApp,
  type Stage,
  type StartOptions,
} from './app'
import { choose } from './hands'

describe.skipIf(skipped)('leaving while it trains', () => {
  let stage: Stage
  let settings: NonNullable<StartOptions['settings']>
  beforeAll(async () => {
    stage = await setStage()
    settings = { dataFolder: await stage.fewTests(), run: { epochs: 200 } }
  })
  afterEach(() => stage?.clear())
  afterAll(() => stage?.close())

  /** The next question is answered with this button, or not at all. Gives what was asked, once it was. */
  async function answer({ electron }: RunningApp, button: number | null): Promise<() => Promise<string | undefined>> {
    await electron.evaluate(({ dialog }, button) => {
      dialog.showMessageBox = (async (...args: unknown[]) => {
        const options = args.at(-1) as Electron.MessageBoxOptions
        Object.assign(globalThis, { asked: options.message })
        if (button !== null) return { response: button, checkboxChecked: false }
        return new Promise((resolve) =>
          options.signal!.addEventListener('abort', () => resolve({ response: 2, checkboxChecked: false })),
        )
      }) as never
    }, button)
    return () => electron.evaluate(() => (globalThis as { asked?: string }).asked)
  }

  const closeWindow = ({ electron }: RunningApp) =>
    electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close())
  const isVisible = ({ electron }: RunningApp) =>
    electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.isVisible())

  /** The run goes on from the last step that it made. */
  async function expectNothingLost({ result }: Place): Promise<void> {
    const [run] = await runsIn(result)
    const file = await runFile(run!)
    expect(file.status).toBe('stopped')
    const steps = (await metrics(run!)).filter((line) => line.type === 'step')
    expect(file.step).toBe(steps.at(-1)!.step)
    expect(file.step).toBeGreaterThan(0)
  }

  it.each(['thread', 'process'] as const)('“Save and quit” saves and quits: in a %s', async (trainer) => {
    const app = await stage.start({ settings: { ...settings, trainer } })
    await train(app.page)
    await answer(app, 1)
    const began = performance.now()
    await closeWindow(app)
    expect(await app.ended()).toEqual({ code: 0, signal: null })
    console.info(`Save and quit, ${trainer}: ${Math.round(performance.now() - began)} ms.`)
    await expectNothingLost(app.place)
  })

  it('“Cancel” changes nothing; “Keep training” hides the window, which comes back when the app is started again', async () => {
    const app = await stage.start({ settings })
    await train(app.page)
    const asked = await answer(app, 2)
    await closeWindow(app)
    await vi.waitUntil(asked, patience)
    expect(await isVisible(app)).toBe(true)

    await answer(app, 0)
    await closeWindow(app)
    await vi.waitUntil(async () => !(await isVisible(app)), patience)
    const [run] = await runsIn(app.place.result)
    const before = (await metrics(run!)).length
    await vi.waitUntil(async () => (await metrics(run!)).length > before + 5, patience)

    expect(await stage.startAgain(app.place)).toBe(0)
    await vi.waitUntil(() => isVisible(app), patience)
    await press(app.page, 'Pause')
    await reach(app.page, 'Paused')
  })

  it('quitting by the menu asks, too, and once it is paused it does not', async () => {
    const app = await stage.start({ settings })
    await train(app.page)
    const asked = await answer(app, 2)
    await choose(app, 'File', 'Quit')
    await vi.waitUntil(asked, patience)
    await press(app.page, 'Pause')
    await reach(app.page, 'Paused')
    expect(await quit(app)).toEqual({ code: 0, signal: null })
  })

  it('takes its question back when the run has ended meanwhile, and leaves', async () => {
    const app = await stage.start({ settings: { run: { limit: 2560, epochs: 1 } } })
    await train(app.page)
    // the system's own dialog, which nobody answers
    await closeWindow(app)
    expect(await app.ended()).toEqual({ code: 0, signal: null })
    const [run] = await runsIn(app.place.result)
    expect((await runFile(run!)).status).toBe('done')
  })

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s saves and ends without asking', async (signal) => {
    const app = await stage.start({ settings })
    await train(app.page)
    const asked = await answer(app, null)
    // asked already, it does not wait for the answer any more
    if (signal === 'SIGTERM') {
      await closeWindow(app)
      await vi.waitUntil(asked, patience)
    }
    process.kill(app.pid, signal)
    expect(await app.ended()).toEqual({ code: 0, signal: null })
    await expectNothingLost(app.place)
  })

  it('a second Ctrl-C ends at once, where the first end does not come', async () => {
    const app = await stage.start({ settings })
    await train(app.page)
    await app.electron.evaluate(({ app }) => {
      app.quit = () => undefined
      app.exit = () => undefined
    })
    process.kill(app.pid, 'SIGTERM')
    // both presses of one hand count as one
    await new Promise((done) => setTimeout(done, 1500))
    process.kill(app.pid, 'SIGINT')
    expect(await app.ended()).toEqual({ code: null, signal: 'SIGINT' })
  })

  it('the end of the session saves and ends, and holds the system until it has', async () => {
    for (const [from, name] of [
      ['powerMonitor', 'shutdown'],
      ['window', 'query-session-end'],
    ] as const) {
      const app = await stage.start({ settings })
      await train(app.page)
      await answer(app, null)
      const held = await app.electron.evaluate(
        ({ BrowserWindow, powerMonitor }, [from, name]) => {
          let held = false
          const event = { preventDefault: () => (held = true) }
          const emitter = from === 'window' ? BrowserWindow.getAllWindows()[0]! : powerMonitor
          emitter.emit(name as never, event as never)
          return held
        },
        [from, name] as const,
      )
      expect([name, held]).toEqual([name, true])
      expect(await app.ended()).toEqual({ code: 0, signal: null })
      await expectNothingLost(app.place)
    }
  })

  it('killed, it goes on at the next start from its last save', async () => {
    const app = await stage.start({ settings })
    await train(app.page)
    await press(app.page, 'Pause')
    await reach(app.page, 'Paused')
    const [run] = await runsIn(app.place.result)
    const { step } = await runFile(run!)
    await press(app.page, 'Resume')
    await vi.waitUntil(async () => (await metrics(run!)).length > step + 20, patience)
    process.kill(app.pid, 'SIGKILL')
    await app.ended()

    const next = await stage.start({ place: app.place })
    await next.page.getByText('interrupted').first().waitFor()
    await next.page
      .getByRole('button', { name: /^Resume/ })
      .first()
      .click()
    await reach(next.page, 'Training')
    await vi.waitUntil(async () => (await runFile(run!)).status === 'training', patience)
    await press(next.page, 'Stop')
    await reach(next.page, 'Stopped')
    const lines = (await metrics(run!)).filter((line) => line.type === 'step').map((line) => line.step)
    expect(lines).toEqual(Array.from(lines, (_, i) => i + 1))
    expect(lines.length).toBeGreaterThan(step)
  })
})
