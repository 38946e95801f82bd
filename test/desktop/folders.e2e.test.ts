/** Folders in the real Electron: the system's dialog, the menu's, and what is dropped on the page. */
import { writeFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { packRun } from '../../main/runs/archive'
import { folderWith, smallSet } from '../mnist/small-set'
import { patience, press, reach, runFile, runsIn, setStage, skipped, train, type RunningApp, type Stage } from './app'
import { answerFolder, choose, drop } from './hands'

describe.skipIf(skipped)('a folder', () => {
  let stage: Stage
  let app: RunningApp
  let sets: string[]
  beforeAll(async () => {
    stage = await setStage()
    const files = await smallSet()
    sets = await Promise.all([1, 2, 3].map(() => folderWith(files)))
    app = await stage.start()
  })
  afterAll(async () => {
    await stage?.close()
    for (const set of sets) await rm(set, { recursive: true })
  })

  const field = () => app.page.getByRole('textbox', { name: 'Folder with the data' })
  const found = (folder: string) => app.page.getByRole('definition').filter({ hasText: folder })

  it('is chosen in the system’s dialog; cancelled, nothing changes', async () => {
    const { page } = app
    await page.keyboard.press('7')
    await page.getByText('60,000').first().waitFor()
    const cancelled = await answerFolder(app, null)
    await page.getByRole('button', { name: 'Choose…' }).click()
    const [options] = await vi.waitUntil(async () => (await cancelled()).length > 0 && cancelled(), patience)
    expect(options).toMatchObject({ properties: ['openDirectory', 'createDirectory'] })
    expect(await field().inputValue()).toBe('')

    await answerFolder(app, sets[0]!)
    await page.getByRole('button', { name: 'Choose…' }).click()
    await found(sets[0]!).waitFor()
    expect(await field().inputValue()).toBe(sets[0])
    const settings = join(app.place.user, 'settings.json')
    await vi.waitUntil(async () => (await readFile(settings, 'utf8').catch(() => '')).includes(sets[0]!), patience)
  })

  it('is chosen in the menu, from any view: the page shows what is in it', async () => {
    const { page } = app
    await page.keyboard.press('Escape')
    await page.locator('main').focus()
    await page.keyboard.press('1')
    const opened = await answerFolder(app, sets[1]!)
    await choose(app, 'File', 'Choose Data Folder…')
    await found(sets[1]!).waitFor()
    expect((await opened())[0]).toMatchObject({ defaultPath: sets[0] })

    await answerFolder(app, app.place.folder)
    await choose(app, 'File', 'Choose Data Folder…')
    await page.getByRole('alert').getByText(app.place.folder).waitFor()
    await page.getByRole('button', { name: 'Back to what was there' }).click()
    await found(sets[1]!).waitFor()
  })

  it('is dropped anywhere: it is the data of the next run', async () => {
    const { page } = app
    await page.keyboard.press('1')
    await drop(page, sets[2]!)
    await found(sets[2]!).waitFor()
    expect(await field().inputValue()).toBe(sets[2])

    // one of the files will do, too; what is no data leaves all as it is, and the page where it is
    await drop(page, join(sets[0]!, 'train-images-idx3-ubyte'))
    await found(sets[0]!).waitFor()
    const stranger = join(app.place.folder, 'page.html')
    writeFileSync(stranger, '<script>document.title = "elsewhere"</script>')
    await drop(page, stranger)
    await page.getByRole('alert').getByText('page.html').waitFor()
    expect(page.url()).toBe('app://vlae/#data')
    await page.getByRole('button', { name: 'Back to what was there' }).click()

    await page.locator('main').focus()
    await page.keyboard.press('1')
    await train(page)
    const [run] = await runsIn(app.place.result)
    expect((await runFile(run!)).data).toMatchObject({ bundled: false, trainImages: 30, testImages: 20 })
  })

  it('is not all that can be dropped: a run that was packed is imported, weights are begun with', async () => {
    const { page, place } = app
    await press(page, 'Stop')
    await reach(page, 'Stopped')
    const [run] = await runsIn(place.result)
    const archive = join(place.folder, 'run.zip')
    await packRun(run!, archive)
    await drop(page, archive)
    await page.getByText('was imported.').waitFor()
    const [first, second] = (await runsIn(place.result)).toSorted((a, b) => a.length - b.length)
    expect(second).toBe(`${first}-2`)
    expect(await runFile(second!)).toEqual(await runFile(first!))
    await drop(page, join(run!, 'vlae_condprior_epoch0.safetensors'))
    const dialog = page.getByRole('dialog', { name: 'Start from vlae_condprior_epoch0.safetensors' })
    await dialog.getByText('trained for 0 epochs').waitFor()
    await dialog.getByLabel('More epochs').fill('1')
    await dialog.getByRole('button', { name: 'Start' }).click()
    await vi.waitUntil(async () => (await runsIn(place.result)).length === 3, patience)
    await vi.waitFor(async () => {
      const files = await Promise.all((await runsIn(place.result)).map(runFile))
      const begun = files.find(({ from }) => from !== null)
      expect(begun).toMatchObject({ status: 'done', from: { run: 'vlae_condprior_epoch0.safetensors', epoch: 0 } })
    }, patience)
  })

  it('of the results is shown by the menu; where there is none yet, or no program for it, that is said', async () => {
    const { electron, page, place } = app
    await electron.evaluate(({ shell }) => {
      const shown: string[] = []
      Object.assign(globalThis, { shown })
      shell.openPath = async (path) => (shown.push(path), shown.length === 1 ? '' : 'no program for it')
    })
    const shown = () => electron.evaluate(() => (globalThis as unknown as { shown: string[] }).shown)
    await choose(app, 'File', 'Show Result Folder')
    await expect.poll(shown, patience).toEqual([place.result])
    await choose(app, 'File', 'Show Result Folder')
    await page.getByRole('alert').getByText(`${place.result} could not be shown.`).waitFor()
    await rm(place.result, { recursive: true })
    await choose(app, 'File', 'Show Result Folder')
    await page.getByRole('alert').getByText(`There is no folder ${place.result} yet.`).waitFor()
    expect(await shown()).toHaveLength(2)
  })
})
