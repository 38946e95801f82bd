/** Damage as it happens to real files: flipped bytes, cuts, insertions, pieces in the wrong place. */
import * as fc from 'fast-check'

export type Damage =
  | { kind: 'set'; at: number; value: number }
  | { kind: 'cut'; at: number }
  | { kind: 'insert'; at: number; bytes: Uint8Array }
  | { kind: 'remove'; at: number; count: number }
  | { kind: 'copy'; from: number; to: number; count: number }

const place = fc.double({ min: 0, max: 1, noNaN: true })
const size = fc.integer({ min: 1, max: 64 })

/** The head of a file is where its sizes stand: it is damaged as often as all the rest. */
const position = fc.oneof(
  place,
  place.map((value) => value * 0.002),
)

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at: position, value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: position }),
  fc.record({
    kind: fc.constant('insert' as const),
    at: position,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 16 }),
  }),
  fc.record({ kind: fc.constant('remove' as const), at: position, count: size }),
  fc.record({ kind: fc.constant('copy' as const), from: position, to: position, count: size }),
)

/** One to four damages; a failing property names them, and not the whole file. */
export const damages: fc.Arbitrary<Damage[]> = fc.array(damage, { minLength: 1, maxLength: 4 })

/** A copy of a file's bytes with these damages. */
export function damaged(original: Uint8Array, list: readonly Damage[]): Uint8Array {
  return list.reduce(apply, new Uint8Array(original))
}

function apply(bytes: Uint8Array, one: Damage): Uint8Array {
  const index = (fraction: number) => Math.min(bytes.length, Math.floor(fraction * bytes.length))
  switch (one.kind) {
    case 'set': {
      const copy = bytes.slice()
      copy[index(one.at)] = one.value
      return copy
    }
    case 'cut':
      return bytes.slice(0, index(one.at))
    case 'insert':
      return join([bytes.subarray(0, index(one.at)), one.bytes, bytes.subarray(index(one.at))])
    case 'remove': {
      const at = index(one.at)
      return join([bytes.subarray(0, at), bytes.subarray(at + one.count)])
    }
    case 'copy': {
      const copy = bytes.slice()
      const piece = bytes.slice(index(one.from), index(one.from) + one.count)
      copy.set(piece.subarray(0, bytes.length - index(one.to)), index(one.to))
      return copy
    }
  }
}

/** A plain array: slices of a Buffer would share its memory, and a damage would reach the original. */
function join(pieces: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces))
}
