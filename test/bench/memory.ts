/**
 * `npm run bench:memory [-- --model vlae]`: whether a long run stays as large as it was, and what its steps leave to the garbage
 * collector.
 *
 * Trains 30 epochs in the terminal door and reads the process's resident memory when each epoch ends. Prints the peak
 * and the growth from the end of epoch 2 to the end of the last one; then what a step allocates, thread by thread.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { runSettings } from '../../preload/contract'
import { garbageOfSteps } from './garbage'
import { machine, nodeFlags } from './measure'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'ladder' },
    epochs: { type: 'string', default: '30' },
    limit: { type: 'string', default: '0' },
    threads: { type: 'string', default: '2' },
  },
})

const { batch } = runSettings.parse({ model: values.model })
const out = await mkdtemp(join(tmpdir(), 'vlae-bench-'))
const train = ['out/main/cli.js', 'train', '--json', '--out', out, '--model', values.model, '--threads', values.threads]
const child = spawn(process.execPath, [...nodeFlags, ...train, '--epochs', values.epochs, '--limit', values.limit], {
  cwd: resolve(import.meta.dirname, '../..'),
  stdio: ['ignore', 'pipe', 'inherit'],
})
/** Resident memory, MB. */
const resident = () => Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)]).toString()) / 1024

console.log(`${machine()}; ${values.model}, ${values.threads} threads, ${values.epochs} epochs`)
let peak = 0
const watch = setInterval(() => (peak = Math.max(peak, resident())), 250)
const epochs: number[] = []
for await (const line of createInterface(child.stdout)) {
  const event = JSON.parse(line) as { type: string; epoch?: number }
  if (event.type !== 'epoch') continue
  epochs.push(resident())
  console.log(`epoch ${event.epoch}: ${epochs.at(-1)!.toFixed(0)} MB`)
}
clearInterval(watch)
await rm(out, { recursive: true })
const growth = epochs.at(-1)! / epochs[2]! - 1
console.log(`peak ${peak.toFixed(0)} MB, growth from epoch 2 to ${epochs.length - 1}: ${(100 * growth).toFixed(1)} %`)

const threads = (await garbageOfSteps(train, batch, out)).map((bytes) => bytes / 1000)
const all = threads.reduce((sum, bytes) => sum + bytes, 0)
console.log(`a step allocates ${all.toFixed(0)} kB; by thread ${threads.map((bytes) => bytes.toFixed(0)).join(', ')}`)
