/** What a chain adds up, always in the same order. */
import { loadSome, storeSome } from './each'

/** How a sum is taken, in encode.ts's order. */
export const enum Sum {
  /** One a column, where a block is whole rows: what stands at the same place of each block, then what is the same column. */
  Columns,
  /** One a column, where a block is a part of a row: where it belongs, row by row. */
  LongColumns,
  /** One a row: of each block four numbers, then those. */
  Rows,
  /** One for all: what stands at the same place of each block, then those. */
  All,
}

// @ts-ignore: decorator
@inline
function ofFour(x: v128): f32 {
  const first = f32x4.extract_lane(x, 0) + f32x4.extract_lane(x, 2)
  return first + (f32x4.extract_lane(x, 1) + f32x4.extract_lane(x, 3))
}

export function clear(to: usize, count: i32): void {
  const end = to + (<usize>(count & ~3) << 2)
  while (to < end) {
    v128.store(to, f32x4.splat(0))
    to += 16
  }
  if (count & 3) storeSome(to, f32x4.splat(0), count & 3)
}

/** Added to what is there. */
function add(to: usize, from: usize, step: usize, count: i32): void {
  const last = to + (<usize>(count & ~15) << 2)
  if (step) {
    while (to < last) {
      v128.store(to, f32x4.add(v128.load(to), v128.load(from)))
      v128.store(to, f32x4.add(v128.load(to, 16), v128.load(from, 16)), 16)
      v128.store(to, f32x4.add(v128.load(to, 32), v128.load(from, 32)), 32)
      v128.store(to, f32x4.add(v128.load(to, 48), v128.load(from, 48)), 48)
      to += 64
      from += 64
    }
  }
  const end = to + (<usize>(count & (step ? 15 : ~0) & ~3) << 2)
  while (to < end) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)))
    to += 16
    from += step
  }
  const rest = count & 3
  if (rest) storeSome(to, f32x4.add(loadSome(to, 16, rest), loadSome(from, step, rest)), rest)
}

function total(from: usize, step: usize, count: i32): f32 {
  let sum = f32x4.splat(0)
  for (let i = count >> 2; i > 0; i--) {
    sum = f32x4.add(sum, v128.load(from))
    from += step
  }
  let rest: f32 = 0
  for (let i = 0; i < (count & 3); i++) rest += load<f32>(from + (step ? <usize>i << 2 : 0))
  return ofFour(sum) + rest
}

/** Before the first block. @param size numbers in a block */
export function begin(how: i32, to: usize, onto: bool, register: usize, rows: i32, columns: i32, size: i32): void {
  if (how == Sum.Columns || how == Sum.All) clear(register, size)
  else if (!onto) clear(to, how == Sum.Rows ? rows : columns)
}

/** A block's share. @param column of its first number, @param row and its row */
export function take(
  how: i32,
  to: usize,
  register: usize,
  from: usize,
  step: usize,
  row: i32,
  column: i32,
  rowsOfBlock: i32,
  columnsOfBlock: i32,
): void {
  if (how == Sum.LongColumns) add(to + (<usize>column << 2), from, step, columnsOfBlock)
  else if (how != Sum.Rows) add(register, from, step, rowsOfBlock * columnsOfBlock)
  else {
    for (let i = 0; i < rowsOfBlock; i++) {
      const place = to + (<usize>(row + i) << 2)
      store<f32>(place, load<f32>(place) + total(from, step, columnsOfBlock))
      if (step) from += <usize>columnsOfBlock << 2
    }
  }
}

/** After the last block. @param size numbers in a block */
export function end(how: i32, to: usize, onto: bool, register: usize, columns: i32, size: i32): void {
  if (how == Sum.Columns) {
    // a block's rows, one after another, onto its first
    for (let i = columns; i < size; i += columns) add(register, register + (<usize>i << 2), 16, columns)
    if (!onto) clear(to, columns)
    add(to, register, 16, columns)
  } else if (how == Sum.All) {
    const all = total(register, 16, size)
    store<f32>(to, onto ? load<f32>(to) + all : all)
  }
}
