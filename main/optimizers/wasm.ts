/**
 * Just enough of WebAssembly's binary format (core specification 2.0, chapter 5) to write one function of plain loops
 * over vectors of floats. Code is a list of bytes; an instruction is a function of the code of its operands.
 */

export type Code = readonly number[]
type Instruction = (...operands: Code[]) => Code

const instruction =
  (...bytes: number[]): Instruction =>
  (...operands) => [...operands.flat(), ...bytes]

/** Instructions on vectors of 128 bits share a prefix. */
const vector = (number: number, ...immediates: number[]): Instruction =>
  instruction(0xfd, ...unsigned(number), ...immediates)

const valueTypes = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const
export type ValueType = keyof typeof valueTypes

/** Parameters come first, then locals. */
export const get = (local: number): Code => [0x20, ...unsigned(local)]
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)]

/** Unsigned whole numbers: addresses. */
export const i32 = {
  constant: (value: number): Code => [0x41, ...signed(value)],
  add: instruction(0x6a),
  less: instruction(0x49),
}

/** Four floats. Addresses need not be aligned. */
export const f32x4 = {
  load: (address: Code, offset: number) => vector(0x00, 0, ...unsigned(offset))(address),
  store: (address: Code, offset: number, value: Code) => vector(0x0b, 0, ...unsigned(offset))(address, value),
  constant: (value: number) => f32x4.splat([0x43, ...new Uint8Array(Float32Array.of(value).buffer)]),
  splat: vector(0x13),
  /** All bits of a place are set where it holds. */
  less: vector(0x43),
  absolute: vector(0xe0),
  /** Of each place the larger one; not a number if either is none. */
  larger: vector(0xe9),
  squareRoot: vector(0xe3),
  add: vector(0xe4),
  subtract: vector(0xe5),
  multiply: vector(0xe6),
  divide: vector(0xe7),
}

/** Two floats of 64 bits. */
export const f64x2 = {
  /** The first two of four floats, and the last two. */
  ofFirst: vector(0x5f),
  ofLast: (four: Code) =>
    f64x2.ofFirst(vector(0x0d, ...Array.from({ length: 16 }, (_, i) => (i + 8) % 16))(four, four)),
  add: vector(0xf0),
  multiply: vector(0xf2),
  /** Both of them added up: one float of 64 bits. */
  sum: (local: number) => instruction(0xa0)(vector(0x21, 0)(get(local)), vector(0x21, 1)(get(local))),
}

/** The first's bits where the second has none. */
export const without = vector(0x4f)

/** `body` again and again, as long as the condition holds before it. */
export function loopWhile(condition: Code, body: Code): Code {
  const [block, loop, end, again, out] = [[0x02, 0x40], [0x03, 0x40], [0x0b], [0x0c, 0], [0x0d, 1]]
  const unless = [...condition, 0x45, ...out]
  return [...block, ...loop, ...unless, ...body, ...again, ...end, ...end]
}

export interface FunctionSource {
  readonly parameters: readonly ValueType[]
  readonly locals: readonly ValueType[]
  /** What it gives, if anything: what `body` ends with. */
  readonly result?: ValueType
  readonly body: Code
}

/** A module with the function as its export `run`, over a shared memory of exactly `pages`: its import `shared.memory`. */
export function encodeModule(
  { parameters, locals, result, body }: FunctionSource,
  pages: number,
): Uint8Array<ArrayBuffer> {
  const types = (names: readonly ValueType[]) => list(names.map((name) => [valueTypes[name]]))
  const type = [0x60, ...types(parameters), ...types(result ? [result] : [])]
  const memory = [...text('shared'), ...text('memory'), 2, 3, ...unsigned(pages), ...unsigned(pages)]
  const code = [...list(locals.map((name) => [1, valueTypes[name]])), ...body, 0x0b]
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  const sections = [
    ...section(1, [type]),
    ...section(2, [memory]),
    ...section(3, [[0]]),
    ...section(7, [[...text('run'), 0, 0]]),
    ...section(10, [[...unsigned(code.length), ...code]]),
  ]
  return Uint8Array.from([...header, ...sections])
}

function section(id: number, items: readonly Code[]): Code {
  const content = list(items)
  return [id, ...unsigned(content.length), ...content]
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()]
}

function text(characters: string): Code {
  return list([...new TextEncoder().encode(characters)].map((byte) => [byte]))
}

/** LEB128: seven bits a byte, the lowest first; the eighth says that more follow. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}

function signed(value: number): number[] {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)]
}
