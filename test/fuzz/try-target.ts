/** Tries a target's inputs in a process of its own, and finds the input at which that hangs or dies. */
import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as fc from 'fast-check'
import type { Order, Word } from './child'
import { chunk, mostTime } from './guard'
import { targets } from './targets'
import { toText } from './text'

export interface Report {
  readonly target: string
  /** Inputs that were tried. */
  readonly runs: number
  readonly seconds: number
  readonly found: { readonly input: string; readonly error: string } | null
}

export interface Wish {
  readonly target: string
  readonly seed: number
  readonly runs: number
  /** Seconds after which it is enough. */
  readonly seconds: number
}

/** Without a new input for so long a child hangs: five tries of one that is merely slow, with rests, on a busy machine. */
const patience = 20 * mostTime
/** Megabytes of JavaScript's own memory; beyond them the child dies. */
const heap = 512

/** @param child the built child.js */
export async function tryTarget(child: string, { target, seed, runs, seconds }: Wish): Promise<Report> {
  const start = performance.now()
  const end = await run(child, { target, seed, runs, time: seconds * 1000 })
  const found = end.kind === 'found' ? end : end.kind === 'end' ? null : await shrunk(child, target, end)
  return { target, runs: end.runs, seconds: (performance.now() - start) / 1000, found }
}

/** Inputs that were kept as text. @returns what is wrong with the first that fails, or null */
export async function tryInputs(child: string, target: string, inputs: readonly string[]): Promise<string | null> {
  const end = await run(child, { target, seed: 0, runs: inputs.length, time: patience, inputs })
  if (end.kind === 'end') return null
  return end.kind === 'found' ? `${end.error}\n${end.input}` : end.error
}

/** A child that did not come to its end: at which input, counted from a seed. */
interface Death {
  readonly kind: 'death'
  readonly runs: number
  readonly seed: number
  readonly index: number
  readonly error: string
}

async function run(
  child: string,
  order: Omit<Order, 'folder' | 'notes'>,
): Promise<Exclude<Word, { kind: 'ready' }> | Death> {
  const folder = mkdtempSync(join(tmpdir(), 'vlae-fuzz-'))
  const notes = `${folder}.notes`
  const argument = JSON.stringify({ ...order, folder, notes } satisfies Order)
  const program = fork(child, [argument], {
    execArgv: [`--max-old-space-size=${heap}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let said = ''
  program.stderr!.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-2000)))
  let word: Word | undefined
  program.on('message', (message: Word) => (word = message))
  const ended = new Promise<string>((resolve) =>
    program.once('exit', (code, signal) => {
      const tell = () => resolve(`ended with ${signal ?? `exit code ${code}`}: ${said}`)
      // what it has said at its end may still be on its way
      if (program.connected) program.once('disconnect', tell)
      else tell()
    }),
  )
  try {
    let error: string | null = null
    for (let before = '', since = performance.now(); error === null;) {
      error = await Promise.race([ended, sleep(100, null)])
      const now = `${word?.kind} ${placeOf(notes)}`
      if (now !== before) [before, since] = [now, performance.now()]
      if (performance.now() - since > (word === undefined ? 6 * patience : patience)) error ??= 'hangs'
    }
    if (word?.kind === 'end' || word?.kind === 'found') return word
    if (word === undefined) return { kind: 'found', runs: 0, input: '', error: `It could not be opened: ${error}` }
    const [seed, index] = placeOf(notes) ?? [order.seed, 0]
    return { kind: 'death', runs: (seed - order.seed) * chunk + index + 1, seed, index, error }
  } finally {
    program.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
    rmSync(notes, { force: true })
  }
}

/** The smallest input near the one that a child died at which still ends a child; a process for each attempt. */
async function shrunk(child: string, name: string, death: Death): Promise<{ input: string; error: string }> {
  const target = targets.find((one) => one.name === name)!
  await target.load?.()
  let error = death.error
  const property = fc.asyncProperty(target.inputs, async (input) => {
    const wrong = await tryInputs(child, name, [toText(input)])
    if (wrong === null) return
    error = wrong
    throw new Error(wrong)
  })
  const path = String(death.index)
  const details = await fc.check(property, { seed: death.seed, path, numRuns: 1, interruptAfterTimeLimit: 120_000 })
  // alone it does no harm: it took those before it, too
  const input = details.counterexample?.[0] ?? { seed: death.seed, index: death.index }
  return { input: toText(input), error }
}

function placeOf(notes: string): [seed: number, index: number] | null {
  try {
    const bytes = readFileSync(notes)
    return bytes.length < 16 ? null : [bytes.readDoubleLE(0), bytes.readDoubleLE(8)]
  } catch {
    return null
  }
}
