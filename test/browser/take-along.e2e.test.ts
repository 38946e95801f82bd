/**
 * Taking along and bringing back, on the app's own page in a real browser: what is saved are files that others open, and a
 * run or weights that are brought are taken in, or refused as in the terminal.
 */
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { decodeCheckpoint } from '../../main/exchange/python-checkpoint'
import { encodeZip } from '../../main/files/zip'
import { decodeZip } from '../../main/files/zip-reader'
import { importRun } from '../../main/runs/archive'
import { runSettings } from '../../preload/contract'
import { folderWith, smallSet } from '../mnist/small-set'
import { launchBrowser, skipped } from '../renderer/browser'
import { openDoors, patience, visit } from './door'

describe.skipIf(skipped)('taking along', () => {
  let data: string
  let doors: ReturnType<typeof openDoors>
  let browser: Browser
  let url: string
  /** What the first tests have saved: weights, and a whole run. */
  let [checkpoint, archive] = ['', '']

  beforeAll(async () => {
    data = await folderWith(await smallSet())
    doors = openDoors()
    browser = await launchBrowser()
    const door = await doors.open()
    url = door.url
    const app = await visit(door)
    await app.app.changeSettings({ dataFolder: data })
    const settings = runSettings.parse({ epochs: 1, batch: 8, lanes: 1, engine: 'onnx-cpu' })
    await app.app.start({ settings, name: 'taken' })
    await vi.waitUntil(() => app.training().phase === 'done', patience)
  }, 300_000)
  afterAll(async () => {
    await browser?.close()
    await doors?.remove()
    rmSync(data, { recursive: true })
  })

  it('a press saves the checkpoint’s weights, with Adam’s state, under the run’s name', async () => {
    const page = await browser.newPage({ viewport: { width: 900, height: 600 } })
    await page.goto(url)
    await page.getByRole('button', { name: 'Checkpoints', exact: true }).click()
    const saved = async (kind: string) => {
      await page.getByRole('button', { name: 'Take along' }).click()
      const download = page.waitForEvent('download')
      await page.getByRole('menuitem', { name: kind }).click()
      return await download
    }
    const download = await saved('Weights for PyTorch (.pt)')
    expect(download.suggestedFilename()).toMatch(/^\d{4}-\d\d-\d\d-\d{4}-taken vlae_condprior_epoch1\.pt$/)
    const { epoch, weights, optimizer } = decodeCheckpoint(readFileSync(await download.path()), 'it')
    expect([epoch, weights.size, optimizer?.step]).toEqual([1, 32, 4])
    checkpoint = join(doors.folder, 'of elsewhere.pt')
    await download.saveAs(checkpoint)
    const onnx = await saved('Encoder, decoder and sampler (ONNX)')
    expect(onnx.suggestedFilename()).toMatch(/-taken onnx_epoch1\.zip$/)
    const files = decodeZip(readFileSync(await onnx.path()), 'it', { mostBytes: 2 ** 30, mostFiles: 9 })
    expect([...files.keys()]).toContain('onnx_epoch1/vae_sampler/model.onnx')
    const one = await saved('This checkpoint, to be imported (ZIP)')
    expect(one.suggestedFilename()).toMatch(/-taken epoch1\.zip$/)
    const { folder } = await importRun(await one.path(), join(doors.folder, 'one'))
    expect(
      readdirSync(folder)
        .filter((name) => name.endsWith('.safetensors'))
        .toSorted(),
    ).toEqual(['optimizer_epoch1.safetensors', 'vlae_condprior_epoch1.safetensors'])
  })

  it('a run’s menu saves its numbers, its charts, a report, and all of it, to be taken in elsewhere', async () => {
    const page = await browser.newPage({ viewport: { width: 900, height: 600 } })
    await page.goto(url)
    await page.getByRole('button', { name: 'Runs', exact: true }).click()
    const saved = async (kind: string) => {
      await page.getByLabel('Actions for taken').click()
      await page.getByRole('menuitem', { name: 'Take along' }).press('ArrowRight')
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: kind }).press('Enter'),
      ])
      return { name: file.suggestedFilename().replace(/^\d{4}-\d\d-\d\d-\d{4}-taken /, ''), path: await file.path() }
    }
    const epochs = await saved('Numbers of its epochs (CSV)')
    expect(epochs.name).toBe('epochs.csv')
    expect(readFileSync(epochs.path, 'utf8').trimEnd().split('\r\n')).toHaveLength(1 + 2)
    const report = await saved('A report (HTML)')
    expect(report.name).toBe('report.html')
    expect(readFileSync(report.path, 'utf8')).toContain('<h1>taken</h1>')
    const whole = await saved('The whole run (ZIP)')
    expect(whole.name).toBe('run.zip')
    archive = join(doors.folder, 'run of mine.zip')
    writeFileSync(archive, readFileSync(whole.path))
    const { folder, left } = await importRun(whole.path, join(doors.folder, 'elsewhere'))
    expect(left).toEqual([])
    expect(readdirSync(folder)).toContain('vlae_condprior_epoch1.safetensors')
  })

  const results = () => join(doors.folder, 'result')
  /** Drops what lies at this path in the middle of the page, as a hand does. */
  async function drop(page: Page, path: string): Promise<void> {
    const client = await page.context().newCDPSession(page)
    const data = { items: [], files: [path], dragOperationsMask: 1 }
    const send = (type: 'dragEnter' | 'dragOver' | 'drop') =>
      client.send('Input.dispatchDragEvent', { type, x: 450, y: 300, data })
    await send('dragEnter')
    // as a hand does: again and again, also while the page is not ready yet
    const seen = async () => {
      await send('dragOver')
      return page.getByText('Drop it here').isVisible()
    }
    await expect.poll(seen, patience).toBe(true)
    await send('drop')
    await client.detach()
  }

  it('a run that is brought is imported, what is hostile or nothing of ours refused in words', async () => {
    const page = await browser.newPage({ viewport: { width: 900, height: 600 } })
    await page.goto(`${url}#runs`)
    const before = readdirSync(results())
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Import…' }).click(),
    ])
    await chooser.setFiles(archive)
    await page.getByText('“taken” was imported.').waitFor()
    await expect.poll(() => page.locator('main tbody tr').count(), patience).toBe(2)
    // what was handed over goes once it is taken in
    await expect.poll(() => readdirSync(results()).filter((name) => name.startsWith('.')), patience).toEqual([])
    const [brought, ...others] = readdirSync(results()).filter((name) => !before.includes(name))
    expect(others).toEqual([])
    const bytes = (name: string) => readFileSync(join(results(), name, 'vlae_condprior_epoch1.safetensors'))
    const first = before.find((name) => name.endsWith('-taken'))
    expect(bytes(brought!).equals(bytes(first!))).toBe(true)

    const evil = join(doors.folder, 'evil.zip')
    writeFileSync(evil, encodeZip([{ name: '../../evil/run.json', data: Buffer.from('{}') }]))
    await drop(page, evil)
    const alert = page.getByRole('alert')
    await alert.getByText(/^evil\.zip holds a file whose name leads out of its folder/).waitFor()
    await page.getByRole('button', { name: 'Dismiss' }).last().click()
    const letter = join(doors.folder, 'letter.txt')
    writeFileSync(letter, 'Dear all,')
    await drop(page, letter)
    await alert.getByText('“letter.txt” is neither a run nor weights.').waitFor()
    await drop(page, data)
    await page.getByText('write its path instead').waitFor()
    await expect.poll(() => readdirSync(results()), patience).toHaveLength(before.length + 1)
  })

  it('weights that are dropped say what they are, and a run begins with them', async () => {
    const page = await browser.newPage({ viewport: { width: 900, height: 600 } })
    await page.goto(`${url}#gallery`)
    await page.getByRole('main').waitFor()
    await drop(page, checkpoint)
    const dialog = page.getByRole('dialog', { name: 'Start from of elsewhere.pt' })
    await dialog.getByText('trained for 1 epoch').waitFor()
    await dialog.getByText('Adam goes on with the averages that it had after 4 steps.').waitFor()
    // one that is not wanted leaves nothing
    await page.keyboard.press('Escape')
    await expect.poll(() => readdirSync(results()).filter((name) => name.startsWith('.')), patience).toEqual([])
    await drop(page, checkpoint)
    const epochs = dialog.getByLabel('More epochs')
    await epochs.fill('abc')
    await dialog.getByRole('button', { name: 'Start' }).click()
    await expect.poll(() => epochs.evaluate((field) => field === field.ownerDocument.activeElement)).toBe(true)
    await epochs.fill('1')
    await dialog.getByLabel('Name').fill('brought')
    await dialog.getByRole('button', { name: 'Start' }).click()
    await expect.poll(() => page.locator('header.head [role=status]').textContent(), patience).toMatch(/Done/)
    const run = readdirSync(results()).find((name) => name.endsWith('-brought'))
    const { from } = JSON.parse(readFileSync(join(results(), run!, 'run.json'), 'utf8')) as { from: unknown }
    expect(from).toEqual({ run: 'of elsewhere.pt', epoch: 1, epochs: 1, optimizerSteps: 4 })
    await expect.poll(() => readdirSync(results()).filter((name) => name.startsWith('.')), patience).toEqual([])
  })

  it('what is dropped before the page has its connection is not lost', async () => {
    const page = await browser.newPage({ viewport: { width: 900, height: 600 } })
    let connect = (): void => undefined
    const held = new Promise<void>((resolve) => (connect = resolve))
    await page.routeWebSocket(/\/socket/, async (socket) => {
      await held
      socket.connectToServer()
    })
    await page.goto(`${url}#gallery`)
    await page.getByText('Connecting to the app…').waitFor()
    await drop(page, checkpoint)
    connect()
    const dialog = page.getByRole('dialog', { name: 'Start from of elsewhere.pt' })
    await dialog.getByText('trained for 1 epoch').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => readdirSync(results()).filter((name) => name.startsWith('.')), patience).toEqual([])
    await page.close()
  })

  it('what is handed over can be stopped, and goes with its tab', async () => {
    const large = join(doors.folder, 'large.zip')
    writeFileSync(large, '')
    truncateSync(large, 2 ** 29)
    const page = await browser.newPage({ viewport: { width: 900, height: 600 } })
    await page.goto(`${url}#runs`)
    const hidden = () => readdirSync(results()).filter((name) => name.startsWith('.vlae-import-'))
    await page.getByRole('button', { name: 'Import…' }).waitFor()
    await drop(page, large)
    const card = page.locator('.task').filter({ hasText: 'Handing over large.zip' })
    await card.waitFor()
    expect(hidden()).toHaveLength(1)
    await card.getByRole('button', { name: 'Stop' }).click()
    await expect.poll(hidden, patience).toEqual([])
    expect(await page.getByRole('alert').count()).toBe(0)
    await drop(page, large)
    await expect.poll(hidden, patience).toHaveLength(1)
    await page.close()
    await expect.poll(hidden, patience).toEqual([])
  })
})
