/** The safetensors format: what is written is read, what the reference library writes is read, all else is refused. */
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  writeSafetensors,
  type NamedTensor,
} from '../../main/files/safetensors'
import { errorOf, refusalOf } from './expect-refusal'
import { damaged, damages } from './mutate'

const here = import.meta.dirname

/** What safetensors_reference.py puts into reference.safetensors. */
const reference: NamedTensor[] = [
  {
    name: 'encoder.conv.0.weight',
    dtype: 'F32',
    shape: [2, 3, 4],
    data: Float32Array.from({ length: 24 }, (_, i) => i / 8),
  },
  { name: 'steps', dtype: 'I64', shape: [2], data: BigInt64Array.of(-1n, 2n ** 53n + 1n) },
  { name: 'labels', dtype: 'U8', shape: [3], data: Uint8Array.of(0, 9, 255) },
  { name: 'offsets', dtype: 'I32', shape: [2, 1], data: Int32Array.of(-5, 7) },
  { name: 'scalar', dtype: 'F64', shape: [], data: Float64Array.of(0.5) },
  { name: 'empty', dtype: 'F32', shape: [0, 3], data: new Float32Array(0) },
]
const metadata = { epoch: '3', note: 'über "quoted"' }

function asMap(tensors: readonly NamedTensor[]) {
  return new Map(tensors.map(({ name, dtype, shape, data }) => [name, { dtype, shape, data }]))
}

/** A file with this header, written as the format has it. */
function withHeader(header: unknown, dataBytes = 0): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)])
}

describe('safetensors', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vlae-safetensors-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('reads what the reference library wrote', async () => {
    const file = await readSafetensors(join(here, 'reference.safetensors'))
    expect(file.tensors).toEqual(asMap(reference))
    expect(file.metadata).toEqual(metadata)
  })

  it('writes files that it reads, on the disk', async () => {
    const path = join(folder, 'weights.safetensors')
    await writeSafetensors(path, reference, metadata)
    const file = await readSafetensors(path)
    expect(file.tensors).toEqual(asMap(reference))
    expect(file.metadata).toEqual(metadata)
  })

  it('writes files that the reference library reads', async (context) => {
    const path = join(folder, 'for-python.safetensors')
    await writeSafetensors(path, reference, metadata)
    const python = process.env['PYTHON'] ?? 'python3'
    let answer: string
    try {
      execFileSync(python, ['-c', 'import safetensors, numpy'], { stdio: 'ignore' })
      answer = execFileSync(python, [join(here, 'safetensors_reference.py'), 'check', path], { encoding: 'utf8' })
    } catch {
      return context.skip(`${python} with numpy and safetensors is not installed`)
    }
    const types = { F32: 'float32', F64: 'float64', I32: 'int32', I64: 'int64', U8: 'uint8' }
    const read = JSON.parse(answer) as { tensors: Record<string, unknown>; metadata: unknown }
    expect(read.metadata).toEqual(metadata)
    for (const { name, dtype, shape, data } of reference) {
      expect(read.tensors[name]).toEqual({ dtype: types[dtype], shape, values: Array.from(data, Number) })
    }
  })

  it('pads the header to 8 bytes and aligns every tensor', () => {
    for (let letters = 1; letters < 20; letters++) {
      const file = Buffer.from(
        encodeSafetensors([
          { name: 'a'.repeat(letters), dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 3) },
          { name: 'wide', dtype: 'F64', shape: [1], data: Float64Array.of(1) },
        ]),
      )
      const length = Number(file.readBigUInt64LE(0))
      expect(length % 8).toBe(0)
      expect(file.readDoubleLE(8 + length)).toBe(1)
    }
  })

  it('reads from any place in a larger buffer', () => {
    const file = encodeSafetensors(reference, metadata)
    const larger = new Uint8Array(file.length + 3)
    larger.set(file, 3)
    expect(decodeSafetensors(larger.subarray(3)).tensors).toEqual(asMap(reference))
  })

  it('returns what was written, whatever it was', () => {
    const tensor = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).chain((shape) => {
      const length = shape.reduce((product, size) => product * size, 1)
      const exactly = { minLength: length, maxLength: length }
      return fc.oneof(
        fc.float32Array(exactly).map((data) => ({ dtype: 'F32' as const, shape, data })),
        fc.float64Array(exactly).map((data) => ({ dtype: 'F64' as const, shape, data })),
        fc.int32Array(exactly).map((data) => ({ dtype: 'I32' as const, shape, data })),
        fc.bigInt64Array(exactly).map((data) => ({ dtype: 'I64' as const, shape, data })),
        fc.uint8Array(exactly).map((data) => ({ dtype: 'U8' as const, shape, data })),
      )
    })
    const key = fc.string({ unit: 'grapheme' }).filter((name) => name !== '__proto__' && name !== '__metadata__')
    fc.assert(
      fc.property(fc.dictionary(key, tensor), fc.dictionary(key, fc.string({ unit: 'grapheme' })), (tensors, texts) => {
        const named = Object.entries(tensors).map(
          ([name, { dtype, shape, data }]) => ({ name, dtype, shape, data }) as NamedTensor,
        )
        const file = decodeSafetensors(encodeSafetensors(named, texts))
        expect(file.tensors).toEqual(asMap(named))
        expect({ ...file.metadata }).toEqual({ ...texts })
      }),
    )
  })

  const four = { dtype: 'F32', shape: [1], data_offsets: [0, 4] }
  const next = { dtype: 'F32', shape: [1], data_offsets: [4, 8] }
  const refused: Record<string, Uint8Array> = {
    'nothing at all': new Uint8Array(0),
    'a length alone, cut': new Uint8Array(7),
    'a header longer than the file': Buffer.concat([withHeader({ a: four }, 4).subarray(0, 20)]),
    'a header length of 2^64-1': new Uint8Array(64).fill(0xff),
    'a header that is an array': withHeader('[1]'),
    'a header that is cut JSON': withHeader('{"a":'),
    'a header that is not UTF-8': withHeader('{"a"}').map((byte, index) => (index === 9 ? 0xff : byte)),
    'JSON with something behind it': withHeader('{} x'),
    'a space before the {': withHeader(' {}'),
    'the same name twice': withHeader(`{"a":${JSON.stringify(four)},"a":${JSON.stringify(next)}}`, 8),
    'the same name twice, once escaped': withHeader(
      `{"a":${JSON.stringify(four)},"\\u0061":${JSON.stringify(next)}}`,
      8,
    ),
    'the same field twice': withHeader('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
    'a tensor named __proto__': withHeader(`{"__proto__":${JSON.stringify(four)}}`, 4),
    'metadata named __proto__': withHeader('{"__metadata__":{"__proto__":"x"}}'),
    'metadata that is a number': withHeader({ __metadata__: { epoch: 3 } }),
    'metadata that is a text': withHeader({ __metadata__: 'epoch 3' }),
    'no type': withHeader({ a: { shape: [1], data_offsets: [0, 4] } }, 4),
    'a negative size': withHeader({ a: { ...four, shape: [-1] } }, 4),
    'half an element': withHeader({ a: { ...four, shape: [0.5] } }, 4),
    'a shape that overflows': withHeader({ a: { ...four, shape: [2 ** 40, 2 ** 40] } }, 4),
    'a shape that overflows to a fitting size': withHeader({ a: { ...four, shape: [2 ** 32, 2 ** 32, 0.5] } }, 4),
    'a shape that is larger than its place': withHeader({ a: { ...four, shape: [2] } }, 4),
    'offsets backwards': withHeader({ a: { ...four, data_offsets: [4, 0] } }, 4),
    'one offset': withHeader({ a: { ...four, data_offsets: [4] } }, 4),
    'a hole at the start': withHeader({ a: next }, 8),
    'a hole in the middle': withHeader({ a: four, b: { ...four, data_offsets: [8, 12] } }, 12),
    'an overlap': withHeader({ a: four, b: four }, 4),
    'a cut end': withHeader({ a: four, b: next }, 7),
    'bytes after the end': withHeader({ a: four, b: next }, 9),
    'bytes without any tensor': withHeader({}, 1),
    'a null entry': withHeader({ a: null }),
  }
  for (const [what, file] of Object.entries(refused)) {
    it(`refuses ${what}`, () => expect(refusalOf(() => decodeSafetensors(file))).toBe('safetensors/damaged'))
  }

  it('refuses number types that it does not read, by name', () => {
    const packed = withHeader({ a: { dtype: 'F8_E4M3', shape: [4], data_offsets: [0, 4] } }, 4)
    expect(refusalOf(() => decodeSafetensors(packed))).toBe('safetensors/type')
    expect(() => decodeSafetensors(packed)).toThrow(/F8_E4M3/)
    expect(errorOf(() => decodeSafetensors(packed))?.remedy).toContain('F64, I64, F32, I32, U8, F16, BF16 are read')
    const inherited = withHeader({ a: { dtype: 'constructor', shape: [2], data_offsets: [0, 4] } }, 4)
    expect(refusalOf(() => decodeSafetensors(inherited))).toBe('safetensors/type')
  })

  it.each([
    ['F16', [0x0000, 0x8000, 0x3c00, 0xc000, 0x3555, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x7c00, 0xfc00, 0x7e00]],
    ['BF16', [0x0000, 0x8000, 0x3f80, 0xc000, 0x3eab, 0x0001, 0x007f, 0x0080, 0x7f7f, 0x7f80, 0xff80, 0x7fc0]],
  ] as const)('reads %s as the float32 that it is exactly', (dtype, bits) => {
    const shape = [3, 4]
    const header = withHeader({ a: { dtype, shape, data_offsets: [0, 24] } })
    const { tensors } = decodeSafetensors(Buffer.concat([header, new Uint8Array(Uint16Array.from(bits).buffer)]))
    const [smallest, below, normal, most] =
      dtype === 'F16'
        ? [2 ** -24, 1023 * 2 ** -24, 2 ** -14, 65504]
        : [2 ** -133, 127 * 2 ** -133, 2 ** -126, 255 * 2 ** 120]
    const third = dtype === 'F16' ? 0.333251953125 : 0.333984375
    const data = Float32Array.of(
      0,
      -0,
      1,
      -2,
      third,
      smallest!,
      below!,
      normal!,
      most!,
      Infinity,
      -Infinity,
      Number.NaN,
    )
    expect(tensors.get('a')).toEqual({ dtype: 'F32', shape, data })
  })

  it('accepts what these refusals are variations of', () => {
    expect(decodeSafetensors(withHeader({ a: four, b: next }, 8)).tensors.size).toBe(2)
    expect(decodeSafetensors(withHeader({ b: next, a: four }, 8)).tensors.size).toBe(2)
    expect(decodeSafetensors(withHeader('{}   ')).tensors.size).toBe(0)
    expect(decodeSafetensors(withHeader({ constructor: four }, 4)).tensors.size).toBe(1)
  })

  it('refuses deep nesting and long names without failing', () => {
    expect(refusalOf(() => decodeSafetensors(withHeader(`{"a":${'['.repeat(500_000)}`)))).toBe('safetensors/damaged')
    expect(refusalOf(() => decodeSafetensors(withHeader(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)))).toBe(
      'safetensors/damaged',
    )
    expect(refusalOf(() => decodeSafetensors(withHeader({ ['x'.repeat(1_000_000)]: 1 })))).toBe('safetensors/damaged')
  })

  it('answers every damage with tensors that fit the file, or a refusal', async () => {
    const file = await readFile(join(here, 'reference.safetensors'))
    fc.assert(
      fc.property(damages, (list) => {
        const bytes = damaged(file, list)
        refusalOf(() => {
          const { tensors } = decodeSafetensors(bytes)
          const total = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0)
          expect(total).toBeLessThan(bytes.length)
        })
      }),
      { numRuns: 3000 },
    )
  })

  it('answers any JSON header with tensors or a refusal', () => {
    const header = fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('__metadata__', '__proto__', 'a')),
      fc.oneof(
        fc.jsonValue(),
        fc.record({
          dtype: fc.constantFrom('F32', 'U8', 'I64', 'F16', 'toString'),
          shape: fc.array(fc.oneof(fc.nat(3), fc.double(), fc.maxSafeInteger())),
          data_offsets: fc.array(fc.oneof(fc.nat(16), fc.maxSafeInteger()), { maxLength: 3 }),
        }),
      ),
      { noNullPrototype: false },
    )
    fc.assert(
      fc.property(header, fc.nat(32), (value, dataBytes) => {
        const code = refusalOf(() => decodeSafetensors(withHeader(value, dataBytes)))
        expect([undefined, 'safetensors/damaged', 'safetensors/type']).toContain(code)
      }),
      { numRuns: 2000 },
    )
  })
})
