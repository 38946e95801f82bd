/** Inputs near good ones: JSON documents with something changed in them, as an editor, another version or malice does. */
import * as fc from 'fast-check'
import { damaged, damages } from '../files/mutate'

/** Keys that an object has without owning them, and others that trip code up. */
export const oddKeys = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '', '0', 'length']

/** Texts that trip code up: separators, paths, escapes, other scripts, halves of characters, and long ones. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('', ' ', '.', '..', '../x', '/', '\\', 'a/b', 'C:x', '~', '-', '--', '%00', '\0', '\n', 'a\nb', '\r'),
  fc.constantFrom(
    '\u001b[31m',
    '\u009b31m',
    '\u202e',
    '\ufeff',
    '\ud800',
    '𝟘',
    'é',
    'e\u0301',
    'ß',
    '数',
    'NaN',
    'null',
  ),
  fc.constantFrom(...oddKeys),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ maxLength: 20 }),
  fc.integer({ min: 100, max: 5000 }).map((length) => 'x'.repeat(length)),
)

export const oddNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -0, -1, 1, 0.5, 1e-320, 1e308, 255, 256, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 - 1, -(2 ** 53)),
  fc.constantFrom(NaN, Infinity, -Infinity),
  fc.integer(),
  fc.double(),
)

/** Anything that JSON and MessagePack can say. */
export const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, false, [], {}, [[]], [null], { a: 1 }),
  oddNumber,
  oddText,
  fc.jsonValue({ maxDepth: 3 }),
  fc.integer({ min: 1, max: 1000 }).map((depth) => nested(depth)),
)

/** Bytes that do not repeat soon: drawing each of thousands by chance would take longer than trying them. */
export function pattern(length: number, from: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => ((i + from) * 2_654_435_761) >>> 24)
}

function nested(depth: number): unknown {
  let value: unknown = 0
  for (let i = 0; i < depth; i++) value = [value]
  return value
}

type Act =
  | { readonly kind: 'replace' | 'insert'; readonly key: string; readonly value: unknown }
  | { readonly kind: 'remove' }
  | { readonly kind: 'rename'; readonly key: string }

interface Change {
  /** Which of the document's values, as a fraction of them all. */
  readonly at: number
  readonly act: Act
}

const key = fc.oneof(fc.constantFrom(...oddKeys), oddText)
const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    act: fc.oneof(
      fc.record({ kind: fc.constantFrom('replace' as const, 'insert' as const), key, value: anything }),
      fc.constant({ kind: 'remove' as const }),
      fc.record({ kind: fc.constant('rename' as const), key }),
    ),
  }),
  { minLength: 1, maxLength: 3 },
)

/** Documents like this one, with one to three values replaced, removed, renamed or added. */
export function changed(document: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  // each a copy of its own: a value put into itself would be a circle, which no file can hold
  return fc
    .tuple(document, changes)
    .map(([good, list]) => list.map((change) => structuredClone(change)).reduce(apply, structuredClone(good)))
}

/** The bytes of a JSON file near a good one: changed, written by another hand, or damaged. */
export function jsonFile(document: fc.Arbitrary<unknown>): fc.Arbitrary<Uint8Array> {
  const written = fc.oneof({ weight: 1, arbitrary: document }, { weight: 4, arbitrary: changed(document) })
  const text = fc
    .tuple(written, fc.constantFrom(undefined, 2))
    .map(([value, space]) => JSON.stringify(value, null, space))
  const bytes = text.map((json) => new TextEncoder().encode(json))
  return fc.oneof(
    { weight: 6, arbitrary: bytes },
    { weight: 1, arbitrary: text.map((json) => new TextEncoder().encode(`\ufeff${json}`)) },
    { weight: 1, arbitrary: text.map((json) => new Uint8Array(Buffer.from(`\ufeff${json}`, 'utf16le'))) },
    // a number that no double holds, and a key that is there twice
    { weight: 1, arbitrary: text.map((json) => new TextEncoder().encode(json.replace(/\d+/, '1e999'))) },
    {
      weight: 1,
      arbitrary: text.map((json) => new TextEncoder().encode(json.replace('{', '{"__proto__":{"polluted":1},'))),
    },
    { weight: 3, arbitrary: fc.tuple(bytes, damages).map(([file, list]) => damaged(file, list)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }) },
  )
}

function apply(document: unknown, { at, act }: Change): unknown {
  const places = [...placesOf(document)]
  if (places.length === 0) return act.kind === 'replace' ? act.value : document
  const { holder, key } = places[Math.floor(at * places.length)]!
  const value = holder[key]
  if (act.kind === 'replace') define(holder, key, act.value)
  if (act.kind === 'insert') define(holder, act.key, act.value)
  if (act.kind === 'remove' || act.kind === 'rename') {
    if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else delete holder[key]
  }
  if (act.kind === 'rename') define(holder, act.key, value)
  return document
}

type Holder = Record<string, unknown>

function* placesOf(value: unknown): Generator<{ holder: Holder; key: string }> {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return
  for (const [key, child] of Object.entries(value)) {
    yield { holder: value as Holder, key }
    // a document that was given a deep value is not walked down it
    if (key !== '0' || !Array.isArray(child)) yield* placesOf(child)
  }
}

/** An own property, whatever its name. */
function define(holder: Holder, key: string, value: unknown): void {
  if (Array.isArray(holder) && !/^\d{1,2}$/.test(key)) holder.push(value)
  else Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true })
}
