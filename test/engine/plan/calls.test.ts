/** Steps as calls of kernels. */
import { expect, it } from 'vitest'
import { loadKernels } from '../../../main/engine/kernels/kernels'
import { callsOf } from '../../../main/engine/plan/calls'
import type { Draft } from '../../../main/engine/plan/draft'
import type { Move } from '../../../main/engine/plan/index-map'
import type { Value } from '../../../main/engine/trace/graph'

/** One map fills a result by itself, and the left half of each row of another: a run of the one is longer than a row of the other. */
it('a map that fills other rows is followed in another way', () => {
  const value = (name: string, size: number): Value => ({ name, shape: [size], type: 'float32' })
  const [source, alone, beside] = [value('source', 11), value('alone', 6), value('beside', 12)]
  const map = { images: 1, apart: 11, from: Int32Array.of(5, 6, 7, 8, 9, 10) }
  const move = (out: Value, row: number, apart: number): Move => ({ kind: 'move', out, parts: [{ source, map, begin: 0, row, apart }] }) // prettier-ignore
  const steps = [move(alone, 6, 6), move(beside, 3, 6)]
  const draft = { outputs: [], steps, views: new Map(), slices: new Map() } as Partial<Draft> as Draft
  const at = new Map([source, alone, beside].map((value, i) => [value, [0, 64 * i] as const]))
  const { calls, data } = callsOf(draft, { of: at, bytes: 192 })
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
  const kernels = loadKernels(memory)!
  for (const { offset, bytes } of data) new Uint8Array(memory.buffer, offset).set(bytes)
  new Float32Array(memory.buffer, 20, 6).set([1, 2, 3, 4, 5, 6])
  for (const call of calls)
    if (call.kind === 'transpose') kernels.transpose(call.source[1], call.target[1], ...call.rest)
    else if (call.kind === 'pick') kernels.pick(call.source[1], call.target[1], call.table[1], ...call.rest)
    else if (call.kind === 'spans') kernels.pickSpans(call.source[1], call.target[1], call.table[1], ...call.rest)
  expect([...new Float32Array(memory.buffer, 64, 6)]).toEqual([1, 2, 3, 4, 5, 6])
  expect([...new Float32Array(memory.buffer, 128, 12)]).toEqual([1, 2, 3, 0, 0, 0, 4, 5, 6, 0, 0, 0])
})
