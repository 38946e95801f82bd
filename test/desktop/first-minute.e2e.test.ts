/** The first minute with the window, and the numbers it trains: those of the terminal, bit for bit. */
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { lossChart, patience, press, reach, runFile, runsIn, setStage, skipped, state, type Stage } from './app'

describe.skipIf(skipped)('the first minute', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await setStage()
  })
  afterEach(() => stage?.clear())
  afterAll(() => stage?.close())

  it('takes one press: a chart that moves, and digits drawn again and again within the first epoch', async () => {
    const { page, place, output } = await stage.start()
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    await page.getByText('Nothing has been trained yet').waitFor()
    await page.getByRole('main').getByRole('button', { name: 'Start training' }).click()
    // answered at once, whatever comes
    expect(await state(page)).toMatch(/Starting|Training/)
    await vi.waitUntil(async () => (await lossChart(page))?.includes('train: from'), patience)
    const samples = page.getByRole('img', { name: /^Samples/ }).first()
    const pixels = (): Promise<string> =>
      samples.evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL())
    const first = await pixels()
    await vi.waitUntil(async () => (await pixels()) !== first, patience)

    const [run] = await runsIn(place.result)
    const { data, settings, status } = await runFile(run!)
    expect(data).toMatchObject({ bundled: true, trainImages: 60_000, testImages: 10_000 })
    expect({ epochs: settings.epochs, limit: settings.limit, status }).toEqual({
      epochs: 30,
      limit: 0,
      status: 'training',
    })
    expect(await readdir(run!)).toContain('sample_conditioned_epoch0.png')
    await press(page, 'Stop')
    await reach(page, 'Stopped')
    expect(problems).toEqual([])
    expect(output()).not.toMatch(/UnhandledPromise|Error:/)
  })

  /** The run of the terminal: made once. */
  let terminal: Promise<string> | undefined
  async function trainInTerminal(data: string): Promise<string> {
    const out = join((await stage.place()).folder, 'terminal')
    const options = ['--data', data, '--limit', '1280', '--epochs', '2', '--seed', '7', '--out', out]
    const program = join(stage.app, 'main', 'cli.js')
    await promisify(execFile)(process.execPath, ['--single-threaded-gc', program, 'train', ...options], {
      env: stage.environment,
    })
    return (await runsIn(out))[0]!
  }

  it.each(['thread', 'process'] as const)('trains to the terminal’s files, byte by byte: in a %s', async (trainer) => {
    const [dataFolder, run] = [await stage.fewTests(), { limit: 1280, epochs: 2, seed: 7 }]
    const app = await stage.start({ settings: { run, trainer, dataFolder } })
    await app.page.getByRole('main').getByRole('button', { name: 'Start training' }).click()
    await reach(app.page, 'Done')
    const [inWindow] = await runsIn(app.place.result)
    const inTerminal = await (terminal ??= trainInTerminal(dataFolder))
    const names = (await readdir(inWindow!)).filter((name) => /^metrics|_epoch\d+\./.test(name)).toSorted()
    expect(names).toEqual((await readdir(inTerminal)).filter((name) => /^metrics|_epoch\d+\./.test(name)).toSorted())
    expect(names).toContain('vlae_condprior_epoch2.safetensors')
    for (const name of names) {
      const [here, there] = await Promise.all([inWindow, inTerminal].map((folder) => readFile(join(folder!, name))))
      expect([name, here!.equals(there!)]).toEqual([name, true])
    }
  })
})
