/** The process that tries inputs: it may hang, run out of memory or die, and its parent still knows at which input. */
import { openSync, writeSync } from 'node:fs'
import * as fc from 'fast-check'
import { chunk, makePlace, tryGuarded, watchStray } from './guard'
import { targets } from './targets'
import { fromText, toText } from './text'

/** What a child is to do: try inputs of a seed on, or given ones. */
export interface Order {
  readonly target: string
  readonly folder: string
  readonly seed: number
  readonly runs: number
  /** Milliseconds after which it is enough. */
  readonly time: number
  /** Where it notes which input it is at. */
  readonly notes: string
  readonly inputs?: readonly string[]
}

/** What it tells: how far it is, or what it found. */
export type Word =
  | { readonly kind: 'ready' }
  | { readonly kind: 'end'; readonly runs: number }
  | { readonly kind: 'found'; readonly runs: number; readonly input: string; readonly error: string }

// what fails here is the fuzzer itself; as a rejection that nobody handles it would pass for an input's
work(JSON.parse(process.argv[2]!) as Order).catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})

async function work(order: Order): Promise<void> {
  const target = targets.find(({ name }) => name === order.target)!
  const place = makePlace(order.folder)
  const stray = watchStray()
  await target.load?.()
  const trial = await target.open(place.inside)
  const check = () => {
    place.check()
    stray()
  }
  tell({ kind: 'ready' })
  const word = order.inputs === undefined ? await tryMany() : await tryGiven(order.inputs)
  await trial.close?.()
  process.send!(word, () => process.exit(0))

  async function tryGiven(inputs: readonly string[]): Promise<Word> {
    for (const [i, input] of inputs.entries())
      try {
        await tryGuarded(trial, fromText(input), check, target.mostTime)
      } catch (error) {
        return { kind: 'found', runs: i + 1, input, error: textOf(error) }
      }
    return { kind: 'end', runs: inputs.length }
  }

  async function tryMany(): Promise<Word> {
    const notes = openSync(order.notes, 'w')
    const note = new Float64Array(2)
    const end = performance.now() + order.time
    let runs = 0
    for (let seed = order.seed; runs < order.runs && performance.now() < end; seed++) {
      note.set([seed, -1])
      const property = fc.asyncProperty(target.inputs, async (input) => {
        note[1]!++
        writeSync(notes, note, 0, note.byteLength, 0)
        await tryGuarded(trial, input, check, target.mostTime)
      })
      const details = await fc.check(property, {
        seed,
        numRuns: Math.min(chunk, order.runs - runs),
        interruptAfterTimeLimit: end - performance.now(),
      })
      runs += details.numRuns
      if (details.failed && details.counterexample !== null)
        return { kind: 'found', runs, input: toText(details.counterexample[0]), error: textOf(details.errorInstance) }
    }
    return { kind: 'end', runs }
  }
}

function tell(word: Word): void {
  process.send!(word)
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined
    ? (error.stack ?? error.message)
    : `${error.stack}\nCaused by: ${textOf(error.cause)}`
}
