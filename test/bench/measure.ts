/** What benches share. */
import { spawn } from 'node:child_process'
import { cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

const root = resolve(import.meta.dirname, '../..')

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** What package.json's scripts start Node with: threads of the garbage collector take cores from the training. */
export const nodeFlags = ['--single-threaded-gc']

/** The machine, for the first line of a bench: a figure without it means nothing. */
export function machine(): string {
  const cores = cpus()
  return `${cores.length} × ${cores[0]?.model.trim() ?? 'unknown processor'}, Node ${process.versions.node}`
}

/** What a program prints, run in the project's folder. @throws with what it said when it fails */
export async function output(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let [text, problem] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (problem += chunk.toString()))
  const code = await new Promise((done, failed) => child.once('error', failed).once('close', done))
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${String(code)}: ${problem}`)
  return text
}

/**
 * Trains by the terminal door, in a process of its own, telling each epoch's loss; `options` are that of `train`. Gives the run's
 * folder.
 *
 * @param minutes after which it is stopped, counted from its start
 */
export async function trainByTerminal(
  options: Readonly<Record<string, string | number>>,
  minutes?: number,
): Promise<string> {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  const program = [...nodeFlags, join(import.meta.dirname, 'cli.js'), 'train', '--json', ...args]
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = new Promise<number | null>((settle) => child.on('close', settle))
  let run: string | undefined
  let timer: NodeJS.Timeout | undefined
  for await (const line of createInterface(child.stdout)) {
    const event = JSON.parse(line) as { type: string; epoch: number; test: { loss: number } | null; run: string }
    if (event.type === 'started' && minutes !== undefined)
      timer = setTimeout(() => child.kill('SIGINT'), 60_000 * minutes)
    if (event.type === 'epoch' && event.test !== null)
      process.stderr.write(`${options['name']}: epoch ${event.epoch}, test loss ${event.test.loss.toFixed(2)}\n`)
    if (event.type === 'done') run = event.run
  }
  clearTimeout(timer)
  const code = await exit
  // one that is stopped ends with another code
  if (run === undefined || (code !== 0 && minutes === undefined))
    throw new Error(`Training ${options['name']} ended with exit code ${code}.`)
  return run
}
