/**
 * What steps of training leave to the garbage collector: bytes that all threads of a training have allocated in V8's heaps, by
 * its own trace (before each collection, less what there was after the one before). Two trainings of one epoch of different
 * length, each in a process of its own: what they begin and end with is the same.
 */
import { rm } from 'node:fs/promises'
import { nodeFlags, output } from './measure'

/** Steps of the shorter training, by when what is hot is compiled, and of the longer one. */
const steps = [100, 400] as const
/** What is left when a thread ends is not told: so it is at most a megabyte. */
const traced = ['--trace-gc-nvp', '--max-semi-space-size=1']

/** @returns bytes a step of each thread, the largest first */
export async function garbageOfSteps(train: readonly string[], batch: number, out: string): Promise<number[]> {
  const [short, long] = [await allocated(train, batch * steps[0], out), await allocated(train, batch * steps[1], out)]
  return long.map((bytes, thread) => (bytes - (short[thread] ?? 0)) / (steps[1] - steps[0]))
}

/** By thread, the largest first. */
async function allocated(train: readonly string[], limit: number, out: string): Promise<number[]> {
  const text = await output(process.execPath, [
    ...nodeFlags,
    ...traced,
    ...train,
    '--epochs',
    '1',
    '--limit',
    `${limit}`,
  ])
  await rm(out, { recursive: true })
  const threads = new Map<string, { bytes: number; kept: number }>()
  for (const [, thread, before, after] of text.matchAll(
    /:(0x\w+)\].* total_size_before=(\d+) total_size_after=(\d+)/g,
  )) {
    const { bytes, kept } = threads.get(thread!) ?? { bytes: 0, kept: 0 }
    threads.set(thread!, { bytes: bytes + Number(before) - kept, kept: Number(after) })
  }
  return [...threads.values()].map(({ bytes }) => bytes).toSorted((a, b) => b - a)
}
