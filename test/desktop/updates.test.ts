/** New versions of the app, with stand-ins for Electron and for the library that fetches them. */
import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { App, BrowserWindow } from 'electron'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { resolveNothing } from '../../main/desktop/security/network'
import { createUpdates, hostsOf, readFeed } from '../../main/desktop/updates'
import type { AppError } from '../../preload/errors'
import * as electron from './stand-in'

vi.mock('electron', () => import('./stand-in'))

/** As far as it is used: what it was set to, and what it was asked for. */
class Updater extends EventEmitter {
  autoDownload = true
  autoInstallOnAppQuit = true
  currentVersion = { version: '1.2.3' }
  logger: unknown
  readonly downloadUpdate = vi.fn<() => Promise<string[]>>(async () => [])
  readonly checkForUpdates = vi.fn<() => Promise<unknown>>()
}
const library = vi.hoisted(() => ({ autoUpdater: undefined as unknown }))
vi.mock('electron-updater', () => ({ default: library }))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-updates-'))
  vi.clearAllMocks()
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('the feed', () => {
  const feedOf = (text: string) => {
    writeFileSync(join(folder, 'app-update.yml'), text)
    return readFeed(folder)?.href ?? null
  }

  it('is the one in the package', () => {
    const address = 'https://example.org/vlae/'
    for (const text of [
      `provider: generic\nurl: ${address}\nupdaterCacheDirName: vlae-studio-updater\n`,
      `provider: generic\r\nurl: '${address}'\r\n`,
      `url: "${address}"`,
    ])
      expect(feedOf(text)).toBe(address)
    expect(feedOf('url: http://127.0.0.1:8080/')).toBe('http://127.0.0.1:8080/')
  })

  it('is none where the package has none, or one that others could change on the way', () => {
    expect(readFeed(folder)).toBeNull()
    for (const text of [
      '',
      'provider: github\nowner: someone\nrepo: else\n',
      'url: http://example.org/',
      'url: http://127.0.0.1.example.org/',
      'url: file:///tmp/',
      'url: nonsense',
      'url:',
      '# url: https://example.org/',
    ])
      expect([text, feedOf(text)]).toEqual([text, null])
  })

  it('is all that names are looked up for', () => {
    const rules = (address?: string) => {
      const appendSwitch = vi.fn<(name: string, value: string) => void>()
      resolveNothing({ commandLine: { appendSwitch } } as unknown as App, address ? hostsOf(new URL(address)) : [])
      return appendSwitch.mock.lastCall![1]
    }
    expect(rules()).toBe('MAP * ~NOTFOUND')
    expect(rules('https://example.org:8443/vlae/')).toBe('MAP * ~NOTFOUND, EXCLUDE example.org')
    expect(rules('https://github.com/a/b/releases/latest/download')).toBe(
      'MAP * ~NOTFOUND, EXCLUDE github.com, EXCLUDE *.githubusercontent.com',
    )
  })
})

describe('a new version', () => {
  const window = {} as BrowserWindow
  const log = { write: vi.fn<(level: string, event: string, facts?: object) => void>() }
  const notify = vi.fn<(notice: AppError) => void>()
  let updater: Updater
  const offered = async (isUpdateAvailable = true) => {
    updater.checkForUpdates.mockResolvedValue({ isUpdateAvailable, updateInfo: { version: '1.3.0' } })
    const updates = createUpdates({ window, log: log as never, notify })
    await updates.offer()
    return updates
  }
  const choose = (response: number) => electron.dialog.showMessageBox.mockResolvedValueOnce({ response })
  beforeEach(() => {
    updater = new Updater()
    library.autoUpdater = updater
  })

  it('is fetched when a person says so, and installed as they quit', async () => {
    choose(0)
    updater.downloadUpdate.mockImplementationOnce(async () => {
      expect(notify).not.toHaveBeenCalled()
      return []
    })
    await offered()
    expect(updater.autoDownload).toBe(false)
    expect(electron.dialog.showMessageBox.mock.lastCall).toMatchObject([
      window,
      { message: 'VLAE Studio 1.3.0 is available. You have 1.2.3.', buttons: ['Fetch it', 'Not now'], cancelId: 1 },
    ])
    expect(updater.downloadUpdate).toHaveBeenCalledOnce()
    expect(notify.mock.lastCall![0].message).toContain('installed when you quit')
    expect(updater.autoInstallOnAppQuit).toBe(true)
    expect(electron.app.quit).not.toHaveBeenCalled()
  })

  it('is not fetched where the person does not want it, and nobody is asked where there is none', async () => {
    choose(1)
    await offered()
    await offered(false)
    expect(electron.dialog.showMessageBox).toHaveBeenCalledOnce()
    expect(updater.downloadUpdate).not.toHaveBeenCalled()
    expect(notify).not.toHaveBeenCalled()
  })

  it('is not installed when the system ends the app', async () => {
    choose(0)
    const updates = await offered()
    updates.skip()
    expect(updater.autoInstallOnAppQuit).toBe(false)
    createUpdates({ window, log: log as never, notify }).skip()
  })

  it('that cannot be looked for troubles nobody; one that cannot be fetched is told', async () => {
    updater.checkForUpdates.mockRejectedValueOnce(new Error('net::ERR_INTERNET_DISCONNECTED'))
    await createUpdates({ window, log: log as never, notify }).offer()
    expect(notify).not.toHaveBeenCalled()
    expect(log.write.mock.lastCall).toMatchObject(['warning', 'update', { message: expect.stringContaining('ERR_') }])
    choose(0)
    updater.downloadUpdate.mockRejectedValueOnce(new Error('sha512 checksum mismatch'))
    await offered()
    expect(notify.mock.lastCall![0]).toMatchObject({
      code: 'update/not-fetched',
      remedy: expect.stringContaining('next'),
    })
    expect(notify.mock.lastCall![0].details).toContain('sha512')
    ;(updater.logger as Console).error('why')
    expect(log.write).toHaveBeenCalledWith('warning', 'update', { message: 'why' })
  })

  it('is looked for without a name for this installation', async () => {
    await offered(false)
    const { getOrCreateStagingUserId } = updater as unknown as { getOrCreateStagingUserId(): Promise<string> }
    expect(await getOrCreateStagingUserId()).toBe('00000000-0000-0000-0000-000000000000')
  })
})
