/** A page that is loaded again and again in the real Electron, while it trains: what it was leaves nothing behind. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { lossChart, patience, setStage, skipped, state, train, type RunningApp, type Stage } from './app'

const times = 10

describe.skipIf(skipped)('a page', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await setStage()
  })
  afterAll(() => stage?.close())

  /** Listeners of everything in the main process that outlives a page, and the pages' processes, in MB. */
  const look = ({ electron }: RunningApp) =>
    electron.evaluate(async ({ app, BrowserWindow, ipcMain, nativeTheme, powerMonitor, session, webContents }) => {
      const [window] = BrowserWindow.getAllWindows()
      const emitters = {
        app,
        window,
        contents: window!.webContents,
        ipcMain,
        nativeTheme,
        powerMonitor,
        session: session.defaultSession,
      }
      const listeners = Object.entries(emitters).map(([name, emitter]) => {
        const events = (emitter as NodeJS.EventEmitter).eventNames()
        return [name, events.reduce((sum, event) => sum + (emitter as NodeJS.EventEmitter).listenerCount(event), 0)]
      })
      const renderers = app.getAppMetrics().filter(({ type }) => type === 'Tab')
      return {
        listeners: Object.fromEntries(listeners) as Record<string, number>,
        contents: webContents.getAllWebContents().length,
        renderers: renderers.length,
        megabytes: renderers.reduce((sum, { memory }) => sum + memory.workingSetSize, 0) / 1024,
        main: process.memoryUsage().heapUsed / 2 ** 20,
      }
    })

  it(`that is loaded ${times} times takes no more than before, and shows its run each time`, async () => {
    const app = await stage.start({ settings: { dataFolder: await stage.fewTests(), run: { epochs: 200 } } })
    const { page } = app
    await train(page)
    const before = await look(app)
    for (let i = 0; i < times; i++) {
      await page.reload()
      await page.waitForSelector('main[aria-busy=false]')
      await vi.waitUntil(async () => (await lossChart(page).catch(() => null))?.includes('train: from'), patience)
    }
    expect(await state(page)).toContain('Training')
    // V8 clears away what is old when it likes to: not before it is asked is it known what is held
    const client = await page.context().newCDPSession(page)
    const documents = async () => {
      await client.send('HeapProfiler.collectGarbage')
      return (await client.send('Memory.getDOMCounters')).documents
    }
    await expect.poll(documents, patience).toBe(1)
    const after = await look(app)
    const of = ({ megabytes, main }: typeof before) =>
      `pages ${megabytes.toFixed(0)} MB, main’s heap ${main.toFixed(0)} MB`
    console.info(`Before ${times} reloads: ${of(before)}; after: ${of(after)}.`)
    expect(after.listeners).toEqual(before.listeners)
    expect([after.contents, after.renderers]).toEqual([1, 1])
    expect(after.megabytes).toBeLessThan(1.5 * before.megabytes)
  })
})
