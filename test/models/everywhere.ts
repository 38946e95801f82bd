/** The app as a model's user meets it: commands as they are typed, and the page with the app behind it in a real browser. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { defaultSettings } from '../../main/app/settings'
import { Studio } from '../../main/app/studio'
import { readPageFiles } from '../../main/page/files'
import { serveTab } from '../../main/tab/server'
import { createTrainer } from '../../main/trainer/trainer'
import { buildPage, goTo, launchBrowser, pages } from '../renderer/browser'

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A command as it is typed; `seen` is called with all that it has said so far. */
export type Typed = (words: string, seen?: (out: string, interrupt: () => void) => void) => Promise<Ended>

/** @param built a folder with cli.js @param folder the current one of the commands */
export function terminalIn(built: string, folder: string): Typed {
  return async (words, seen) => {
    const child = spawn(process.execPath, [join(built, 'cli.js'), ...words.split(' ')], { cwd: folder })
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => {
      out += data.toString()
      seen?.(out, () => child.kill('SIGINT'))
    })
    child.stderr.on('data', (data: Buffer) => (err += data.toString()))
    const code = await new Promise<number | null>((done) => child.once('exit', done))
    return { code, out, err }
  }
}

/** The same, interrupted as soon as it tells of a step. @param words of a training with `--json` */
export async function interrupted(typed: Typed, words: string): Promise<Ended> {
  let asked = false
  return typed(words, (out, interrupt) => {
    if (asked || !out.includes('"type":"step"')) return
    asked = true
    interrupt()
  })
}

export interface AppOnPage {
  readonly page: Page
  readonly studio: Studio
  /** What the page has thrown. */
  readonly problems: readonly string[]
}

interface PageOptions {
  /** A folder with worker.js. */
  readonly built: string
  readonly resultFolder: string
  readonly dataFolder?: string
  /** A module that the page loads before its own. */
  readonly first?: string
}

/** Opens the page's settings, and closes all of it behind `use`. */
export async function withPage(
  { built, resultFolder, dataFolder, first }: PageOptions,
  use: (app: AppOnPage) => Promise<void>,
): Promise<void> {
  const trainer = createTrainer({ worker: pathToFileURL(join(built, 'worker.js')), page: true })
  const settings = defaultSettings()
  if (dataFolder !== undefined) settings.change({ dataFolder })
  const studio = new Studio({ trainer, settings, door: { kind: 'tab' }, resultFolder, version: '0' })
  let pageFolder = pages.production
  if (first !== undefined) {
    pageFolder = await mkdtemp(`${pages.scripted}-`)
    await buildPage('production', pageFolder, first)
  }
  const server = await serveTab({
    files: await readPageFiles(pageFolder),
    connect: (channel) => studio.connect(channel),
  })
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    await goTo(page, `${server.urlForOnce}#settings`)
    await page.getByLabel('KL warm-up').waitFor()
    await use({ page, studio, problems })
  } finally {
    await browser.close()
    await server.close()
    await studio.close()
    if (first !== undefined) await rm(pageFolder, { recursive: true })
  }
}
