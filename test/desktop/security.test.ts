/**
 * Electron's security checklist (electronjs.org/docs/latest/tutorial/security), all twenty items: each with its test,
 * or with the line that says why it does not apply.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { IpcMainEvent, Session, WebContents } from 'electron'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { registerPageScheme, servePage } from '../../main/desktop/page-scheme'
import { externalLinks } from '../../main/desktop/security/external-links'
import { openExternal } from '../../main/desktop/security/open-external'
import { secure } from '../../main/desktop/security/rules'
import { isOwnPage } from '../../main/desktop/security/senders'
import { securePreferences } from '../../main/desktop/security/web-preferences'
import * as electron from './stand-in'

vi.mock('electron', () => import('./stand-in'))

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const preferences = securePreferences('/app/preload.cjs')

const page = { type: 'text/html', bytes: Buffer.from('<h1>'), immutable: false }
let serve: (request: Request) => Response
let contents: electron.WebContents

beforeEach(() => {
  vi.clearAllMocks()
  electron.app.removeAllListeners()
  servePage(new Map([['/', page]]))
  serve = electron.protocol.handle.mock.calls[0]![1] as typeof serve
  secure(electron.session.defaultSession as unknown as Session)
  contents = new electron.WebContents()
  electron.app.emit('web-contents-created', {}, contents)
})

function isPrevented(name: string, url: string): boolean {
  const event = new electron.StandInEvent(url)
  contents.emit(name, event)
  return event.defaultPrevented
}

function isCancelled(url: string): boolean {
  const callback = vi.fn<(answer: { cancel: boolean }) => void>()
  electron.sessionHandlers['request']!({ url }, callback)
  return callback.mock.calls[0]![0].cancel
}

describe('Electron’s security checklist', () => {
  it('1. loads nothing that is not the app’s own, so nothing insecure', () => {
    for (const url of ['http://example.com/', 'https://example.com/', 'ws://x/', 'file:///etc/passwd', 'app://other/'])
      expect([url, isCancelled(url)]).toEqual([url, true])
    for (const url of ['app://vlae/', 'app://vlae/assets/a.js', 'blob:app://vlae/1', 'data:image/png;base64,'])
      expect([url, isCancelled(url)]).toEqual([url, false])
  })

  it('2. gives the page no Node', () => {
    expect(preferences).toMatchObject({
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
    })
  })

  it('3. isolates the preload’s world from the page’s', () => {
    expect(preferences.contextIsolation).toBe(true)
  })

  it('4. sandboxes the page’s process', () => {
    expect(preferences.sandbox).toBe(true)
  })

  it('5. grants no permission but writing to the clipboard and the whole screen', () => {
    const { permissionRequest, permissionCheck, devicePermission, displayMedia } = electron.sessionHandlers
    for (const permission of [
      'media',
      'geolocation',
      'notifications',
      'fileSystem',
      'clipboard-read',
      'openExternal',
    ]) {
      const callback = vi.fn<(granted: boolean) => void>()
      permissionRequest!(null, permission, callback)
      expect([permission, callback.mock.calls[0]![0]]).toEqual([permission, false])
      expect(permissionCheck!(null, permission)).toBe(false)
    }
    for (const permission of ['clipboard-sanitized-write', 'fullscreen'])
      expect(permissionCheck!(null, permission)).toBe(true)
    expect(devicePermission!({})).toBe(false)
    const callback = vi.fn<(streams: object) => void>()
    displayMedia!({}, callback)
    expect(callback).toHaveBeenCalledWith({})
  })

  it('6. leaves web security on', () => {
    expect(preferences.webSecurity).toBe(true)
  })

  it('7. sends a content security policy with every file, without unsafe-eval or a foreign source', async () => {
    for (const url of ['app://vlae/', 'app://vlae/missing.js']) {
      const policy = serve(new Request(url)).headers.get('Content-Security-Policy')!
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("connect-src 'none'")
      expect(policy).not.toMatch(/unsafe-eval|https?:|\*/)
      expect(/script-src ([^;]*)/.exec(policy)![1]).toBe("'self'")
    }
  })

  it('8. runs no insecure content', () => {
    expect(preferences.allowRunningInsecureContent).toBe(false)
  })

  it('9. turns no experimental features on', () => {
    expect(preferences.experimentalFeatures).toBe(false)
  })

  it('10. turns no Blink features on', () => {
    expect(preferences).not.toHaveProperty('enableBlinkFeatures')
  })

  it('11. has no <webview> that could allow popups', () => {
    expect(preferences.webviewTag).toBe(false)
  })

  it('12. attaches no <webview>, whatever its options', () => {
    expect(isPrevented('will-attach-webview', '')).toBe(true)
  })

  it('13. stays on its page', () => {
    for (const name of ['will-navigate', 'will-redirect', 'will-frame-navigate']) {
      for (const url of ['https://example.com/', 'file:///home/x', 'app://other/', 'javascript:1', 'app:vlae', ''])
        expect([name, url, isPrevented(name, url)]).toEqual([name, url, true])
      expect(isPrevented(name, 'app://vlae/#runs')).toBe(false)
    }
    expect(preferences.navigateOnDragDrop).toBe(false)
  })

  it('14. opens no windows', () => {
    for (const url of ['https://example.com/', externalLinks.vlae, 'app://vlae/'])
      expect(contents.windowOpenHandler!({ url })).toEqual({ action: 'deny' })
    expect(electron.shell.openExternal).toHaveBeenCalledExactlyOnceWith(externalLinks.vlae)
  })

  it('15. hands only known addresses to the system', () => {
    for (const url of [
      'https://example.com',
      'file:///bin/sh',
      `${externalLinks.vlae}/../x`,
      'smb://x',
      'javascript:1',
    ])
      openExternal(url)
    expect(electron.shell.openExternal).not.toHaveBeenCalled()
    openExternal(externalLinks.iaf)
    expect(electron.shell.openExternal).toHaveBeenCalledExactlyOnceWith(externalLinks.iaf)
  })

  it('16. is built on a version of Electron that is still maintained', () => {
    // three majors are maintained at a time; a new one comes every eight weeks
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> }
    expect(Number(/\d+/.exec(devDependencies['electron']!)![0])).toBeGreaterThanOrEqual(45)
  })

  it('17. listens to its own page’s top frame only', () => {
    const own = contents as unknown as WebContents
    const from = (senderFrame: unknown, sender: unknown = contents) => ({ sender, senderFrame }) as IpcMainEvent
    const top = { parent: null, url: 'app://vlae/' }
    expect(isOwnPage(from(top), own)).toBe(true)
    expect(isOwnPage(from({ ...top, url: 'https://example.com/' }), own)).toBe(false)
    expect(isOwnPage(from({ ...top, parent: top }), own)).toBe(false)
    expect(isOwnPage(from(null), own)).toBe(false)
    expect(isOwnPage(from(top, new electron.WebContents()), own)).toBe(false)
  })

  it('18. comes from a scheme of its own, not from file:', async () => {
    registerPageScheme()
    expect(electron.protocol.registerSchemesAsPrivileged.mock.calls[0]![0]).toEqual([
      { scheme: 'app', privileges: { standard: true, secure: true, codeCache: true } },
    ])
    expect(await serve(new Request('app://vlae/')).text()).toBe('<h1>')
    const others = [
      'app://vlae/etc/passwd',
      'app://vlae/../etc/passwd',
      'app://vlae/%2e%2e/x',
      'app://vlae//etc/passwd',
    ]
    for (const url of [...others, 'app://other/']) expect([url, serve(new Request(url)).status]).toEqual([url, 404])
    expect(serve(new Request('app://vlae/', { method: 'POST' })).status).toBe(404)
  })

  it('19. is packed with every fuse off that it does not need', () => {
    const builder = read('electron-builder.yml')
    for (const line of [
      'runAsNode: false',
      'enableNodeOptionsEnvironmentVariable: false',
      'enableNodeCliInspectArguments: false',
      'enableEmbeddedAsarIntegrityValidation: true',
      'onlyLoadAppFromAsar: true',
      'grantFileProtocolExtraPrivileges: false',
    ])
      expect(builder).toContain(line)
  })

  it('20. exposes two functions to the page, and nothing of Electron', async () => {
    const source = read('preload/index.ts')
    expect(source.match(/exposeInMainWorld/g)).toHaveLength(1)
    const exposed: Record<string, unknown> = {}
    const sent: unknown[] = []
    vi.doMock('electron', () => ({
      contextBridge: { exposeInMainWorld: (name: string, api: unknown) => (exposed[name] = api) },
      ipcRenderer: { on: () => undefined, send: (...args: unknown[]) => sent.push(args) },
      webUtils: { getPathForFile: () => '/dropped' },
    }))
    await import('../../preload/index')
    expect(Object.keys(exposed)).toEqual(['vlae'])
    expect(Object.keys(exposed['vlae'] as object).toSorted()).toEqual(['connect', 'pathOf'])
    ;(exposed['vlae'] as { connect: (...args: unknown[]) => void }).connect('anything', 1)
    expect(sent).toEqual([['vlae-connect']])
  })
})
