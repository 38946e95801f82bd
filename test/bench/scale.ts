/**
 * `npm run bench:scale`: how training speed changes with the batch and with the width of the layers, beside PyTorch's,
 * as a Markdown table.
 *
 * For each batch and width, the engine alone (scale-side.ts) and peer.py train in turn, over the same number of images,
 * after three steps that are not counted; the table has the medians.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundledFolder } from '../../main/mnist/bundled'
import { machine, median, nodeFlags, output } from './measure'

const { values } = parseArgs({
  options: {
    batches: { type: 'string', default: '32,128,512' },
    widths: { type: 'string', default: '1,2,4' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    /** About how long a side may train in a round, on two cores. */
    seconds: { type: 'string', default: '3' },
    python: { type: 'string', default: process.env['VLAE_PYTHON'] ?? 'python3' },
  },
})
const { threads, python } = values
const numbers = (list: string) => list.split(',').map(Number)

async function speed(command: string, args: readonly string[]): Promise<number> {
  return (JSON.parse(await output(command, args)) as { imagesPerSecond: number }).imagesPerSecond
}

console.log(`${machine()}; ${threads} threads, median of ${values.rounds} rounds; images a second`)
console.log(`\n| width | batch | app | PyTorch | ratio |\n| ----- | ----- | --- | ------- | ----- |`)
for (const width of numbers(values.widths))
  for (const batch of numbers(values.batches)) {
    // About 2,500 images a second at width 1, and 13 times as much to compute for each doubling but the first layers
    const images = Math.round((2500 * Number(values.seconds)) / width ** 1.9)
    const limit = batch * Math.min(Math.max(3, Math.round(images / batch)), Math.floor(60_000 / batch))
    const settings = [
      '--threads',
      threads,
      '--batch',
      String(batch),
      '--width',
      String(width),
      '--limit',
      String(limit),
    ]
    const rounds: { app: number; torch: number }[] = []
    for (let round = 0; round < Number(values.rounds); round++) {
      const app = await speed(process.execPath, [...nodeFlags, join('out', 'bench', 'scale-side.js'), ...settings])
      const torch = await speed(python, ['test/bench/peer.py', '--data', bundledFolder(), '--warm', ...settings])
      rounds.push({ app, torch })
    }
    const middle = (of: (round: (typeof rounds)[0]) => number) => median(rounds.map(of))
    const [app, torch, ratio] = [middle((r) => r.app), middle((r) => r.torch), middle((r) => r.app / r.torch)]
    console.log(`| ×${width} | ${batch} | ${app.toFixed(0)} | ${torch.toFixed(0)} | ${ratio.toFixed(2)} |`)
  }
