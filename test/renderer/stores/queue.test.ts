/** The queue's store: as many runs as can wait go there, and out of it again, in messages that a tab may send. */
import { expect, it } from 'vitest'
import { limits, longestArray } from '../../../main/tab/limits'
import { fromBytes, toBytes } from '../../../preload/codec'
import { calls, defaultsOf, longestQueue, modelNames, type PlannedRun, type QueuedRun } from '../../../preload/contract'
import { useQueue } from '../../../renderer/stores/queue'
import { stage } from '../fake-backend'

/** Three bytes a letter, as no letter has more. */
const longest = (letters: number) => '数'.repeat(letters)

/** What has arrived of what a tab sends. */
function sent<T>(name: keyof typeof calls, input: T): T {
  const bytes = toBytes({ t: 'q', m: name, a: [input], i: crypto.randomUUID() })
  expect(bytes.length).toBeLessThanOrEqual(limits.longestMessage)
  const { a } = fromBytes(bytes, longestArray) as { a: [T] }
  return calls[name].input.parse(a[0]) as T
}

it.each(modelNames())(
  'takes a thousand runs of %s with the longest names, in their order, and lets them go',
  async (model) => {
    const waiting: string[] = []
    stage({
      enqueue: async (input) => {
        const { runs, group, like } = sent('enqueue', input)
        expect([group, like]).toEqual([longest(40), longest(255)])
        waiting.push(...runs.map(({ settings }) => String(settings!.seed)))
        return []
      },
      dequeue: async (input) => {
        for (const id of sent('dequeue', input).ids) waiting.splice(waiting.indexOf(id.slice(97)), 1)
      },
    })
    // a fraction takes most bytes; what a model knows of none is a whole number, of five at most
    const settings = { ...defaultsOf(model), learningRate: 1 / 3, limit: 100_000_000 }
    const runs = Array.from({ length: longestQueue }, (_, seed): PlannedRun => ({
      name: longest(120),
      settings: { ...settings, seed },
    }))
    expect(await useQueue().add(runs, longest(40), longest(255))).toBe(true)
    expect(waiting).toEqual(runs.map((_, i) => String(i)))
    const queued = waiting.map((seed) => ({ id: longest(97) + seed.padStart(3, '0') })) as QueuedRun[]
    waiting.forEach((seed, i) => (waiting[i] = seed.padStart(3, '0')))
    expect(await useQueue().drop(queued)).toBe(true)
    expect(waiting).toEqual([])
  },
)
