/**
 * `npm run bench:train`: training speed beside PyTorch's, on the same machine, in turn.
 *
 * Each round runs the app's terminal door and the same training in PyTorch (peer.py, the set in memory) one after the
 * other, over the same number of images; start-up and compiling are not counted on either side. Prints every round,
 * the medians, and the median of the rounds' ratios. With --bf16, apart, PyTorch in 16 bits, which is another computation.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundledFolder } from '../../main/mnist/bundled'
import { machine, median, nodeFlags, output } from './measure'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    batch: { type: 'string', default: '128' },
    limit: { type: 'string', default: '20000' },
    compile: { type: 'boolean', default: false },
    bf16: { type: 'boolean', default: false },
    python: { type: 'string', default: process.env['VLAE_PYTHON'] ?? 'python3' },
  },
})
const { threads, batch, limit, python } = values

async function ours(): Promise<number> {
  const out = await mkdtemp(join(tmpdir(), 'vlae-bench-'))
  try {
    const settings = ['--epochs', '1', '--condition', 'none', '--threads', threads, '--batch', batch, '--limit', limit]
    const text = await output(process.execPath, [
      ...nodeFlags,
      'out/main/cli.js',
      'train',
      '--json',
      '--out',
      out,
      ...settings,
    ])
    return (JSON.parse(text.trim().split('\n').at(-1)!) as { imagesPerSecond: number }).imagesPerSecond
  } finally {
    await rm(out, { recursive: true })
  }
}

async function theirs(way?: '--compile' | '--bf16'): Promise<number> {
  const settings = ['--data', bundledFolder(), '--threads', threads, '--batch', batch, '--limit', limit]
  const text = await output(python, ['test/bench/peer.py', ...settings, ...(way ? [way] : [])])
  return (JSON.parse(text) as { imagesPerSecond: number }).imagesPerSecond
}

try {
  await output(python, ['-c', 'import torch, numpy'])
} catch {
  console.error(`PyTorch was not found: pip install torch numpy, or name a Python that has it with --python.`)
  process.exit(1)
}

console.log(`${machine()}; ${threads} threads, batch ${batch}, ${limit} images a round`)
const rounds: { app: number; torch: number; compiled?: number; bf16?: number }[] = []
for (let round = 1; round <= Number(values.rounds); round++) {
  const app = await ours()
  const torch = await theirs()
  const compiled = values.compile ? { compiled: await theirs('--compile') } : {}
  const bf16 = values.bf16 ? { bf16: await theirs('--bf16') } : {}
  rounds.push({ app, torch, ...compiled, ...bf16 })
  const best = Math.max(torch, compiled.compiled ?? 0)
  console.log(
    `round ${round}: app ${app.toFixed(0)}, PyTorch ${torch.toFixed(0)}` +
      (compiled.compiled ? `, compiled ${compiled.compiled.toFixed(0)}` : '') +
      ` images/s, ratio ${(app / best).toFixed(3)}` +
      (bf16.bf16 ? `; in 16 bits PyTorch ${bf16.bf16.toFixed(0)}` : ''),
  )
}
const ratios = rounds.map(({ app, torch, compiled }) => app / Math.max(torch, compiled ?? 0))
console.log(
  `median: app ${median(rounds.map((r) => r.app)).toFixed(0)}, ` +
    `PyTorch ${median(rounds.map((r) => Math.max(r.torch, r.compiled ?? 0))).toFixed(0)} images/s, ` +
    `ratio ${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(3)}–${Math.max(...ratios).toFixed(3)})`,
)
if (values.bf16) {
  const all = rounds.map(({ app, bf16 = Number.NaN }) => app / bf16)
  const speed = median(rounds.map(({ bf16 = Number.NaN }) => bf16))
  console.log(`PyTorch in 16 bits: ${speed.toFixed(0)} images/s, ratio ${median(all).toFixed(3)}`)
}
