/**
 * `npm run bench:gpu`: every engine of this machine beside PyTorch on the same device: images per second of training,
 * and the time to the end of the last epoch, tests and pictures included.
 *
 * Runs the app's terminal door and peer_gpu.py in turn, `--rounds` times, and prints medians. To try it on a machine
 * without a GPU: `npm run bench:gpu -- --device cpu --epochs 1 --limit 2560 --rounds 1`.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bundledFolder } from '../../main/mnist/bundled'
import { type EngineInfo, runSettings } from '../../preload/contract'
import { machine, median, nodeFlags } from './measure'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    epochs: { type: 'string', default: '30' },
    model: { type: 'string', default: 'ladder' },
    /** Default: the model's own. */
    batch: { type: 'string' },
    limit: { type: 'string', default: '60000' },
    /** PyTorch's device. */
    device: { type: 'string', default: 'cuda' },
    /** Names, separated by commas; default: all that compute on a GPU, and the compiled one on the CPU. */
    engines: { type: 'string' },
    /** Of PyTorch's ways, separated by commas: kernel by kernel, and the whole step as a CUDA graph. */
    peers: { type: 'string', default: 'eager,graphs' },
    python: { type: 'string', default: process.env['VLAE_PYTHON'] ?? 'python3' },
  },
})
const root = resolve(import.meta.dirname, '../..')
const { batch } = runSettings.parse({
  model: values.model,
  ...(values.batch === undefined ? {} : { batch: Number(values.batch) }),
})
const run = ['--model', values.model, '--epochs', values.epochs, '--batch', String(batch), '--limit', values.limit]

interface Result {
  readonly imagesPerSecond: number
  /** From the first step to the end of the last epoch. */
  readonly seconds: number
  /** −ELBO, nats per test image. */
  readonly test: number
  readonly device: string
}

/** The lines of JSON that a program prints, each with the second that it came. */
async function linesOf(command: string, args: readonly string[]): Promise<{ value: never; at: number }[]> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: { value: never; at: number }[] = []
  let [text, problem] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (text + chunk.toString()).split('\n')
    text = parts.pop()!
    for (const part of parts) lines.push({ value: JSON.parse(part) as never, at: performance.now() / 1000 })
  })
  child.stderr.on('data', (chunk: Buffer) => (problem += chunk.toString()))
  const code = await new Promise((done, failed) => child.once('error', failed).once('close', done))
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${String(code)}: ${problem}`)
  return lines
}

const door = join('out', 'main', 'cli.js')

async function ours(engine: string): Promise<Result> {
  const out = await mkdtemp(join(tmpdir(), 'vlae-bench-'))
  try {
    const args = [door, 'train', '--json', '--out', out, '--condition', 'none', '--engine', engine, ...run]
    const lines = await linesOf(process.execPath, [...nodeFlags, ...args])
    type Event = { type: string; imagesPerSecond: number; test: { loss: number }; file: { engine: { device: string } } }
    const find = (type: string) =>
      lines.find(({ value }) => (value as Event).type === type) as { value: Event; at: number }
    // Epoch 0, the pictures before training, is not part of either side's time
    const [start, first, done] = [find('started'), find('epoch'), find('done')]
    const { imagesPerSecond, test } = done.value
    return { imagesPerSecond, test: test.loss, seconds: done.at - first.at, device: start.value.file.engine.device }
  } finally {
    await rm(out, { recursive: true })
  }
}

async function theirs(graphs: boolean): Promise<Result> {
  const args = ['test/bench/peer_gpu.py', '--data', bundledFolder(), '--device', values.device, ...run]
  const lines = await linesOf(values.python, graphs ? [...args, '--graphs'] : args)
  return lines[0]!.value
}

try {
  await linesOf(values.python, ['-c', `import torch, numpy; torch.zeros(1, device="${values.device}")`])
} catch (error) {
  console.error(
    `PyTorch with the device ${values.device} was not found: pip install torch numpy, name a Python that has it with ` +
      `--python, or try this bench out with --device cpu.\n${error instanceof Error ? error.message : ''}`,
  )
  process.exit(1)
}

const listed = (await linesOf(process.execPath, [door, 'engines', '--json'])).map(({ value }) => value as EngineInfo)
for (const { name, device, problem } of listed) console.log(`${name}: ${device ?? problem?.message}`)
const names =
  values.engines?.split(',') ??
  listed.filter(({ automatic, name }) => automatic || name === 'onnx-cpu').map((e) => e.name)

const peers = values.peers.split(',').filter((peer) => peer !== 'graphs' || values.device !== 'cpu')
const contestants: [string, () => Promise<Result>][] = [
  ...names.map((name): [string, () => Promise<Result>] => [name, () => ours(name)]),
  ...peers.map((peer): [string, () => Promise<Result>] => [`PyTorch, ${peer}`, () => theirs(peer === 'graphs')]),
]
console.log(
  `${machine()}; ${values.model}, batch ${batch}, ${values.limit} images, ${values.epochs} epochs, ${values.rounds} rounds`,
)
const results = new Map<string, Result[]>(contestants.map(([name]) => [name, []]))
for (let round = 1; round <= Number(values.rounds); round++)
  for (const [name, train] of contestants) {
    const result = await train()
    results.get(name)!.push(result)
    const { imagesPerSecond, seconds, test, device } = result
    console.log(
      `round ${round}, ${name} (${device}): ${imagesPerSecond.toFixed(0)} images/s, ` +
        `${seconds.toFixed(1)} s to epoch ${values.epochs}, test ${test.toFixed(2)}`,
    )
  }
for (const [name, all] of results)
  console.log(
    `median, ${name}: ${median(all.map((r) => r.imagesPerSecond)).toFixed(0)} images/s, ` +
      `${median(all.map((r) => r.seconds)).toFixed(1)} s`,
  )
