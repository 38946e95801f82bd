/**
 * The paper's model through the app as its user meets it: trained, interrupted, resumed to the bit, drawn, measured and
 * continued in the terminal; chosen, set, trained, paused and looked at on the page in a real browser.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { decodeGrid } from '../../../main/files/png'
import { readSafetensors } from '../../../main/files/safetensors'
import { isOpen } from '../../../preload/life'
import { folderWith, smallSet } from '../../mnist/small-set'
import { patience } from '../../patience'
import { skipped } from '../../renderer/browser'
import { interrupted, terminalIn, withPage, type Typed } from '../everywhere'

const programs = inject('programs')
let folder: string
/** 30 training images, five of which are held out, and 20 test images. */
let dataFolder: string
/** One of `.amat` files, one of which is not of 0 and 1. */
let greyFolder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vlae-paper-'))
  dataFolder = await folderWith(await smallSet())
  const image = (pixel: string) => Array.from({ length: 784 }, () => pixel).join(' ')
  const files = ['train', 'valid', 'test'].map((part) => [
    `binarized_mnist_${part}.amat`,
    part === 'train' ? '0.4' : '0',
  ])
  greyFolder = await folderWith(
    Object.fromEntries(files.map(([name, pixel]) => [name!, Buffer.from(`${image('1')}\n${image(pixel!)}\n`)])),
  )
})
afterAll(async () => {
  for (const path of [folder, dataFolder, greyFolder]) if (path) await rm(path, { recursive: true })
})

const typed: Typed = (...words) => terminalIn(programs, folder)(...words)

const train = 'train --model vlae --free-bits soft --condition label --hidden 1 --epochs 2 --batch 5 --threads 2 --engine onnx-cpu --out runs' // prettier-ignore
const tensorsOf = async (path: string) => {
  const { tensors } = await readSafetensors(path)
  const bytes = (data: ArrayBufferView) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  return [...tensors].map(([name, { data }]) => [name, createHash('sha256').update(bytes(data!)).digest('hex')])
}
const linesOf = async (run: string) =>
  (await readFile(join(run, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
const runs = async () => (await readdir(join(folder, 'runs'))).map((name) => join(folder, 'runs', name))

describe('in the terminal', () => {
  let whole: string

  it('trains, tells of itself by its own names, and measures what it holds out', async () => {
    const { code, out, err } = await typed(`${train} --data ${dataFolder} --name whole`)
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain(
      '25 images · VLAE · decoder local · window triangle · tied no · prior flow · condition label · free',
    )
    expect(out).toContain('loss = −ELBO = reconstruction + rate, nats per image')
    whole = (await runs())[0]!
    const lines = await linesOf(whole)
    const steps = lines.filter(({ type }) => type === 'step')
    expect(steps).toHaveLength(10)
    for (const step of steps) expect(step).toMatchObject({ gamma: expect.any(Number), kl: expect.any(Number), rateFactor: 1 }) // prettier-ignore
    expect(steps.at(-1)!['loss']).toBeLessThan(steps[0]!['loss'] as number)
    const epochs = lines.filter(({ type, epoch }) => type === 'epoch' && epoch !== 0)
    for (const epoch of epochs) expect(epoch['validation']).toBeLessThan(784 * Math.LN2 + 30)
  })

  it('interrupted in the middle of an epoch and resumed, ends with the same bits, plateau and γ with them', async () => {
    const first = await interrupted(typed, `${train} --data ${dataFolder} --name parts --json`)
    expect(first.code).toBe(130)
    const parts = (await runs()).find((path) => path !== whole)!
    const { code, err } = await typed(`resume ${parts} --out runs`)
    expect([code, err]).toEqual([0, ''])
    for (const name of ['vlae_condprior_epoch2.safetensors', 'resume.safetensors'])
      expect(await tensorsOf(join(parts, name))).toEqual(await tensorsOf(join(whole, name)))
    for (const name of ['sample_conditioned_epoch2.png', 'test_recon_epoch2.png'])
      expect(await readFile(join(parts, name))).toEqual(await readFile(join(whole, name)))
    const state = await readSafetensors(join(parts, 'resume.safetensors'))
    expect([...state.tensors.keys()]).toEqual(['parameters', 'firstMoment', 'infinityNorm', 'average'])
    const { schedule } = JSON.parse(state.metadata['progress']!) as { schedule: Record<string, number> }
    const other = await readSafetensors(join(whole, 'resume.safetensors'))
    expect(schedule).toEqual((JSON.parse(other.metadata['progress']!) as { schedule: object }).schedule)
    expect(schedule).toMatchObject({ gamma: expect.any(Number), best: expect.any(Number), halvings: 0 })
  })

  it('keeps averages as its checkpoint, and the raw parameters to go on from', async () => {
    const [weights, state] = await Promise.all(
      ['vlae_condprior_epoch2.safetensors', 'resume.safetensors'].map((name) => readSafetensors(join(whole, name))),
    )
    const [raw, averages] = ['parameters', 'average'].map((name) => state!.tensors.get(name)!.data as Float32Array)
    // a bias has the same layout in both files, and lies somewhere in the flat vectors
    const { data } = weights!.tensors.get('encoder.first.b')! as { data: Float32Array }
    const holds = (flat: Float32Array) => {
      for (let at = flat.indexOf(data[0]!); at >= 0; at = flat.indexOf(data[0]!, at + 1))
        if (data.every((value, i) => flat[at + i] === value)) return true
      return false
    }
    expect([holds(averages!), holds(raw!)]).toEqual([true, false])
  })

  it('draws pixels: by class, of temperatures, and several decodings of a code', async () => {
    const samples = decodeGrid(await readFile(join(whole, 'sample_conditioned_epoch2.png')))
    expect(new Set(samples.images)).toEqual(new Set([0, 255]))
    const pair = decodeGrid(await readFile(join(whole, 'test_recon_epoch2.png')))
    expect([pair.rows, pair.columns]).toEqual([4, 8])
    const row = (at: number) => Buffer.from(pair.images.subarray(at * 8 * 784, (at + 1) * 8 * 784))
    expect(row(1).equals(row(2))).toBe(false)
    const drawn = async (words: string) => {
      const { code, err } = await typed(`sample ${whole} --digit 3 --out drawn.png ${words}`)
      expect([code, err]).toEqual([0, ''])
      return decodeGrid(await readFile(join(folder, 'drawn.png'))).images
    }
    const [likely, usual] = [await drawn('--temperature 0 --pixel-temperature 0'), await drawn('--temperature 0')]
    // without any noise all are one
    expect(Buffer.from(likely.subarray(0, 784)).equals(Buffer.from(likely.subarray(784, 2 * 784)))).toBe(true)
    expect(Buffer.from(usual).equals(Buffer.from(likely))).toBe(false)

    const decoded = async (words: string) => {
      const { code, out, err } = await typed(`sample ${whole} --of 0,1,2,3,4,5,6,7 --out decoded.png ${words}`)
      expect([code, err]).toEqual([0, ''])
      expect(out).toContain('8 test images, below 3 decodings of the code of each, epoch 2')
      const grid = decodeGrid(await readFile(join(folder, 'decoded.png')))
      expect([grid.rows, grid.columns]).toEqual([4, 8])
      return grid.images
    }
    const [here, other, sure] = [
      await decoded('--seed 0'),
      await decoded('--seed 1'),
      await decoded('--pixel-temperature 0'),
    ]
    // the originals are the same, and what is drawn below them is another drawing of the same codes
    expect(other.subarray(0, 8 * 784)).toEqual(here.subarray(0, 8 * 784))
    expect(Buffer.from(other).equals(Buffer.from(here))).toBe(false)
    const line = (at: number) => Buffer.from(sure.subarray(at * 8 * 784, (at + 1) * 8 * 784))
    expect([line(1).equals(line(2)), line(2).equals(line(3))]).toEqual([true, true])
  })

  it('is measured, continued with its averages’ own parameters, and told from another model', async () => {
    const { out } = await typed(`evaluate ${whole}`)
    expect(out).toMatch(/[\d.]+ {2}reconstruction\n +[\d.]+ {2}rate\n/)
    const further = await typed(`train --from ${whole} --epochs 1 --out runs --name further`)
    expect([further.code, further.err]).toEqual([0, ''])
    expect(further.out).not.toContain('begins anew')
    const wrong = await typed(`train --from ${whole} --epochs 1 --out runs --name wrong --condition none`)
    expect(wrong.code).toBe(1)
    expect(wrong.err).toContain('holds the weights of a network with classes (condition label)')
    expect(wrong.err).toContain('Take another checkpoint of this run')
  })
})

describe.skipIf(skipped)('on the page', () => {
  it('is chosen, set, trained, paused, looked at and asked, and shows what is lossy', async () => {
    await withPage(
      { built: programs, resultFolder: join(folder, 'page'), dataFolder },
      async ({ page, studio, problems }) => {
        await page.getByText('VLAE', { exact: true }).first().click()
        await page.getByLabel('Hidden layers').waitFor()
        expect(await page.getByLabel('KL warm-up').count()).toBe(0)
        expect(await page.getByLabel('Learning rate').inputValue()).toBe('0.002')
        expect(await page.getByLabel('Batch size').inputValue()).toBe('100')
        const preset = page.getByLabel('Preset', { exact: true })
        await preset.selectOption({ label: 'Unconditional decoder' })
        await vi.waitUntil(async () => (await page.getByLabel('Hidden layers').count()) === 0, patience)
        await page.getByLabel('Free bits').waitFor({ state: 'detached' })
        await preset.selectOption({ label: 'VLAE, Gaussian prior' })
        await page.getByText('Soft', { exact: true }).click()
        expect(await preset.locator('option:checked').textContent()).toBe('None of these')
        await page.getByLabel('Epochs').fill('6')
        await page.getByLabel('Batch size').fill('5')
        await vi.waitUntil(() => studio.settings.current.run.batch === 5, patience)
        expect(studio.settings.current.run).toMatchObject({
          model: 'vlae',
          prior: 'gaussian',
          freeBits: 'soft',
          epochs: 6,
        })

        await page.getByRole('button', { name: 'Train', exact: true }).click()
        await page.getByText('trains the VLAE of the paper').waitFor()
        await page.getByRole('main').getByRole('button', { name: 'Start training' }).click()
        await vi.waitUntil(() => studio.training.step >= 1, patience)
        await page.getByRole('button', { name: 'Pause', exact: true }).click()
        await vi.waitUntil(() => studio.training.phase === 'paused', patience)
        await page.getByRole('button', { name: 'Resume' }).click()
        await vi.waitUntil(() => studio.training.phase === 'done', patience)
        const numbers = page.getByRole('main')
        for (const name of ['Reconstruction', 'Rate', 'γ'])
          await numbers.getByText(name, { exact: true }).first().waitFor()
        expect(await page.getByText(/KL z1|KL weight/).count()).toBe(0)
        await page.getByRole('img', { name: 'Samples of epoch 6: ten rows of eight' }).waitFor()
        await page.getByRole('img', { name: 'eight test images above 3 decodings of the code of each' }).waitFor()

        await page.evaluate(() => (location.hash = '#gallery'))
        await page.getByText('Reconstructions', { exact: true }).click()
        await page.getByRole('img', { name: 'Reconstructions of epoch 6' }).waitFor()

        await page.evaluate(() => (location.hash = '#checkpoints'))
        await page.getByRole('columnheader', { name: /^Rate/ }).first().waitFor()
        await page.getByRole('slider', { name: 'Temperature of the pixels' }).fill('0.5')
        await page.getByRole('button', { name: 'Sample from epoch 6' }).click()
        await page.getByRole('img', { name: 'New samples of epoch 6' }).waitFor()
        await page.getByRole('button', { name: 'Continue from here' }).click()
        await page.getByText('γ goes on from what it was').waitFor()
        await page.keyboard.press('Escape')

        // judged with the weights that were averaged, and with those that training went on from
        await page.getByText('Evaluate', { exact: true }).click()
        const likelihood = page.getByRole('region', { name: 'Likelihood' })
        await likelihood.getByLabel('Codes per image').fill('0')
        await likelihood.getByRole('alert').waitFor()
        expect(await likelihood.getByRole('button', { name: 'Estimate' }).isDisabled()).toBe(true)
        await likelihood.getByLabel('Codes per image').fill('2')
        await likelihood.getByLabel('Images').fill('4')
        const figures = async (weights: string) => {
          await likelihood.getByRole('button', { name: 'Estimate' }).click()
          await likelihood.getByText(`with ${weights} weights`).waitFor()
          return likelihood.getByRole('definition').first().textContent()
        }
        const averaged = await figures('averaged')
        await likelihood.getByText('Raw', { exact: true }).click()
        expect(await figures('raw')).not.toBe(averaged)

        // a folder of binarized images that holds grey ones is refused by its line, and the one in use stays
        await page.evaluate(() => (location.hash = '#data'))
        const field = page.getByLabel('Folder with the data')
        await field.fill(greyFolder)
        await field.press('Enter')
        await page.getByText('Line 2 of binarized_mnist_train.amat').waitFor()
        await field.fill(dataFolder)
        await field.press('Enter')
        await page.getByText('Line 2 of binarized_mnist_train.amat').waitFor({ state: 'detached' })

        await page.evaluate(() => (location.hash = '#runs'))
        await page.getByText('Model: VLAE').waitFor()
        await page.getByRole('button', { name: 'Rate', exact: true }).click()
        await page.getByRole('img', { name: /^Rate by epoch/ }).waitFor()

        // what is lossy: by one press, stopped and gone on with, trained once, measured
        await page.evaluate(() => (location.hash = '#lossy'))
        await page.getByRole('button', { name: 'Small' }).click()
        await page.getByText('Not trained yet: about').first().waitFor()
        const before = await studio.runs.ids()
        await page.getByRole('button', { name: 'Train all 4 models' }).click()
        await vi.waitUntil(() => studio.training.phase === 'training', patience)
        await page.getByRole('button', { name: 'Stop', exact: true }).first().click()
        await page.getByText('the queue is paused').first().waitFor()
        await vi.waitUntil(() => !isOpen(studio.training.phase), patience)
        await page.getByRole('button', { name: 'Go on' }).first().click()
        const models = page.getByRole('region', { name: 'The models side by side' })
        for (const name of ['PixelCNN alone', 'Factorised decoder', 'Local decoder', 'Local decoder, flow prior'])
          await models.getByRole('img', { name: new RegExp(`^${name}: `) }).waitFor({ timeout: patience.timeout })
        await page.getByText(/^(A code costs|Here the code of the local decoder)/).waitFor()
        expect(await studio.runs.ids()).toHaveLength(before.length + 4)
        expect(await models.getByText(' ± ').count()).toBe(0)
        await page.getByRole('button', { name: 'Measure likelihoods' }).click()
        await vi.waitUntil(async () => (await models.getByText(' ± ').count()) === 4, patience)
        // what was found is there again, and nothing is left to be trained
        await page.reload()
        await vi.waitUntil(async () => (await models.getByText(' ± ').count()) === 4, patience)
        expect(await page.getByRole('button', { name: /^(Train all 4 models|Measure)/ }).count()).toBe(0)
        await page.getByRole('button', { name: 'Train the 3 missing windows' }).waitFor()
        expect(problems).toEqual([])
      },
    )
  })
})
