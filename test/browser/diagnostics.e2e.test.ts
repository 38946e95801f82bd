/** “Copy diagnostics” in the tab, in a real browser, on a machine whose folders have a name in them. */
import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { goTo, launchBrowser, skipped } from '../renderer/browser'
import { openDoors, type Door } from './door'

const elsewhere = 'https://elsewhere.example'

describe.skipIf(skipped)('Copy diagnostics', () => {
  let doors: ReturnType<typeof openDoors>
  let door: Door
  let browser: Browser
  let context: BrowserContext
  beforeAll(async () => {
    doors = openDoors()
    const place = join(doors.folder, 'Hedwigs Thesis')
    mkdirSync(place)
    door = await doors.open(place)
    browser = await launchBrowser()
    context = await browser.newContext({ viewport: { width: 900, height: 600 } })
    await context.grantPermissions(['clipboard-write'], { origin: new URL(door.url).origin })
    await context.grantPermissions(['clipboard-read'], { origin: elsewhere })
  })
  afterAll(async () => {
    await browser?.close()
    await doors.remove()
  })

  /** What another page gets of the clipboard: the app's own may not look into it. */
  async function pasted(): Promise<string> {
    const page = await context.newPage()
    await page.route(`${elsewhere}/`, (route) => route.fulfill({ contentType: 'text/html', body: '' }))
    await page.goto(`${elsewhere}/`)
    const text = (await page.evaluate('navigator.clipboard.readText()')) as string
    await page.close()
    return text
  }

  it('has the versions, the engines and what was just refused, and no name', async () => {
    const page = await context.newPage()
    await goTo(page, `${door.url}#settings`)
    // something goes wrong that names a place
    await page.getByRole('textbox', { name: 'Result folder' }).fill(join(doors.folder, 'Hedwigs Thesis', 'a\0b'))
    await page.getByRole('textbox', { name: 'Result folder' }).press('Enter')
    await page.getByRole('button', { name: 'Copy diagnostics' }).first().click()
    await page.getByText('The diagnostics are copied.', { exact: false }).waitFor()
    const copied = await pasted()
    expect(copied).toMatch(/^VLAE Studio \d+\.\d+\.\d+, tab\nnode 2\d\.[^]*onnxruntime 1\.\d+/)
    expect(copied).toContain('onnx-cpu: CPU')
    expect(copied).toContain('refused changeSettings')
    expect(copied).not.toMatch(/hedwig/i)
    const log = await readFile(join(doors.folder, 'config/vlae-studio/vlae-studio.log'), 'utf8')
    expect(log).toContain('"event":"start"')
    expect(log).toContain('Hedwigs Thesis')
    await page.close()
  })

  it('the terminal tells the same of the app', async () => {
    const { child, output } = doors.run('cli', ['engines', '--diagnostics'])
    expect(await new Promise((done) => child.once('close', done))).toBe(0)
    expect(output()).toMatch(/^VLAE Studio .*, terminal\n/)
    expect(output()).toContain('refused changeSettings')
    expect(output()).not.toMatch(/hedwig/i)
  })
})
