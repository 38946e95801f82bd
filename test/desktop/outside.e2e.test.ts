/**
 * Electron's security checklist, tried from inside the real page: where script that got into it could go, and whom it
 * could reach. The numbers are the checklist's (see SECURITY.md).
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { externalLinks } from '../../main/desktop/security/external-links'
import { skipped } from './app'
import { drop } from './hands'
import { getInside, type Inside } from './inside'

describe.skipIf(skipped)('from inside the page', () => {
  let inside: Inside
  beforeAll(async () => {
    inside = await getInside()
  })
  afterAll(() => inside?.close())

  it('1. nothing comes from elsewhere, and nothing goes there', async () => {
    for (const script of [
      `return (await fetch('${inside.stranger}/fetch')).status`,
      `return navigator.sendBeacon('${inside.stranger}/beacon', 'secret') && 'queued'`,
      `return new Promise((done, failed) => { const socket = new WebSocket('${inside.stranger.replace('http', 'ws')}/socket'); socket.onopen = done; socket.onerror = () => failed(new Error()) })`,
      `return new Promise((done, failed) => { const events = new EventSource('${inside.stranger}/events'); events.onopen = done; events.onerror = () => failed(new Error()) })`,
      `return Object.keys(await import('${inside.stranger}/module.js'))`,
      `return new Promise((done, failed) => { const worker = new Worker('${inside.stranger}/worker.js'); worker.onmessage = done; worker.onerror = () => failed(new Error()) })`,
    ])
      expect([script, await inside.run(script)]).toEqual([script, expect.stringMatching(/Error|queued/)])
    expect(await inside.load('img', { src: `${inside.stranger}/picture` })).toBe(false)
    expect(await inside.load('script', { src: `${inside.stranger}/script` })).toBe(false)
    expect(await inside.load('link', { rel: 'stylesheet', href: `${inside.stranger}/style` })).toBe(false)
    for (const rel of ['prefetch', 'preload', 'preconnect', 'dns-prefetch', 'modulepreload'])
      await inside.load('link', { rel, as: 'script', href: `${inside.stranger}/${rel}` })
    // where no policy of the page reaches
    const main = await inside.app.electron.evaluate(
      ({ net }, url) =>
        net.fetch(url).then(
          () => 'came',
          () => 'refused',
        ),
      `${inside.stranger}/main`,
    )
    expect(main).toBe('refused')
    expect(inside.visits).toEqual([])
    expect(await inside.app.page.evaluate('typeof strange')).toBe('undefined')
  })

  it('11, 12. there is no <webview>', async () => {
    await inside.run(`
      const view = document.createElement('webview')
      for (const [name, value] of [['src', '${inside.stranger}/'], ['nodeintegration', ''], ['allowpopups', '']]) view.setAttribute(name, value)
      document.body.append(view)
      await new Promise((done) => setTimeout(done, 200))`)
    expect(await inside.run(`return typeof document.querySelector('webview').loadURL`)).toBe('undefined')
    expect(inside.visits).toEqual([])
    await inside.expectUnmoved()
  })

  it('13. the window stays on it', async () => {
    const file = join(inside.app.place.folder, 'strange.html')
    writeFileSync(file, '<title>strange</title>')
    const places = [inside.stranger, `file://${file}`, 'data:text/html,strange', 'app://other/', 'vlae:strange']
    for (const place of places) {
      await inside.run(`location.href = '${place}'; await new Promise((done) => setTimeout(done, 50))`)
      await inside.run(`
        const link = Object.assign(document.createElement('a'), { href: '${place}' })
        document.body.append(link)
        link.click()
        await new Promise((done) => setTimeout(done, 50))`)
      await inside.expectUnmoved()
    }
    // what is shown without being asked for, and what is the app's own but not the page: it comes back
    for (const place of ['about:blank', 'app://vlae/nothing', 'app://vlae/icon.svg']) {
      const back = inside.app.page.waitForURL('app://vlae/', { waitUntil: 'commit' })
      await inside.app.page.evaluate(`setTimeout(() => (location.href = '${place}'))`)
      await inside.app.page.waitForURL(place, { waitUntil: 'commit' })
      await back
      await inside.app.page.waitForSelector('main[aria-busy=false]')
      await inside.expectUnmoved()
    }
    const refresh = `content: '0;url=${inside.stranger}/refresh', httpEquiv: 'refresh'`
    await inside.run(`document.head.append(Object.assign(document.createElement('meta'), { ${refresh} }))
      await new Promise((done) => setTimeout(done, 300))`)
    await drop(inside.app.page, file)
    await inside.expectUnmoved()
    expect(inside.visits).toEqual([])
  })

  it('14, 15. it opens no window, and hands no address to the system but the papers’', async () => {
    await inside.app.electron.evaluate(({ shell }) => {
      const handed: string[] = []
      Object.assign(globalThis, { handed })
      shell.openExternal = async (address) => void handed.push(address)
    })
    const odd = [
      'file:///bin/sh',
      'smb://host/share',
      'ms-settings:',
      'vscode://x',
      'mailto:a@b.example',
      'javascript:1',
    ]
    const near = [
      `${externalLinks.vlae}/../../x`,
      `${externalLinks.vlae}?x`,
      'https://arxiv.org@example.com/abs/1611.02731',
    ]
    for (const place of [inside.stranger, 'about:blank', 'app://vlae/', '', ...odd, ...near, externalLinks.vlae])
      expect([place, await inside.run(`return window.open('${place}') === null`)]).toEqual([place, true])
    await inside.run(`
      const link = Object.assign(document.createElement('a'), { href: '${inside.stranger}/', target: '_blank' })
      document.body.append(link)
      link.click()
      await new Promise((done) => setTimeout(done, 100))`)
    await inside.expectUnmoved()
    const handed = await inside.app.electron.evaluate(() => (globalThis as unknown as { handed: string[] }).handed)
    expect(handed).toEqual([externalLinks.vlae])
    expect(inside.visits).toEqual([])
  })

  it('17. nobody else is given a line to the app, and nonsense on it harms nothing', async () => {
    const preload = join(inside.stage.app, 'preload', 'index.cjs')
    const other = await inside.app.electron.evaluate(async ({ BrowserWindow }, preload) => {
      const other = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } })
      await other.loadURL('app://vlae/')
      const answer: unknown = await other.webContents.executeJavaScript(`new Promise((done) => {
        addEventListener('message', ({ ports }) => ports.length > 0 && done('a line'))
        window.vlae.connect()
        setTimeout(() => done('nothing'), 500)
      })`)
      other.destroy()
      return answer
    }, preload)
    expect(other).toBe('nothing')
    const nonsense = `
      const port = await new Promise((done) => {
        addEventListener('message', ({ ports }) => ports[0] && done(ports[0]))
        window.vlae.connect()
      })
      const answers = []
      port.onmessage = ({ data }) => data?.t === 's' && answers.push(data)
      const cycle = {}
      cycle.self = cycle
      for (const message of [null, 1, 'x', [], {}, cycle, new ArrayBuffer(9), { t: 'q' }, { t: 'q', i: '1', m: '__proto__', a: [] },
        { t: 'q', i: '2', m: 'constructor', a: [{}] }, { t: 'q', i: '3', m: 'start', a: [{ settings: { epochs: -1 } }] },
        { t: 'q', i: '4', m: 'picture', a: [{ run: '../..', epoch: 0, kind: 'samples' }] }])
        port.postMessage(message)
      await new Promise((done) => setTimeout(done, 300))
      return answers.filter(({ e }) => e === undefined).length`
    expect(await inside.run(nonsense)).toBe(0)
    await inside.app.page.reload()
    await inside.app.page.waitForSelector('main[aria-busy=false]')
    await inside.expectUnmoved()
  })

  it('18. no file can be read, through the app’s own scheme neither', async () => {
    for (const place of ['file:///etc/passwd', 'app://vlae/etc/passwd', 'app://vlae/../package.json']) {
      expect([place, await inside.run(`return (await fetch('${place}')).text()`)]).toEqual([
        place,
        expect.stringMatching(/Error/),
      ])
      expect([place, await inside.load('script', { src: place })]).toEqual([place, false])
    }
    const answers = await inside.app.electron.evaluate(
      ({ net }, urls) =>
        Promise.all(
          urls.map((url) =>
            net.fetch(url).then(
              ({ status }) => status,
              () => 'refused',
            ),
          ),
        ),
      [
        'app://vlae/',
        'app://vlae/../main/index.js',
        'app://vlae/%2e%2e/main/index.js',
        'app://vlae/..%2f..%2fpackage.json',
        'app://vlae//etc/passwd',
        'app://other/',
      ],
    )
    expect(answers).toEqual([200, 404, 404, 404, 404, 404])
  })
})
