/** Matrices turned over, four by four numbers at a time. */

export function transpose(
  source: usize,
  target: usize,
  rows: i32,
  columns: i32,
  images: i32,
  sourceStride: i32,
  targetStride: i32,
): void {
  for (let image = 0; image < images; image++) {
    matrix(source, target, rows, columns)
    source += <usize>sourceStride << 2
    target += <usize>targetStride << 2
  }
}

/** [rows, columns] → [columns, rows] in blocks of four by four. */
function matrix(source: usize, target: usize, rows: i32, columns: i32): void {
  const from = <usize>columns << 2
  const to = <usize>rows << 2
  const wholeRows = rows & ~3
  const wholeColumns = columns & ~3
  for (let column = 0; column < wholeColumns; column += 4) {
    const down = target + <usize>column * to
    for (let row = 0; row < wholeRows; row += 4)
      block(source + <usize>row * from + (<usize>column << 2), from, down + (<usize>row << 2), to)
  }
  singly(source, target, from, to, wholeRows, rows, 0, columns)
  singly(source, target, from, to, 0, wholeRows, wholeColumns, columns)
}

function singly(
  source: usize,
  target: usize,
  from: usize,
  to: usize,
  row: i32,
  rows: i32,
  column: i32,
  columns: i32,
): void {
  for (; row < rows; row++)
    for (let i = column; i < columns; i++)
      store<f32>(target + <usize>i * to + (<usize>row << 2), load<f32>(source + <usize>row * from + (<usize>i << 2)))
}

/** Four rows of four. @param from bytes from row to row, @param to and of the result */
// @ts-ignore: decorator
@inline
function block(source: usize, from: usize, target: usize, to: usize): void {
  const a = v128.load(source)
  const b = v128.load(source + from)
  const c = v128.load(source + 2 * from)
  const d = v128.load(source + 3 * from)
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5)
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5)
  const ef = v128.shuffle<f32>(a, b, 2, 6, 3, 7)
  const gh = v128.shuffle<f32>(c, d, 2, 6, 3, 7)
  v128.store(target, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5))
  v128.store(target + to, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7))
  v128.store(target + 2 * to, v128.shuffle<f32>(ef, gh, 0, 1, 4, 5))
  v128.store(target + 3 * to, v128.shuffle<f32>(ef, gh, 2, 3, 6, 7))
}
