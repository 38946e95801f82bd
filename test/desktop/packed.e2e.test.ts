/** The app as people install it: packed with the Electron that is here, searched, and used. */
import { execFile, execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { extractFile, listPackage, statFile } from '@electron/asar'
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { identifier, talkative } from '../talkative'
import { electronProgram, patience, press, reach, runFile, runsIn, skipped, train } from './app'
import { isThere, openDisplay, sandbox, type Display } from './display'

const root = resolve(import.meta.dirname, '../..')
const output = join(root, 'out/test-packed')

/** What a package may hold. A new one is a decision: it is downloaded by everyone who installs the app. */
const inMain = `
  @bufbuild/protobuf @tensorflow/tfjs-backend-cpu @tensorflow/tfjs-core ajv ajv-formats atomically birpc conf
  debounce-fn dot-prop electron-store env-paths fast-deep-equal fast-png fast-uri fflate iobuffer json-schema-traverse
  long mimic-function node-fetch seedrandom semver stubborn-fs stubborn-utils tr46 uint8array-extras
  webidl-conversions whatwg-url when-exit zod
  builder-util-runtime debug electron-updater fs-extra graceful-fs js-yaml jsonfile lazy-val lodash.escaperegexp
  has-flag lodash.isequal ms sax supports-color universalify`
const inPage = `
  @floating-ui/core @floating-ui/dom @floating-ui/utils @floating-ui/vue @fontsource-variable/inter @kurkle/color
  @lucide/vue @msgpack/msgpack @vue/reactivity @vue/runtime-core @vue/runtime-dom @vue/shared @vueuse/core
  @vueuse/shared aria-hidden birpc chart.js defu gifenc is-any-array ml-levenberg-marquardt
  ml-matrix ohash pinia reka-ui umap-js zod`
const besides = ['koffi', 'onnxruntime-common', 'onnxruntime-node']
interface Packed {
  readonly page: Page
  readonly ended: Promise<number | null>
  /** Ends it by a signal; its exit code. */
  end(): Promise<number | null>
}
const namesIn = (text: string) => text.trim().split(/\s+/)

describe.skipIf(skipped || process.platform !== 'linux')('the packed app', () => {
  let display: Display
  let folder: string
  let app: string
  let resources: string
  let archive: string
  let files: string[]

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vlae-packed-'))
    display = await openDisplay()
    const pack = join(root, 'main/packing/pack.mjs')
    await promisify(execFile)(process.execPath, [pack, '--dir', `-c.directories.output=${output}`], {
      env: { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: join(electronProgram!, '..') },
    })
    app = join(
      output,
      readdirSync(output).find((name) => name.endsWith('unpacked'))!,
    )
    resources = join(app, 'resources')
    archive = join(resources, 'app.asar')
    files = listPackage(archive, { isPack: false })
  })
  afterAll(() => {
    display?.close()
    for (const path of [output, folder]) rmSync(path, { recursive: true, force: true, maxRetries: 5 })
  })

  it('holds the packages it needs, and no others', () => {
    const text = readFileSync(join(resources, 'licences.txt'), 'utf8')
    const named = [...text.matchAll(/^-{80}\n\n?(\S+) \d+\.\d+\.\d+\S*: |^\n?(\S+) \d+\.\d+\.\d+\S*: /gm)]
    expect(new Set(named.map(([, first, other]) => first ?? other))).toEqual(
      new Set([...namesIn(inMain), ...namesIn(inPage), ...besides]),
    )
    expect(files.flatMap((file) => /^\/node_modules\/([^/]+)$/.exec(file)?.[1] ?? [])).toEqual(['@koromix', ...besides])
  })

  it('holds what runs and nothing else', () => {
    const folders = ['out', 'out/main', 'out/preload', 'out/renderer', 'node_modules']
    expect(new Set(files.map((file) => file.split('/').slice(1, 3).join('/')))).toEqual(
      new Set(['package.json', ...folders, ...['@koromix', ...besides].map((name) => `node_modules/${name}`)]),
    )
    expect(files.filter((file) => /\.(ts|vue|map|md|mts|cts|node-gyp)$|test|license/i.test(file))).toEqual([])
    const { platform, arch } = process
    const libraries = files.filter((file) => /\.(node|dll|so|dylib)(\.|$)/.test(file))
    expect(libraries.length).toBeGreaterThanOrEqual(3)
    for (const file of libraries) expect(file).toMatch(new RegExp(`/${platform}[/_]${arch}/`))
    expect(readdirSync(resources).toSorted()).toEqual([
      'app.asar',
      'app.asar.unpacked',
      'licences.txt',
      'mnist',
      'shipped',
    ])
  })

  it('is small beside ONNX Runtime’s library, MNIST and the trained model', () => {
    const sizes = {
      archive: sizeOf(archive),
      library: sizeOf(join(resources, 'app.asar.unpacked')),
      shipped: sizeOf(join(resources, 'shipped')),
    }
    const all = { ...sizes, mnist: sizeOf(join(resources, 'mnist')), resources: sizeOf(resources), app: sizeOf(app) }
    console.info(
      `Packed, MB: ${Object.entries(all)
        .map(([name, bytes]) => `${name} ${(bytes / 1e6).toFixed(1)}`)
        .join(', ')}.`,
    )
    expect(all.resources - all.library - all.mnist - all.shipped).toBeLessThan(15e6)
  })

  it('tells nobody to run npm, and names no folder of the machine that packed it', () => {
    for (const file of files.filter((file) => file.startsWith('/out/') && /\.c?js$/.test(file))) {
      const text = extractFile(archive, file.slice(1)).toString()
      expect([file, /npm (run|ci|start|install)[^ ]?.{30}/.exec(text)?.[0]]).toEqual([file, undefined])
      expect([file, text.includes(root)]).toEqual([file, false])
    }
  })

  it('is what its desktop entry needs', () => {
    const { author, desktopName, description, main } = JSON.parse(
      extractFile(archive, 'package.json').toString(),
    ) as Record<string, string>
    expect([desktopName, main]).toEqual(['vlae-studio.desktop', 'out/main/index.js'])
    expect(description && author).toBeTruthy()
    const made = join(root, 'out/packing/resources')
    expect(readFileSync(join(made, 'icon.icns')).subarray(0, 4).toString()).toBe('icns')
    expect([...readFileSync(join(made, 'icon.ico')).subarray(0, 4)]).toEqual([0, 0, 1, 0])
    expect(extractFile(archive, 'out/main/icon.png').subarray(1, 4).toString()).toBe('PNG')
  })

  it('has its fuses set', async () => {
    const wire = await getCurrentFuseWire(join(app, 'vlae-studio'))
    const set = Object.entries({
      RunAsNode: false,
      EnableCookieEncryption: true,
      EnableNodeOptionsEnvironmentVariable: false,
      EnableNodeCliInspectArguments: false,
      EnableEmbeddedAsarIntegrityValidation: true,
      OnlyLoadAppFromAsar: true,
      LoadBrowserProcessSpecificV8Snapshot: false,
      GrantFileProtocolExtraPrivileges: false,
    } satisfies Partial<Record<keyof typeof FuseV1Options, boolean>>)
    // the wire holds the characters 0 and 1
    for (const [name, on] of set)
      expect([name, wire[FuseV1Options[name as keyof typeof FuseV1Options]]]).toEqual([name, on ? 49 : 48])
  })

  it('knows its files by their hashes: macOS and Windows refuse to start with a changed byte, Linux does not look', () => {
    const entries = files.map((file) => ({ file: file.slice(1), entry: statFile(archive, file.slice(1)) }))
    const inside = entries.filter(({ entry }) => 'offset' in entry)
    expect(inside.length).toBeGreaterThan(20)
    for (const { file, entry } of inside) {
      const hash = createHash('sha256').update(extractFile(archive, file)).digest('hex')
      expect([file, 'integrity' in entry && entry.integrity.hash]).toEqual([file, hash])
    }
  })

  it('is no Node, and no debugger opens', async () => {
    const output = await new Promise<string>((done) => {
      execFile(
        join(app, 'vlae-studio'),
        [...sandbox, '--version', '--inspect=0', '-e', 'console.log(6 * 7)'],
        { env: { ...process.env, ...display.environment, ELECTRON_RUN_AS_NODE: '1', HOME: folder }, timeout: 5000 },
        (_error, out, err) => done(out + err),
      )
    })
    expect(output).not.toMatch(/\b42\b|Debugger listening/)
  })

  const running = new Set<ChildProcess>()
  // what a failed test has left would take the window of the next one's app
  afterEach(() => running.forEach((child) => child.kill('SIGKILL')))

  async function start(environment: NodeJS.ProcessEnv = {}): Promise<Packed> {
    const child = spawn(join(app, 'vlae-studio'), [...sandbox, '--remote-debugging-port=0'], {
      env: { ...ownEnvironment(), ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    running.add(child)
    child.once('exit', () => running.delete(child))
    let said = ''
    child.stderr.on('data', (data: Buffer) => (said += data.toString()))
    const ended = new Promise<number | null>((done) => child.once('exit', done))
    const address = await vi.waitUntil(() => /DevTools listening on (\S+)/.exec(said)?.[1], patience)
    // asked while the app makes its window, it may never answer
    const connect = () => chromium.connectOverCDP(address, { timeout: 15_000 })
    const browser = await connect()
      .catch(connect)
      .catch((error: unknown) => {
        throw new Error(`It ${child.exitCode === null ? 'runs' : `ended with ${child.exitCode}`}, and said: ${said}`, {
          cause: error,
        })
      })
    const page = await vi.waitUntil(() => browser.contexts()[0]?.pages()[0], patience)
    await page.waitForSelector('main[aria-busy=false]')
    return {
      page,
      ended,
      async end() {
        await browser.close()
        child.kill('SIGTERM')
        return ended
      },
    }
  }

  const ownEnvironment = () => ({
    ...process.env,
    ...talkative,
    ...display.environment,
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_CACHE_HOME: join(folder, 'cache'),
  })

  it('shows what it is and the licences of its parts', async () => {
    const { page, end } = await start()
    await page.getByRole('button', { name: 'About' }).click()
    const about = page.getByRole('dialog', { name: /^VLAE Studio \d/ })
    await about.getByText(join(folder, 'VLAE Studio')).waitFor()
    await about.getByText('the app contacts nobody').waitFor()
    await about.getByRole('button', { name: 'Licences of all its parts' }).click()
    const text = await about.getByRole('region', { name: 'Licences' }).textContent()
    expect(text).toContain('The VLAE Studio authors')
    expect(text).toContain('onnxruntime-node')
    expect(await end()).toBe(0)
  })

  describe.skipIf(!isThere('xdotool') || !isThere('openbox'))('with a feed, as an AppImage', () => {
    const asked: { path: string; headers: NodeJS.Dict<string | string[]> }[] = []
    const next = Buffer.from('#!/bin/sh\nexit 0\n')
    let server: Server
    let image: string
    beforeAll(async () => {
      image = join(folder, 'VLAE-Studio.AppImage')
      writeFileSync(image, 'old')
      const sha512 = createHash('sha512').update(next).digest('base64')
      const name = 'vlae-studio-99.0.0-linux-x86_64.AppImage'
      const latest = `version: 99.0.0\nfiles:\n  - url: ${name}\n    sha512: ${sha512}\n    size: ${next.length}\npath: ${name}\nsha512: ${sha512}\n`
      server = createServer(({ url = '', headers }, response) => {
        const { pathname } = new URL(url, 'http://feed')
        asked.push({ path: pathname, headers })
        const body = pathname === '/latest-linux.yml' ? latest : pathname === `/${name}` ? next : null
        response.writeHead(body === null ? 404 : 200).end(body)
      })
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      const { port } = server.address() as AddressInfo
      const feed = `provider: generic\nurl: http://127.0.0.1:${port}/\nupdaterCacheDirName: vlae-studio-updater\n`
      writeFileSync(join(resources, 'app-update.yml'), feed)
    })
    afterAll(() => {
      server?.close()
      rmSync(join(resources, 'app-update.yml'), { force: true })
    })

    const fetched = () => asked.filter(({ path }) => path.endsWith('.AppImage')).length
    const press = (key: string) => execFileSync('xdotool', ['key', key], { env: ownEnvironment() })
    /** The question is on the screen, and has the keyboard. */
    const question = () =>
      vi.waitUntil(() => {
        const { status, stdout } = spawnSync('xdotool', ['getactivewindow', 'getwindowname'], { env: ownEnvironment() })
        return status === 0 && !stdout.toString().includes('VLAE Studio')
      }, patience)

    it('asks before it fetches a new version, and installs it when a person quits', async () => {
      const first = await start({ APPIMAGE: image })
      await question()
      expect(asked.map(({ path }) => path)).toEqual(['/latest-linux.yml'])
      press('Escape')
      await first.page.waitForTimeout(500)
      expect(fetched()).toBe(0)
      expect(await first.end()).toBe(0)

      const second = await start({ APPIMAGE: image })
      await question()
      press('Return')
      await second.page.getByText('Version 99.0.0 has been fetched').waitFor({ timeout: patience.timeout })
      expect(fetched()).toBe(1)
      // a signal is no person
      expect(await second.end()).toBe(0)
      expect(readFileSync(image, 'utf8')).toBe('old')

      const third = await start({ APPIMAGE: image })
      await question()
      press('Return')
      await third.page.getByText('Version 99.0.0 has been fetched').waitFor({ timeout: patience.timeout })
      press('alt+F4')
      expect(await third.ended).toBe(0)
      expect(readFileSync(image)).toEqual(next)

      const identifiers = asked.map(({ headers }) => headers['x-user-staging-id'])
      expect(new Set(identifiers.filter(Boolean))).toEqual(new Set(['00000000-0000-0000-0000-000000000000']))
      expect(existsSync(join(folder, 'config', 'vlae-studio', '.updaterId'))).toBe(false)
    })
  })

  it('trains on the MNIST that comes with it, stops, and goes on at the next start', async () => {
    const first = await start()
    await train(first.page)
    await press(first.page, 'Stop')
    await reach(first.page, 'Stopped')
    const [run] = await runsIn(join(folder, 'VLAE Studio'))
    const { step, data } = await runFile(run!)
    expect(step).toBeGreaterThan(0)
    expect(data.bundled).toBe(true)
    expect(await first.end()).toBe(0)

    const again = await start()
    await again.page
      .getByRole('button', { name: /^Resume/ })
      .first()
      .click()
    await reach(again.page, 'Training')
    await vi.waitUntil(async () => (await runFile(run!)).status === 'training', patience)
    await press(again.page, 'Stop')
    await reach(again.page, 'Stopped')
    expect((await runFile(run!)).step).toBeGreaterThan(step)
    expect(await again.end()).toBe(0)
    expect(existsSync(join(folder, 'config', 'vlae-studio', 'window.json'))).toBe(true)
    // the library that it trains with has kept nothing of its own
    const kept = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    expect(kept.filter((name) => basename(name) === identifier)).toEqual([])
  })
})

function sizeOf(path: string): number {
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.size
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
}
