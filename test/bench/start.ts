/**
 * `npm run bench:start`: what a command takes before and after all that grows with images: a run of a step or two, a test set of
 * 20 images, samples. Processor time of the whole process and time by the clock, the median of some rounds.
 *
 * With `--beside FOLDER`, another version's out/main, both in turn, and the median of their ratios.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { folderWith, smallSet } from '../mnist/small-set'
import { machine, median, nodeFlags, output } from './measure'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    beside: { type: 'string' },
  },
})
const programs = ['out/main', ...(values.beside === undefined ? [] : [values.beside])]
const data = await folderWith(await smallSet())
const results = await mkdtemp(join(tmpdir(), 'vlae-bench-'))

interface Taken {
  /** Milliseconds of processors, and by the clock. */
  readonly work: number
  readonly clock: number
}

/** Told as it ends: its threads count, as a process's children's do not. */
const telling = `data:text/javascript,${encodeURIComponent(`import { isMainThread } from 'node:worker_threads'
if (isMainThread) process.on('exit', () => console.log(JSON.stringify(process.cpuUsage())))`)}`

async function take(program: string, words: readonly string[]): Promise<Taken> {
  const began = performance.now()
  const text = await output(process.execPath, [...nodeFlags, '--import', telling, join(program, 'cli.js'), ...words])
  const { user, system } = JSON.parse(text.trim().split('\n').at(-1)!) as NodeJS.CpuUsage
  return { work: (user + system) / 1000, clock: performance.now() - began }
}

/** The commands of a model, each with a run that it makes or takes. */
function commandsOf(model: string, out: string): readonly (readonly [name: string, words: () => Promise<string[]>])[] {
  const run = async () =>
    join(
      out,
      (await readdir(out)).find((name) => !name.startsWith('.'))!,
    )
  const training = ['--data', data, '--out', out, '--epochs', '1', '--engine', 'onnx-cpu', '--threads', values.threads]
  return [
    ['train', async () => ['train', '--model', model, ...training]],
    ['evaluate', async () => ['evaluate', await run()]],
    ['sample', async () => ['sample', await run(), '--out', join(out, '.samples.png')]],
  ]
}

console.log(`${machine()}; ${values.threads} threads, ${values.rounds} rounds`)
try {
  for (const model of ['ladder', 'vlae']) {
    const commands = commandsOf(model, join(results, model))
    for (const [name, words] of commands) {
      const found = programs.map((): Taken[] => [])
      for (let round = 0; round < Number(values.rounds); round++)
        for (const [i, program] of programs.entries()) found[i]!.push(await take(program, await words()))
      const figures = found.map((taken) => `${median(taken.map(({ work }) => work)).toFixed(0)} ms of processors, ${median(taken.map(({ clock }) => clock)).toFixed(0)} by the clock`) // prettier-ignore
      const [ours, theirs] = found
      const ratio = theirs ? `; ratio ${median(ours!.map(({ work }, i) => work / theirs[i]!.work)).toFixed(2)}` : ''
      console.log(`${model}, ${name}: ${figures.join('; beside it ')}${ratio}`)
    }
  }
} finally {
  for (const folder of [data, results]) await rm(folder, { recursive: true, force: true })
}
