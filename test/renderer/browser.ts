/** A real browser with the page in it: built with the scripted backend, served under the app's own policy. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, resolve } from 'node:path'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { build } from 'vite'
import { onTestFinished } from 'vitest'
import { contentSecurityPolicy } from '../../main/page/policy'
import { patience } from '../patience'

const root = resolve(import.meta.dirname, '../..')
const places = [
  process.env['VLAE_BROWSER'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]
export const browserPath = places.find((path) => path !== undefined && existsSync(path))

/** Without a browser the tests are skipped, and say so; with VLAE_REQUIRE_BROWSER set they fail instead. */
export const skipped = browserPath === undefined && process.env['VLAE_REQUIRE_BROWSER'] === undefined
if (skipped) console.info('No Chromium here: the page is not tested in a browser. VLAE_BROWSER names one.')

const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

/** Where test/built-once.ts puts the page for all tests: what ships, and with an app that only pretends behind it. */
export const pages = {
  production: join(root, 'out/renderer'),
  scripted: join(root, 'out/test-page'),
}

/** @param first a module that is loaded before all others, as a path from the project's folder */
export async function buildPage(mode: keyof typeof pages, outDir: string, first?: string): Promise<void> {
  const scripted = { find: /^\.\/backend\/live$/, replacement: join(import.meta.dirname, 'scripted/scripted.ts') }
  await build({
    configFile: join(root, 'renderer/vite.config.ts'),
    build: { outDir },
    ...(first !== undefined && {
      plugins: [
        {
          name: 'first',
          transform: (code, id) =>
            id === join(root, 'renderer/main.ts') ? `import ${JSON.stringify(join(root, first))}\n${code}` : undefined,
        },
      ],
    }),
    ...(mode === 'scripted' && { resolve: { alias: [scripted] } }),
  })
}

/** A browser whose pages are waited for as patiently as all else. */
export async function launchBrowser(): Promise<Browser> {
  if (browserPath === undefined) throw new Error('VLAE_REQUIRE_BROWSER is set, but there is no Chromium.')
  const browser = await chromium.launch({
    executablePath: browserPath,
    timeout: patience.timeout,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'].concat(
      '--disable-background-networking',
      '--disable-component-update',
    ),
  })
  return browser.on('context', (context) => context.setDefaultTimeout(patience.timeout))
}

/** Shows an address of the app's, and waits until the page has its connection: a key pressed before is nobody's. */
export async function goTo(page: Page, url: string): Promise<Page> {
  await page.goto(url)
  await page.waitForSelector('main[aria-busy=false]')
  return page
}

export interface Stage {
  /** A page at a view of the scripted app, until the test ends. `problems` collects what the browser complains about. */
  open(view: string, options?: OpenOptions): Promise<{ page: Page; problems: string[] }>
  close(): Promise<void>
}

export interface OpenOptions {
  /** `empty`, `runs`, `sweep`, `long`, `many` (200) or `thousand`. */
  script?: string
  /** Steps a second while training. */
  pace?: number
  context?: BrowserContextOptions
}

export async function setStage(): Promise<Stage> {
  const server = await serve(pages.scripted)
  const browser = await launchBrowser()
  return {
    async open(view, { script = 'runs', pace = 235, context } = {}) {
      const own = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...context })
      onTestFinished(() => own.close())
      const page = await own.newPage()
      const problems: string[] = []
      page.on('pageerror', (error) => problems.push(error.message))
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) problems.push(message.text())
      })
      const { port } = server.address() as AddressInfo
      await goTo(page, `http://127.0.0.1:${port}/?scripted=${script}&pace=${pace}#${view}`)
      return { page, problems }
    },
    async close() {
      await browser.close()
      server.close()
    },
  }
}

async function serve(folder: string): Promise<Server> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://page').pathname
    const file = path === '/' ? '/index.html' : path
    const bytes = await readFile(join(folder, file)).catch(() => null)
    if (bytes === null) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, {
      'Content-Type': types[extname(file)] ?? 'application/octet-stream',
      'Content-Security-Policy': contentSecurityPolicy("'self'"),
    })
    response.end(bytes)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return server
}
