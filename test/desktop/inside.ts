/** Script that got into the real page, and a stranger on this machine: what the tests of security try things with. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'
import { setStage, state, type RunningApp, type Stage } from './app'

export interface Inside {
  readonly stage: Stage
  readonly app: RunningApp
  /** The address of a stranger's server, and what it was asked for. */
  readonly stranger: string
  readonly visits: readonly string[]
  /**
   * Runs script in the page as if it were the page's own: what is asked through the debugger may generate code, what
   * runs a turn later may not. Gives its value, or the name of its error.
   */
  run<T>(script: string): Promise<T | string>
  /** Adds an element, and says whether it loaded. */
  load(tag: string, attributes: object): Promise<boolean | string>
  preferences(): Promise<Record<string, unknown>>
  /** The window is where it was, and alone. */
  expectUnmoved(): Promise<void>
  close(): Promise<void>
}

export async function getInside(): Promise<Inside> {
  const stage = await setStage()
  const visits: string[] = []
  const server = createServer((request, response) => {
    visits.push(request.url!)
    response.setHeader('Access-Control-Allow-Origin', '*').end('globalThis.strange = true')
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const app = await stage.start()
  const { page, electron } = app

  const run = <T>(script: string): Promise<T | string> =>
    page.evaluate(`new Promise((done) => setTimeout(async () => {
      try { done(await (async () => { ${script} })()) } catch (error) { done(error?.name ?? String(error)) }
    }))`)

  return {
    stage,
    app,
    stranger: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    visits,
    run,
    load: (tag, attributes) =>
      run<boolean>(`return new Promise((done) => {
        const element = Object.assign(document.createElement('${tag}'), ${JSON.stringify(attributes)})
        element.onload = () => done(true)
        element.onerror = () => done(false)
        document.body.append(element)
        setTimeout(() => done(false), 300)
      })`),
    preferences: () =>
      electron.evaluate(({ BrowserWindow }) => {
        // not in Electron's types
        type Asked = { getLastWebPreferences(): Record<string, unknown> }
        return (BrowserWindow.getAllWindows()[0]!.webContents as unknown as Asked).getLastWebPreferences()
      }),
    async expectUnmoved() {
      expect(await page.evaluate('location.href.split("#")[0]')).toBe('app://vlae/')
      expect(await electron.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(1)
      expect(await state(page)).not.toBeNull()
    },
    async close() {
      await stage.close()
      server.close()
    },
  }
}
