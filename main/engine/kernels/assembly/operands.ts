/** What a chain reads, made ready for a block: where it lies there, or a copy in a register. */

/** How an operand is made ready, in encode.ts's order. */
export const enum Mode {
  /** Floats, a number each: read where they lie. */
  Direct,
  /** Floats, one a column, where a block is a part of a row: read where they lie. */
  DirectColumns,
  /** Whole numbers, a number each. */
  Converted,
  /** Whole numbers, one a column, where a block is a part of a row. */
  ConvertedColumns,
  /** One a column, where a block is whole rows: repeated for each row of the block, once for all blocks. */
  Tiled,
  /** One a row, where a block is whole rows. */
  Spread,
  /** One a row, where a block is a part of a row. */
  RowOfOne,
  /** One for all. */
  Scalar,
  /** One for all, in the program itself. */
  Constant,
}

/** What numbers are in memory, in encode.ts's order. */
const enum Type {
  Float32,
  Int32,
  Uint8,
}

/** A number as a float. */
// @ts-ignore: decorator
@inline
function numberAt(at: usize, type: i32): f32 {
  if (type == Type.Float32) return load<f32>(at)
  return type == Type.Int32 ? <f32>load<i32>(at) : <f32>load<u8>(at)
}

// @ts-ignore: decorator
@inline
function bytesOf(count: i32, type: i32): usize {
  return type == Type.Uint8 ? <usize>count : <usize>count << 2
}

/** Floats to a register. */
function convert(to: usize, from: usize, type: i32, count: i32): void {
  const end = to + (<usize>count << 2)
  const last = to + (<usize>(count & ~3) << 2)
  while (to < last) {
    if (type == Type.Float32) v128.store(to, v128.load(from))
    else if (type == Type.Int32) v128.store(to, f32x4.convert_i32x4_s(v128.load(from)))
    else {
      const two = i16x8.extend_low_i8x16_u(v128.load_zero<u32>(from))
      v128.store(to, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(two)))
    }
    to += 16
    from += bytesOf(4, type)
  }
  while (to < end) {
    store<f32>(to, numberAt(from, type))
    to += 4
    from += bytesOf(1, type)
  }
}

/** Equal numbers. Behind the last, up to 12 bytes may be written. */
function spread(to: usize, x: f32, count: i32): void {
  const end = to + (<usize>count << 2)
  while (to < end) {
    v128.store(to, f32x4.splat(x))
    to += 16
  }
}

/** Before the first block. @returns by how much the register goes on from four to four numbers */
export function prepare(mode: i32, at: usize, type: i32, register: usize, columns: i32, rowsAtOnce: i32): usize {
  if (mode == Mode.Tiled) {
    for (let row = 0; row < rowsAtOnce; row++) convert(register + (<usize>(row * columns) << 2), at, type, columns)
    return 16
  }
  if (mode == Mode.Scalar) v128.store(register, f32x4.splat(numberAt(at, type)))
  if (mode == Mode.Constant) v128.store(register, f32x4.splat(reinterpret<f32>(<i32>at)))
  return mode < Mode.RowOfOne ? 16 : 0
}

/** For each block. @returns where it lies */
export function ready(
  mode: i32,
  at: usize,
  type: i32,
  register: usize,
  columns: i32,
  row: i32,
  column: i32,
  rowsOfBlock: i32,
  columnsOfBlock: i32,
): usize {
  const first = row * columns + column
  switch (mode) {
    case Mode.Direct:
      return at + (<usize>first << 2)
    case Mode.DirectColumns:
      return at + (<usize>column << 2)
    case Mode.Converted:
      convert(register, at + bytesOf(first, type), type, rowsOfBlock * columnsOfBlock)
      break
    case Mode.ConvertedColumns:
      convert(register, at + bytesOf(column, type), type, columnsOfBlock)
      break
    case Mode.Spread:
      for (let i = 0; i < rowsOfBlock; i++)
        spread(register + (<usize>(i * columns) << 2), numberAt(at + bytesOf(row + i, type), type), columns)
      break
    case Mode.RowOfOne:
      v128.store(register, f32x4.splat(numberAt(at + bytesOf(row, type), type)))
      break
  }
  return register
}
