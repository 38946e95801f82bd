/**
 * Electron's security checklist, tried from inside the real page: what script that got into it could run, see and be
 * given. The numbers are the checklist's (see SECURITY.md); where it could go, and whom it could reach, is in
 * outside.e2e.test.ts, what is a setting and nothing else in security.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { skipped } from './app'
import { getInside, type Inside } from './inside'

describe.skipIf(skipped)('from inside the page', () => {
  let inside: Inside
  beforeAll(async () => {
    inside = await getInside()
  })
  afterAll(() => inside?.close())

  it('2. there is no Node: not in the page, not in a frame of it, not in a worker', async () => {
    const names = ['require', 'process', 'module', 'Buffer', 'global', '__dirname', 'electron', 'ipcRenderer']
    expect(await inside.run(`return ${JSON.stringify(names)}.filter((name) => name in window)`)).toEqual([])
    const inFrame = `
      const frame = document.body.appendChild(document.createElement('iframe'))
      try { return [...${JSON.stringify(names)}, 'vlae'].filter((name) => name in frame.contentWindow) } finally { frame.remove() }`
    expect(await inside.run(inFrame)).toEqual([])
    const blob = `return new Promise((done, failed) => {
      const worker = new Worker(URL.createObjectURL(new Blob(['postMessage(typeof require)'])))
      worker.onmessage = ({ data }) => done(data)
      worker.onerror = () => failed(new Error())
    })`
    expect(await inside.run(blob)).toMatch(/Error/)
    expect(await inside.preferences()).toMatchObject({ nodeIntegration: false })
  })

  it('3. what the preload script has is out of reach, and what it gives cannot be changed', async () => {
    const leaks = `
      const caught = []
      const { call } = Function.prototype
      // what the preload script would call by the page's own functions, were they shared
      Function.prototype.call = function (...args) { caught.push(this.name); return Reflect.apply(this, args[0], args.slice(1)) }
      Array.prototype.push = new Proxy(Array.prototype.push, { apply(target, self, args) { if (String(args[0]?.constructor?.name).includes('Ipc')) caught.push('ipc'); return Reflect.apply(target, self, args) } })
      const before = caught.length
      window.vlae.connect()
      try { window.vlae.pathOf(new File([], 'a')) } finally { Function.prototype.call = call }
      return caught.slice(before)`
    expect(await inside.run(leaks)).toEqual([])
    expect(await inside.run(`window.vlae = null; return typeof window.vlae.connect`)).toMatch(/function|TypeError/)
    expect(await inside.run(`return typeof window.vlae.connect`)).toBe('function')
    expect(await inside.run(`'use strict'; window.vlae.connect = null`)).toBe('TypeError')
    expect(await inside.preferences()).toMatchObject({ contextIsolation: true })
  })

  it('4. its process is sandboxed', async () => {
    expect(await inside.preferences()).toMatchObject({ sandbox: true })
    const inPreload = await inside.app.electron.evaluate(({ BrowserWindow }) =>
      // the world that Electron's preload scripts run in
      BrowserWindow.getAllWindows()[0]!.webContents.executeJavaScriptInIsolatedWorld(999, [
        { code: 'typeof require + typeof process' },
      ]),
    )
    expect(inPreload).toBe('undefinedundefined')
  })

  it('5. it gets no permission but to copy', async () => {
    const asked = await inside.run<string[]>(`
      const names = ['geolocation', 'camera', 'microphone', 'notifications', 'midi', 'clipboard-read', 'persistent-storage']
      return Promise.all(names.map(async (name) => (await navigator.permissions.query({ name })).state))`)
    expect(new Set(asked)).toEqual(new Set(['denied']))
    expect(await inside.run(`return Notification.requestPermission()`)).toBe('denied')
    for (const script of [
      `await navigator.mediaDevices.getUserMedia({ video: true })`,
      `await navigator.mediaDevices.getDisplayMedia({ video: true })`,
      `await new Promise((done, failed) => navigator.geolocation.getCurrentPosition(done, () => failed(new TypeError())))`,
      `await navigator.requestMIDIAccess({ sysex: true })`,
      `await navigator.clipboard.readText()`,
      `await navigator.usb.requestDevice({ filters: [] })`,
      `await navigator.hid.requestDevice({ filters: [] })`,
      `await navigator.serial.requestPort()`,
      `await navigator.bluetooth.requestDevice({ acceptAllDevices: true })`,
      `await showDirectoryPicker()`,
      `await showOpenFilePicker()`,
      `await navigator.wakeLock.request('screen')`,
      `await queryLocalFonts()`,
      `await getScreenDetails()`,
    ])
      expect([script, await inside.run(script)]).toEqual([script, expect.stringMatching(/Error$/)])
    expect(await inside.run(`return navigator.storage.persist()`)).toBe(false)
  })

  it('6, 8, 9, 10. the browser’s own walls stand, and nothing experimental is on', async () => {
    expect(await inside.preferences()).toMatchObject({
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
    })
    expect((await inside.preferences())['enableBlinkFeatures'] ?? '').toBe('')
  })

  it('7. no code but the app’s own runs', async () => {
    for (const script of [
      `return eval('1')`,
      `return new Function('return 1')()`,
      `return (async () => {}).constructor('return 1')()`,
      `await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); return 1`,
    ])
      expect([script, await inside.run(script)]).toEqual([script, expect.stringMatching(/(Eval|Compile)Error/)])
    const refused = await inside.run<string[]>(`
      const refused = []
      const note = ({ effectiveDirective }) => refused.push(effectiveDirective)
      document.addEventListener('securitypolicyviolation', note)
      const script = document.createElement('script')
      script.textContent = 'globalThis.inline = 1'
      document.body.append(script)
      const press = document.createElement('div')
      press.setAttribute('onclick', 'globalThis.inline = 2')
      document.body.append(press)
      press.click()
      setTimeout('globalThis.inline = 3')
      const link = document.createElement('a')
      link.href = 'javascript:globalThis.inline = 4'
      document.body.append(link)
      link.click()
      const base = document.createElement('base')
      base.href = '${inside.stranger}'
      document.head.append(base)
      const form = document.createElement('form')
      form.action = '${inside.stranger}/form'
      document.body.append(form)
      form.submit()
      for (const [tag, name] of [['object', 'data'], ['embed', 'src'], ['iframe', 'src']])
        document.body.append(Object.assign(document.createElement(tag), { [name]: '${inside.stranger}/' + tag }))
      const framed = Object.assign(document.createElement('iframe'), { srcdoc: '<script>parent.inline = 5</script>' })
      document.body.append(framed)
      await new Promise((done) => setTimeout(done, 300))
      document.removeEventListener('securitypolicyviolation', note)
      return refused`)
    const directives = ['script-src-elem', 'script-src-attr', 'script-src', 'base-uri', 'form-action', 'object-src']
    expect(refused).toEqual(expect.arrayContaining([...directives, 'frame-src']))
    expect(await inside.app.page.evaluate('typeof inline')).toBe('undefined')
    expect(inside.visits).toEqual([])
    await inside.expectUnmoved()
  })

  it('20. it has two functions, and the path of what was really dropped only', async () => {
    expect(await inside.run(`return Object.keys(window.vlae).sort()`)).toEqual(['connect', 'pathOf'])
    expect(await inside.run(`return window.vlae.pathOf(new File(['x'], '/etc/passwd'))`)).toBe('')
    for (const value of ['null', `'/etc/passwd'`, '{ path: "/etc/passwd" }', 'new Blob([])'])
      expect([value, await inside.run(`return window.vlae.pathOf(${value})`)]).toEqual([
        value,
        expect.stringMatching(/Error|^$/),
      ])
  })
})
