/** Training while its person is elsewhere, in the real Electron: the taskbar, the notification, a machine that sleeps. */
import { rm } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { folderWith, smallSet } from '../mnist/small-set'
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
} from './app'

/** What the system was told, in order. */
interface Told {
  bars: [number, { mode: string }?][]
  notes: { title: string; body: string; emit(name: string): void }[]
  blockers: [string, number][]
}

describe.skipIf(skipped)('away from the window', () => {
  let stage: Stage
  /** So few images that an epoch takes a moment, and so many epochs that a person can leave before they are done. */
  let dataFolder: string
  const epochs = 20
  beforeAll(async () => {
    dataFolder = await folderWith(await smallSet())
    stage = await setStage()
  })
  afterEach(() => stage?.clear())
  afterAll(async () => {
    await stage?.close()
    await rm(dataFolder, { recursive: true })
  })

  /** Listens to what the app tells the system from now on; a note is not shown: there may be no one who shows it. */
  async function listen({ electron }: RunningApp): Promise<() => Promise<Told>> {
    await electron.evaluate(({ BrowserWindow, Notification, powerSaveBlocker }) => {
      const told: Told = { bars: [], notes: [], blockers: [] }
      Object.assign(globalThis, { told })
      const [window] = BrowserWindow.getAllWindows()
      const { start, stop } = powerSaveBlocker
      const setProgressBar = window!.setProgressBar.bind(window)
      window!.setProgressBar = (...bar) => {
        told.bars.push(bar as Told['bars'][number])
        setProgressBar(...bar)
      }
      powerSaveBlocker.start = (type) => {
        const id = start.call(powerSaveBlocker, type)
        told.blockers.push([type, id])
        return id
      }
      powerSaveBlocker.stop = (id) => {
        told.blockers.push(['stop', id])
        return stop.call(powerSaveBlocker, id)
      }
      Notification.isSupported = () => true
      Notification.prototype.show = function (this: Electron.Notification) {
        told.notes.push(this as unknown as Told['notes'][number])
      }
    })
    return () =>
      electron.evaluate(() => {
        const { bars, notes, blockers } = (globalThis as unknown as { told: Told }).told
        return { bars, blockers, notes: notes.map(({ title, body }) => ({ title, body, emit: undefined as never })) }
      })
  }
  const hide = ({ electron }: RunningApp) =>
    electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.minimize())
  const blocks = ({ electron }: RunningApp, id: number) =>
    electron.evaluate(({ powerSaveBlocker }, id) => powerSaveBlocker.isStarted(id), id)
  const emit = ({ electron }: RunningApp, name: 'suspend' | 'resume') =>
    electron.evaluate(({ powerMonitor }, name) => powerMonitor.emit(name as never), name)

  it('the taskbar shows how far it is, and a note says that it is done; a press on it brings the window', async () => {
    const app = await stage.start({ settings: { dataFolder, run: { batch: 8, epochs } } })
    const told = await listen(app)
    await train(app.page)
    await hide(app)
    const { notes } = await vi.waitUntil(async () => {
      const now = await told()
      return now.notes.length > 0 && now
    }, patience)
    expect(notes.map(({ title, body }) => ({ title, body }))).toEqual([
      { title: 'Training is done', body: `All ${epochs} epochs are trained.` },
    ])
    const bars = (await told()).bars
    expect(bars[0]).toEqual([2, { mode: 'indeterminate' }])
    const shares = bars.flatMap(([share]) => (share >= 0 && share <= 1 ? share : []))
    expect(new Set(shares).size).toBeGreaterThan(2)
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
    expect(bars.at(-1)).toEqual([-1])

    await app.electron.evaluate(() => (globalThis as unknown as { told: Told }).told.notes[0]!.emit('click'))
    await vi.waitUntil(
      () => app.electron.evaluate(({ BrowserWindow }) => !BrowserWindow.getAllWindows()[0]!.isMinimized()),
      patience,
    )
  })

  it('a run in the background brings the window when it is done; who does not want to be told is not', async () => {
    const app = await stage.start({ settings: { dataFolder, run: { batch: 8, epochs }, notify: false } })
    const told = await listen(app)
    await app.electron.evaluate(({ dialog }) => {
      dialog.showMessageBox = (async () => ({ response: 0, checkboxChecked: false })) as never
    })
    const visible = () => app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.isVisible())
    await train(app.page)
    await app.electron.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows()
      window!.once('hide', () => Object.assign(globalThis, { hidden: true }))
      window!.close()
    })
    await vi.waitUntil(() => app.electron.evaluate(() => 'hidden' in globalThis), patience)
    await vi.waitUntil(visible, patience)
    const [run] = await runsIn(app.place.result)
    expect((await runFile(run!)).status).toBe('done')
    expect((await told()).bars.at(-1)).toEqual([-1])
    expect((await told()).notes).toEqual([])
  })

  it('a queue is worked off in the background, and brings the window once, when its last run is done', async () => {
    const app = await stage.start({ settings: { dataFolder, run: { batch: 8, epochs: 6 }, notify: false } })
    const { electron, page, place } = app
    await electron.evaluate(({ BrowserWindow, dialog }) => {
      dialog.showMessageBox = (async () => ({ response: 0, checkboxChecked: false })) as never
      const told: string[] = []
      Object.assign(globalThis, { told })
      const [window] = BrowserWindow.getAllWindows()
      for (const event of ['show', 'hide'] as const) window!.on(event as 'show', () => told.push(event))
    })
    const told = () => electron.evaluate(() => (globalThis as unknown as { told: string[] }).told)
    await page.getByRole('button', { name: 'Settings', exact: true }).click()
    await page.getByRole('button', { name: 'Several runs…' }).click()
    await page.getByRole('textbox', { name: 'Values of seed' }).fill('0..2')
    await page.getByRole('button', { name: 'Queue 3 runs' }).click()
    await vi.waitUntil(async () => (await runsIn(place.result)).length > 0, patience)
    await reach(page, 'Training')
    await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close())
    await vi.waitUntil(async () => (await told()).at(-1) === 'show', patience)
    expect(await told()).toEqual(['hide', 'show'])
    const runs = (await runsIn(place.result)).filter((path) => /\d{4}-/.test(path.slice(place.result.length)))
    expect(await Promise.all(runs.map(async (run) => (await runFile(run)).status))).toEqual(['done', 'done', 'done'])
  })

  it('the machine is kept awake while it trains, and made to sleep all the same it has saved', async () => {
    // an epoch of all images takes longer than this: nothing else saves meanwhile
    const app = await stage.start()
    const told = await listen(app)
    await train(app.page)
    const [first] = await vi.waitUntil(async () => {
      const { blockers } = await told()
      return blockers.length > 0 && blockers
    }, patience)
    expect(first![0]).toBe('prevent-app-suspension')
    expect(await blocks(app, first![1])).toBe(true)

    const [run] = await runsIn(app.place.result)
    const lines = async () => (await metrics(run!)).filter((line) => line.type === 'step').length
    const before = await vi.waitUntil(lines, patience)
    expect((await runFile(run!)).step).toBe(0)
    await emit(app, 'suspend')
    await vi.waitUntil(async () => (await runFile(run!)).step >= before, patience)
    expect((await runFile(run!)).status).toBe('training')
    await emit(app, 'resume')
    // awake again, it trains on, and is kept awake as before
    const saved = (await runFile(run!)).step
    await vi.waitUntil(async () => (await lines()) > saved, patience)
    await reach(app.page, 'Training')
    expect(await blocks(app, first![1])).toBe(true)

    await press(app.page, 'Pause')
    await reach(app.page, 'Paused')
    expect(await blocks(app, first![1])).toBe(false)
    const [paused, options] = (await told()).bars.at(-1)!
    expect(paused).toBeGreaterThan(0)
    expect(options).toEqual({ mode: 'paused' })
    // nothing is lost where the machine does not wake
    process.kill(app.pid, 'SIGKILL')
    await app.ended()
    const steps = (await metrics(run!)).flatMap((line) => (line.type === 'step' ? line.step : []))
    expect(steps).toEqual(Array.from(steps, (_, i) => i + 1))
  })
})
