/**
 * A model that nothing in the app has heard of, registered by this test: it trains, pauses, resumes to the bit, draws and
 * is measured, in the terminal and on the page in a real browser.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { decodeGrid } from '../../../main/files/png'
import { readSafetensors } from '../../../main/files/safetensors'
import { buildModules, type Built } from '../../build'
import { patience } from '../../patience'
import { skipped } from '../../renderer/browser'
import { interrupted, terminalIn, withPage, type Typed } from '../everywhere'
import './card'

let built: Built
let folder: string
beforeAll(async () => {
  built = await buildModules({
    cli: 'test/models/toy/cli.ts',
    worker: 'test/models/toy/worker.ts',
    lane: 'main/engine/lanes/lane.ts',
  })
  folder = await mkdtemp(join(tmpdir(), 'vlae-toy-'))
})
afterAll(async () => {
  await built?.remove()
  if (folder) await rm(folder, { recursive: true })
})

const typed: Typed = (...words) => terminalIn(built.folder, folder)(...words)

const train = 'train --model toy --floor 0.5 --epochs 2 --batch 64 --limit 640 --threads 1 --engine onnx-cpu --out runs'
const runs = async () => (await readdir(join(folder, 'runs'))).toSorted().map((name) => join(folder, 'runs', name))
const tensorsOf = async (path: string) => {
  const { tensors } = await readSafetensors(path)
  return [...tensors].map(([name, { data }]) => [name, Buffer.from(data!.buffer, data!.byteOffset, data!.byteLength)])
}

describe('in the terminal', () => {
  let whole: string

  it('trains with its own settings, and is told by its own names', async () => {
    const { code, out, err } = await typed(`${train} --name whole`)
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('640 images · Toy · squash tanh · 2 epochs of 10 steps')
    expect(out).toContain('loss = −ELBO = pixels + code, nats per image')
    whole = (await runs())[0]!
    const { settings } = JSON.parse(await readFile(join(whole, 'run.json'), 'utf8')) as { settings: object }
    expect(settings).toMatchObject({ model: 'toy', floor: 0.5, squash: 'tanh', learningRate: 0.01 })
    expect(settings).not.toHaveProperty('klWarmup')
    const lines = (await readFile(join(whole, 'metrics.jsonl'), 'utf8')).trim().split('\n')
    for (const line of lines.filter((line) => line.includes('"step",')))
      expect(Object.keys(JSON.parse(line) as object)).toEqual(
        expect.arrayContaining(['gamma', 'loss', 'pixels', 'code', 'objective']),
      )
  })

  it('interrupted and resumed, ends with the same bits', async () => {
    const first = await interrupted(typed, `${train} --name parts --json`)
    expect(first.code).toBe(130)
    const parts = (await runs()).find((path) => path !== whole)!
    const { code, err } = await typed(`resume ${parts} --out runs`)
    expect([code, err]).toEqual([0, ''])
    for (const name of ['vlae_condprior_epoch2.safetensors', 'resume.safetensors'])
      expect(await tensorsOf(join(parts, name))).toEqual(await tensorsOf(join(whole, name)))
    for (const name of ['sample_conditioned_epoch2.png', 'test_recon_epoch2.png'])
      expect(await readFile(join(parts, name))).toEqual(await readFile(join(whole, name)))
    expect((await tensorsOf(join(parts, 'resume.safetensors'))).map(([name]) => name)).toEqual([
      'parameters',
      'mean',
      'largest',
      'average',
    ])
  })

  it('draws binary pixels, and is shown binary images', async () => {
    const samples = decodeGrid(await readFile(join(whole, 'sample_conditioned_epoch2.png')))
    expect(new Set(samples.images)).toEqual(new Set([0, 255]))
    const pair = decodeGrid(await readFile(join(whole, 'test_recon_epoch2.png')))
    expect(new Set(pair.images.subarray(0, 8 * 784))).toEqual(new Set([0, 255]))
    const { code, err } = await typed(`sample ${whole} --out drawn.png`)
    expect([code, err]).toEqual([0, ''])
    expect(new Set(decodeGrid(await readFile(join(folder, 'drawn.png'))).images)).toEqual(new Set([0, 255]))
    const refused = await typed(`sample ${whole} --digit 3`)
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('Leave --digit out, or take a run that was trained with classes.')
  })

  it('is listed, measured, explained and continued', async () => {
    expect((await typed('runs --out runs')).out).toMatch(/--model toy --floor 0\.5 --epochs 2 --batch 64 --limit 640/)
    const { out } = await typed(`evaluate ${whole}`)
    expect(out).toMatch(/[\d.]+ {2}pixels\n +[\d.]+ {2}code\n/)
    const help = (await typed('train --help')).out.replaceAll(/\s+/g, ' ')
    expect(help).toContain('--model <name> what is trained: ladder, vlae, toy (default: ladder)')
    expect(help).toContain('--floor <n> of toy, nats that the code may cost for nothing: a number from 0 to 10 (default: 0.3)') // prettier-ignore
    expect(help).toContain('--squash <how> of toy, whether the encoder’s numbers are squashed: tanh or none (default: tanh)') // prettier-ignore
    const further = await typed(`train --from ${whole} --epochs 1 --limit 640 --batch 64 --out runs --name further`)
    expect([further.code, further.err]).toEqual([0, ''])
    expect(further.out).toContain('It begins with the weights of')
  })

  it('says what is wrong with a setting, of whichever model', async () => {
    for (const [words, message] of [
      ['--model toy --floor 11', '--floor must be a number from 0 to 10; got "11"'],
      ['--model toy --squash hard', '--squash must be tanh or none; got "hard"'],
      ['--model toy --kl-warmup 3', '--kl-warmup is not a setting of toy: it has --floor, --squash'],
      ['--floor 0.1', '--floor is not a setting of ladder: it has --condition, --kl-warmup'],
      ['--model tot', '--model must be ladder or vlae or toy; got "tot"'],
      [`--from ${whole} --model ladder`, '--model must be toy, as the weights are that --from names; got "ladder"'],
    ] as const) {
      const { code, err } = await typed(`train ${words}`)
      expect(err).toContain(message)
      expect(code).toBe(2)
    }
  })
})

describe.skipIf(skipped)('on the page', () => {
  it('is chosen, set, trained, paused, looked at and asked', async () => {
    await withPage(
      { built: built.folder, resultFolder: join(folder, 'page'), first: 'test/models/toy/card.ts' },
      async ({ page, studio, problems }) => {
        await page.getByText('Toy', { exact: true }).click()
        await page.getByLabel('Free nats').fill('0.5')
        expect(await page.getByLabel('KL warm-up').count()).toBe(0)
        expect(await page.getByLabel('Learning rate').inputValue()).toBe('0.01')
        await page.getByText('0.01 suits this model').waitFor()
        await page.getByLabel('Epochs').fill('3')
        await page.getByLabel('Batch size').fill('32')
        await page.getByLabel('Image limit').fill('3200')
        await vi.waitUntil(() => studio.settings.current.run['limit'] === 3200, patience)
        expect(studio.settings.current.run).toMatchObject({ model: 'toy', floor: 0.5, epochs: 3, batch: 32 })

        await page.getByRole('button', { name: 'Train', exact: true }).click()
        await page.getByText('trains a toy of an autoencoder without classes').waitFor()
        await page.getByRole('main').getByRole('button', { name: 'Start training' }).click()
        await vi.waitUntil(() => studio.training.step >= 5, patience)
        await page.getByRole('button', { name: 'Pause', exact: true }).click()
        await vi.waitUntil(() => studio.training.phase === 'paused', patience)
        await page.getByRole('button', { name: 'Resume' }).click()
        await vi.waitUntil(() => studio.training.phase === 'done', patience)
        const numbers = page.getByRole('main')
        for (const name of ['Pixels', 'Code', 'Gamma']) await numbers.getByText(name, { exact: true }).first().waitFor()
        expect(await page.getByText(/KL z1|KL weight|Reconstruction, −log/).count()).toBe(0)
        await page.getByRole('img', { name: 'Samples of epoch 3: ten rows of eight' }).waitFor()

        await page.evaluate(() => (location.hash = '#checkpoints'))
        for (const name of [/^Pixels/, /^Code/]) await page.getByRole('columnheader', { name }).first().waitFor()
        await page.getByRole('button', { name: 'Sample from epoch 3' }).click()
        await page.getByRole('img', { name: 'New samples of epoch 3' }).waitFor()
        await page.getByRole('button', { name: 'Continue from here' }).click()
        await page.getByText('Gamma goes on from what it was after 3 epochs.').waitFor()
        await page.getByText('Averaged Adamax goes on with the averages that it had.').waitFor()
        await page.keyboard.press('Escape')

        await page.evaluate(() => (location.hash = '#runs'))
        await page.getByText('Model: Toy').waitFor()
        await page.getByText('Free nats: 0.5').waitFor()
        expect(problems).toEqual([])
      },
    )
  })
})
