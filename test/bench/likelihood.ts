/**
 * What a code is worth, and what a window leaves to it: `npm run bench:likelihood` (about an hour on two cores).
 *
 *     npm run bench:likelihood                          the ablation, and five windows: 5 epochs of 20,000 images each
 *     npm run bench:likelihood -- --minutes 30          so long a row, whole epochs, instead of --epochs
 *     npm run bench:likelihood -- --rows 'local|alone' --seeds 0,1,2
 *     npm run bench:likelihood -- --peer                the ablation's rows beside PyTorch's, where that is installed
 *
 * Trains by the terminal door, and judges all rows with one K on the same test images. What --out already holds with the same
 * settings is not trained again. Prints a Markdown table.
 */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bundledFolder } from '../../main/mnist/bundled'
import { loadDataset } from '../../main/mnist/dataset'
import { binarizeOnce } from '../../main/models/binarize'
import { readRunFile } from '../../main/runs/folder'
import type { RunFile } from '../../main/runs/run-file'
import { imageSize } from '../../main/training/batches'
import { inBits } from '../../preload/amounts'
import type { Likelihood } from '../../preload/contract'
import { machine, nodeFlags, output, trainByTerminal } from './measure'

interface Row {
  readonly name: string
  readonly settings: Readonly<Record<string, string>>
  /** The peer has this one, too. */
  readonly peer?: boolean
}

const local = { decoder: 'local', prior: 'flow' }
const rows: readonly Row[] = [
  { name: 'PixelCNN alone', settings: { decoder: 'alone' }, peer: true },
  { name: 'factorised, Gaussian code', settings: { decoder: 'factorised', prior: 'gaussian' }, peer: true },
  { name: 'local, Gaussian code', settings: { decoder: 'local', prior: 'gaussian' }, peer: true },
  { name: 'local, flow prior', settings: local, peer: true },
  { name: 'window 4×2', settings: { ...local, window: '4x2' } },
  { name: 'window 5×3', settings: { ...local, window: '5x3' } },
  { name: 'window 7×4', settings: { ...local, window: '7x4' } },
  { name: 'window past', settings: { ...local, window: 'past' } },
]

const { values } = parseArgs({
  options: {
    epochs: { type: 'string', default: '5' },
    minutes: { type: 'string' },
    limit: { type: 'string', default: '20000' },
    seeds: { type: 'string', default: '0' },
    rows: { type: 'string', default: '' },
    samples: { type: 'string', short: 'K', default: '64' },
    images: { type: 'string', default: '1000' },
    threads: { type: 'string', default: '2' },
    out: { type: 'string', default: 'result/likelihood' },
    peer: { type: 'boolean', default: false },
    python: { type: 'string', default: process.env['VLAE_PYTHON'] ?? 'python3' },
  },
})
const out = resolve(values.out)
const images = Number(values.images)
/** With a limit of time as many epochs as there is time for. */
const epochs = values.minutes === undefined ? values.epochs : '10000'
const tell = (line: string) => process.stderr.write(`${line}\n`)
const door = [...nodeFlags, join(import.meta.dirname, 'cli.js')]

interface Trained {
  readonly folder: string
  readonly seconds: number
}

/** Trains a row; its folder, and how long it trained. */
async function train(row: Row, seed: string): Promise<Trained> {
  const settings = { model: 'vlae', ...row.settings, limit: values.limit, epochs, seed, threads: values.threads }
  const before = await trainedBefore({ ...settings, lanes: values.threads })
  if (before !== undefined) return before
  const options = { ...settings, out, name: `${row.name} ${seed}` }
  const folder = await trainByTerminal(options, values.minutes === undefined ? undefined : Number(values.minutes))
  return { folder, seconds: secondsOf(await readRunFile(folder)) }
}

/** From the first step to the last save; epochs' tests and pictures are in it. */
function secondsOf({ startedAt, updatedAt }: RunFile): number {
  return (Date.parse(updatedAt) - Date.parse(startedAt)) / 1000
}

/** A run that was trained with exactly these settings, to its end or for its time. */
async function trainedBefore(wanted: Readonly<Record<string, string>>): Promise<Trained | undefined> {
  for (const name of await readdir(out).catch(() => [])) {
    const folder = join(out, name)
    const file = await readRunFile(folder).catch(() => undefined)
    if (file?.status !== (values.minutes === undefined ? 'done' : 'stopped')) continue
    const { threads: _, ...settings } = wanted
    if (Object.entries(settings).every(([key, value]) => String(file.settings[key]) === value))
      return { folder, seconds: secondsOf(file) }
  }
  return undefined
}

interface Found {
  /** That were trained. */
  readonly epochs: number
  readonly nll: number
  readonly error: number
  readonly bound: number
  readonly reconstruction: number
  readonly rate: number
  readonly seconds: number
}

async function ours(row: Row, seed: string): Promise<Found> {
  const { folder, seconds } = await train(row, seed)
  const options = ['-K', values.samples, '--images', values.images, '--json']
  const judged = JSON.parse(await output(process.execPath, [...door, 'likelihood', folder, ...options])) as Likelihood
  const { epoch, marginal, bound, reconstruction, rate } = judged
  const means = { bound: bound.mean, reconstruction: reconstruction.mean, rate: rate.mean }
  return { epochs: epoch, nll: marginal.mean, error: marginal.error ?? 0, ...means, seconds }
}

/** The same row in PyTorch, on the same binary test images. */
async function peer(row: Row, seed: string, test: string): Promise<Found> {
  const { decoder, prior = 'flow' } = row.settings
  const options = { decoder, prior, seed, test, limit: values.limit, epochs: values.epochs, threads: values.threads }
  const all = { ...options, samples: values.samples, data: bundledFolder() }
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)])
  const judged = JSON.parse(await output(values.python, ['test/bench/peer_vlae.py', ...args])) as Omit<Found, 'epochs'>
  return { ...judged, epochs: Number(values.epochs) }
}

/** Whether it can be run; a sentence where it was asked for and cannot. */
async function peerIsThere(): Promise<boolean> {
  if (!values.peer) return false
  if (values.minutes !== undefined) tell('PyTorch is left out: it trains so many epochs, not so many minutes.')
  else
    try {
      await output(values.python, ['-c', 'import torch, numpy'])
      return true
    } catch {
      tell('PyTorch is left out: pip install torch numpy, or name a Python that has it with --python.')
    }
  return false
}

const columns = ['', 'seed', 'epochs', 'NLL', '−ELBO', 'reconstruction', 'rate', 'bits', 'minutes']
const written = (value: number) => value.toFixed(2)
function line(name: string, seed: string, { epochs, nll, error, ...others }: Found): string[] {
  return [name, seed, String(epochs), `${written(nll)} ± ${written(error)}`, ...lineEnd(others)]
}

/** The seeds' means, and how far apart their likelihoods are. */
function meanLine(name: string, all: readonly Found[]): string[] {
  const mean = (pick: (found: Found) => number) => all.reduce((sum, found) => sum + pick(found), 0) / all.length
  const nlls = all.map(({ nll }) => nll)
  return [
    name,
    `mean of ${all.length}`,
    String(mean(({ epochs }) => epochs)),
    `${written(mean(({ nll }) => nll))} (${written(Math.min(...nlls))}–${written(Math.max(...nlls))})`,
    ...lineEnd({
      bound: mean(({ bound }) => bound),
      reconstruction: mean(({ reconstruction }) => reconstruction),
      rate: mean(({ rate }) => rate),
      seconds: mean(({ seconds }) => seconds),
    }),
  ]
}

function lineEnd({ bound, reconstruction, rate, seconds }: Omit<Found, 'epochs' | 'nll' | 'error'>): string[] {
  return [...[bound, reconstruction, rate].map(written), inBits(rate).toFixed(1), (seconds / 60).toFixed(1)]
}

const withPeer = await peerIsThere()
const scratch = await mkdtemp(join(tmpdir(), 'vlae-bench-'))
try {
  const testFile = join(scratch, 'test')
  const { test } = await loadDataset(bundledFolder())
  // the drawing of the whole test set that every run is measured on, of which these are the first
  await writeFile(testFile, binarizeOnce(test.images).subarray(0, images * imageSize))
  const table: string[][] = []
  for (const row of rows.filter(({ name }) => new RegExp(values.rows).test(name))) {
    const sides: { name: string; judged: typeof peer }[] = [{ name: row.name, judged: ours }]
    if (withPeer && row.peer === true) sides.push({ name: `PyTorch: ${row.name}`, judged: peer })
    for (const { name, judged } of sides) {
      const all: Found[] = []
      for (const seed of values.seeds.split(',')) {
        const found = await judged(row, seed, testFile)
        all.push(found)
        table.push(line(name, seed, found))
        tell(table.at(-1)!.join('  '))
      }
      if (all.length > 1) table.push(meanLine(name, all))
    }
  }
  const print = (cells: readonly string[]) => console.log(`| ${cells.join(' | ')} |`)
  console.log(`${machine()}; ${values.threads} threads, ${values.limit} training images, dynamic binarization\n`)
  print(columns)
  print(columns.map(() => '---'))
  for (const cells of table) print(cells)
  console.log(
    `\nNats an image, averaged weights; NLL: K = ${values.samples}, the same ${images} test images in every row.`,
  )
} finally {
  await rm(scratch, { recursive: true })
}
