/**
 * Runs a chain's program, as encode.ts writes it: block by block, so that all that is between its steps stays in the
 * processor's nearest cache. Words are 32 bits.
 */
import { prepare, ready } from './operands'
import { ofOne, ofThree, ofTwo } from './operations'
import { begin, end, take } from './sums'

const headerBytes: usize = 32
const operandBytes: usize = 16
const stepBytes: usize = 32
const sumBytes: usize = 20

export function chain(program: usize, scratch: usize): void {
  const rows = load<i32>(program)
  const columns = load<i32>(program, 4)
  const rowsAtOnce = load<i32>(program, 8)
  const columnsAtOnce = load<i32>(program, 12)
  const operands = program + headerBytes
  const steps = operands + <usize>load<i32>(program, 16) * operandBytes
  const sums = steps + <usize>load<i32>(program, 20) * stepBytes
  const last = sums + <usize>load<i32>(program, 24) * sumBytes
  const size = rowsAtOnce * columnsAtOnce

  let value = scratch
  for (let at = operands; at < steps; at += operandBytes) {
    const register = scratch + load<usize>(at, 12)
    const step = prepare(load<i32>(at), load<usize>(at, 4), load<i32>(at, 8), register, columns, rowsAtOnce)
    store<usize>(value, step, 4)
    value += 8
  }
  for (let at = sums; at < last; at += sumBytes)
    begin(load<i32>(at), load<usize>(at, 8), load<bool>(at, 12), scratch + load<usize>(at, 16), rows, columns, size)

  for (let row = 0; row < rows; row += rowsAtOnce) {
    const rowsOfBlock = min(rowsAtOnce, rows - row)
    for (let column = 0; column < columns; column += columnsAtOnce) {
      const columnsOfBlock = min(columnsAtOnce, columns - column)
      let value = scratch
      for (let at = operands; at < steps; at += operandBytes) {
        const register = scratch + load<usize>(at, 12)
        const mode = load<i32>(at)
        const from = load<usize>(at, 4)
        const type = load<i32>(at, 8)
        store<usize>(value, ready(mode, from, type, register, columns, row, column, rowsOfBlock, columnsOfBlock))
        value += 8
      }
      compute(steps, sums, scratch, value, row * columns + column, rowsOfBlock * columnsOfBlock)
      for (let at = sums; at < last; at += sumBytes) {
        const from = scratch + (load<usize>(at, 4) << 3)
        const register = scratch + load<usize>(at, 16)
        const to = load<usize>(at, 8)
        take(load<i32>(at), to, register, load<usize>(from), load<usize>(from, 4), row, column, rowsOfBlock, columnsOfBlock)
      }
    }
  }
  for (let at = sums; at < last; at += sumBytes)
    end(load<i32>(at), load<usize>(at, 8), load<bool>(at, 12), scratch + load<usize>(at, 16), columns, size)
}

/** All steps for one block. @param value where the first step's result is noted, @param first the block's first number */
function compute(steps: usize, sums: usize, scratch: usize, value: usize, first: i32, count: i32): void {
  for (let at = steps; at < sums; at += stepBytes) {
    const op = load<i32>(at)
    const a = scratch + (load<usize>(at, 4) << 3)
    const b = scratch + (load<usize>(at, 8) << 3)
    const c = scratch + (load<usize>(at, 12) << 3)
    const stored = load<usize>(at, 24)
    const to = stored ? stored + (<usize>first << 2) : scratch + load<usize>(at, 28)
    const fromA = load<usize>(a)
    const stepA = load<usize>(a, 4)
    if (!ofOne(op, to, fromA, stepA, load<f32>(at, 16), load<f32>(at, 20), count)) {
      const fromB = load<usize>(b)
      const stepB = load<usize>(b, 4)
      if (!ofTwo(op, to, fromA, stepA, fromB, stepB, count))
        ofThree(op, to, fromA, stepA, fromB, stepB, load<usize>(c), load<usize>(c, 4), count)
    }
    store<usize>(value, to)
    store<usize>(value, 16, 4)
    value += 8
  }
}
