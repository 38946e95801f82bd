/**
 * What steps of training leave to the garbage collector: bytes that all threads of a training allocate in V8's heaps from one
 * step to another, by its own trace (before each collection, less what there was after the one before).
 */
import { rm } from 'node:fs/promises'
import { nodeFlags, output } from './measure'

/** Steps: by the first of these what is hot is compiled; after the second come some whose lines are told with the epoch's, after its test. */
const [begin, end, last] = [100, 400, 450]
/** What a thread has allocated since its last collection is not told: so it is at most a megabyte. */
const traced = ['--trace-gc-nvp', '--max-semi-space-size=1']

/** @returns bytes a step of each thread, the largest first */
export async function garbageOfSteps(train: readonly string[], batch: number, out: string): Promise<number[]> {
  const length = ['--epochs', '1', '--limit', `${batch * last}`]
  const text = await output(process.execPath, [...nodeFlags, ...traced, ...train, ...length])
  await rm(out, { recursive: true })
  const threads = new Map<string, { allocated: number; kept: number }>()
  const told: { step: number; allocated: Map<string, number> }[] = []
  // what is traced, and which steps are done; a line of one may stand behind one of the other
  for (const [, thread, from, to, step] of text.matchAll(
    /:(0x\w+)\].* total_size_before=(\d+) total_size_after=(\d+)|"type":"step".*?"step":(\d+)/g,
  )) {
    if (thread !== undefined) {
      const { allocated, kept } = threads.get(thread) ?? { allocated: 0, kept: 0 }
      threads.set(thread, { allocated: allocated + Number(from) - kept, kept: Number(to) })
    } else if (begin < Number(step) && Number(step) <= end)
      told.push({ step: Number(step), allocated: new Map([...threads].map(([of, { allocated }]) => [of, allocated])) })
  }
  const [before, after] = [told[0]!, told.at(-1)!]
  const since = [...after.allocated].map(([thread, bytes]) => bytes - (before.allocated.get(thread) ?? 0))
  return since.map((bytes) => bytes / (after.step - before.step)).toSorted((a, b) => b - a)
}
