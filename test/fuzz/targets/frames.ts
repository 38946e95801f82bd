/** Bytes as they come through a tab's socket, before anything is known of them. */
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { longestArray } from '../../../main/tab/limits'
import { socketChannel } from '../../../preload/channels'
import { fromBytes, toBytes } from '../../../preload/codec'
import { calls, type CallHandlers } from '../../../preload/contract'
import { connectToPage } from '../../../preload/seam'
import { damaged, damages } from '../../files/mutate'
import { anything, changed, oddText } from '../near'
import { target } from '../target'
import { good } from './calls'

const message = good.map(({ name, input }) => ({ t: 'q', m: name, a: [input], i: 'id' }))
const bytes = fc
  .oneof(
    message,
    changed(message),
    anything,
    fc.record({ t: fc.constantFrom('q', 's'), m: oddText, a: anything, i: oddText, e: anything, r: anything }),
  )
  .map((value) => encoded(value))

/** MessagePack's own words with sizes that are not there. */
const sized = (types: readonly number[], bytes: number): fc.Arbitrary<number[]> =>
  fc
    .tuple(fc.constantFrom(...types), fc.uint8Array({ minLength: bytes, maxLength: bytes }))
    .map(([type, size]) => [type].concat(Array.from(size)))
const head = fc.oneof(
  sized([0xdc, 0xde, 0xc5, 0xda], 2),
  sized([0xdd, 0xdf, 0xc6, 0xdb, 0xc9], 4),
  fc.constantFrom([0xdd, 1, 255, 255, 255], [0x91], [0x81, 0xa1, 0x61], [0xc7, 3, 0, 1, 2, 3], [0xd6, 255, 0, 0, 0, 0]),
)
const words = fc
  .tuple(
    fc.array(head, { minLength: 1, maxLength: 4 }),
    fc.constantFrom(1, 1, 1, 10, 1000),
    fc.uint8Array({ maxLength: 20 }),
  )
  .map(([heads, times, rest]) =>
    Uint8Array.from([...Array.from({ length: times }, () => heads.flat()).flat(), ...rest]),
  )

const frame: fc.Arbitrary<Uint8Array | string> = fc.oneof(
  { weight: 3, arbitrary: bytes },
  { weight: 4, arbitrary: fc.tuple(bytes, damages).map(([good, list]) => damaged(good, list)) },
  { weight: 3, arbitrary: words },
  { weight: 1, arbitrary: oddText },
)

const value = fc.anything({
  values: [
    fc.string({ unit: 'grapheme' }),
    // MessagePack has one zero among its whole numbers
    fc.double().map((number) => (number === 0 ? 0 : number)),
    fc.boolean(),
    fc.constant(null),
    fc.float32Array(),
    fc.int32Array(),
    fc.uint8Array(),
  ],
  key: fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
  maxDepth: 3,
})

export const frames = [
  target({
    name: 'frames',
    cheap: 6,
    inputs: fc.array(frame, { minLength: 1, maxLength: 4 }),
    open: async () => {
      // calls end here: what they do is another target's
      const handlers = Object.fromEntries(Object.keys(calls).map((name) => [name, async () => undefined]))
      return {
        async try(list) {
          let hear: (event: { data: unknown }) => void = () => undefined
          const socket: Parameters<typeof socketChannel>[0] = {
            binaryType: '',
            readyState: 1,
            send: (data) => void fromBytes(data),
            close: (code) => assert.equal(code, 1007),
            addEventListener: (_, listener) => (hear = listener),
          }
          const channel = socketChannel(socket, longestArray)
          const page = connectToPage(handlers as unknown as CallHandlers, channel)
          for (const data of list) hear({ data: typeof data === 'string' ? data : new Uint8Array(data).buffer })
          await new Promise((resolve) => setImmediate(resolve))
          page.$close()
        },
      }
    },
  }),
  target({
    name: 'frames-good',
    cheap: 6,
    inputs: value,
    open: async () => ({
      try: (given) => assert.deepEqual(fromBytes(toBytes(given)), given),
    }),
  }),
]

function encoded(value: unknown): Uint8Array {
  try {
    return toBytes(value)
  } catch {
    return Uint8Array.of(0xc0)
  }
}
