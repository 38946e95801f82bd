/** The window's door as a whole: what is there once the app is ready. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import * as electron from './stand-in'

vi.mock('electron', () => import('./stand-in'))
vi.mock('electron-store', async () => {
  const { default: Conf } = await import('conf')
  return {
    // electron-store is conf in the app's own folder
    default: class extends Conf {
      constructor({ name, ...options }: { name: string }) {
        super({ ...options, configName: name, cwd: folder })
      }
    },
  }
})

let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-window-'))
  electron.app.getPath = () => folder
  await import('../../main/index')
  await vi.waitUntil(() => electron.Menu.setApplicationMenu.mock.calls.length > 0, 10_000)
})
afterAll(() => rmSync(folder, { recursive: true }))

it('opens one window, on the page, with every rule in force before it', () => {
  expect(electron.dialog.showErrorBox).not.toHaveBeenCalled()
  expect(electron.BrowserWindow.made).toHaveLength(1)
  const [scheme, page, load] = [
    electron.protocol.registerSchemesAsPrivileged,
    electron.protocol.handle,
    electron.BrowserWindow.made[0]!.loadURL,
  ].map((call) => call.mock.invocationCallOrder[0]!)
  const ready = electron.app.whenReady.mock.invocationCallOrder[0]!
  expect(scheme).toBeLessThan(ready)
  const { appendSwitch } = electron.app.commandLine
  expect(appendSwitch).toHaveBeenCalledWith('host-resolver-rules', 'MAP * ~NOTFOUND')
  expect(appendSwitch.mock.invocationCallOrder[0]).toBeLessThan(ready)
  expect(page).toBeLessThan(load!)
  expect(Object.keys(electron.sessionHandlers)).toContain('request')
  expect(electron.app.listenerCount('web-contents-created')).toBe(1)
})

it('asks the page in, and ends when the person leaves', async () => {
  const [window] = electron.BrowserWindow.made
  const postMessage = vi.fn<(...args: unknown[]) => void>()
  const senderFrame = { url: 'app://vlae/', parent: null, postMessage }
  electron.ipcMain.emit('vlae-connect', { sender: window!.webContents, senderFrame })
  expect(postMessage).toHaveBeenCalledOnce()
  window!.emit('close', new electron.StandInEvent())
  await vi.waitFor(() => expect(electron.app.quit).toHaveBeenCalled())
})

it('says why it cannot start', async () => {
  const { failToStart } = await import('../../main/desktop/failure')
  failToStart(new Error('no page'))
  expect(electron.dialog.showErrorBox.mock.lastCall?.[1]).toContain('no page')
})
