/** Sums and differences of runs, by a table: what Winograd's transforms are. */

/** Four numbers, and four of them. */
const vector: usize = 16
const block: usize = 4 * vector

export function combine(
  source: usize,
  target: usize,
  table: usize,
  runs: i32,
  length: i32,
  images: i32,
  sourceStride: i32,
  targetStride: i32,
): void {
  if (length == 1) {
    singly(source, target, table, runs, images, <usize>sourceStride << 2, <usize>targetStride << 2)
    return
  }
  const bytes = <usize>length << 2
  for (let image = 0; image < images; image++) {
    let entry = table
    for (let run = 0; run < runs; run++) {
      const to = target + (<usize>load<i32>(entry) << 2)
      const added = entry + 12
      const taken = added + (<usize>load<i32>(entry, 4) << 2)
      const end = taken + (<usize>load<i32>(entry, 8) << 2)
      let at: usize = 0
      for (; at + block <= bytes; at += block) {
        let term = added
        let a = f32x4.splat(0)
        let b = a
        let c = a
        let d = a
        if (term < taken) {
          const from = source + (<usize>load<i32>(term) << 2) + at
          a = v128.load(from)
          b = v128.load(from, 16)
          c = v128.load(from, 32)
          d = v128.load(from, 48)
          for (term += 4; term < taken; term += 4) {
            const from = source + (<usize>load<i32>(term) << 2) + at
            a = f32x4.add(a, v128.load(from))
            b = f32x4.add(b, v128.load(from, 16))
            c = f32x4.add(c, v128.load(from, 32))
            d = f32x4.add(d, v128.load(from, 48))
          }
        }
        for (; term < end; term += 4) {
          const from = source + (<usize>load<i32>(term) << 2) + at
          a = f32x4.sub(a, v128.load(from))
          b = f32x4.sub(b, v128.load(from, 16))
          c = f32x4.sub(c, v128.load(from, 32))
          d = f32x4.sub(d, v128.load(from, 48))
        }
        v128.store(to + at, a)
        v128.store(to + at, b, 16)
        v128.store(to + at, c, 32)
        v128.store(to + at, d, 48)
      }
      for (; at < bytes; at += vector) {
        let sum = f32x4.splat(0)
        for (let term = added; term < taken; term += 4)
          sum = f32x4.add(sum, v128.load(source + (<usize>load<i32>(term) << 2) + at))
        for (let term = taken; term < end; term += 4)
          sum = f32x4.sub(sum, v128.load(source + (<usize>load<i32>(term) << 2) + at))
        v128.store(to + at, sum)
      }
      entry = end
    }
    source += <usize>sourceStride << 2
    target += <usize>targetStride << 2
  }
}

/** Runs of one number: of four images at a time, which read the table once. */
function singly(
  source: usize,
  target: usize,
  table: usize,
  runs: i32,
  images: i32,
  sourceStride: usize,
  targetStride: usize,
): void {
  let image = 0
  for (; image + 4 <= images; image += 4) {
    ofFour(source, target, table, runs, sourceStride, targetStride)
    source += 4 * sourceStride
    target += 4 * targetStride
  }
  for (; image < images; image++) {
    ofOne(source, target, table, runs)
    source += sourceStride
    target += targetStride
  }
}

function ofFour(source: usize, target: usize, table: usize, runs: i32, sourceStride: usize, targetStride: usize): void {
  let entry = table
  for (let run = 0; run < runs; run++) {
    let term = entry + 12
    const taken = term + (<usize>load<i32>(entry, 4) << 2)
    const end = taken + (<usize>load<i32>(entry, 8) << 2)
    let a: f32 = 0
    let b: f32 = 0
    let c: f32 = 0
    let d: f32 = 0
    for (; term < taken; term += 4) {
      const from = source + (<usize>load<i32>(term) << 2)
      a += load<f32>(from)
      b += load<f32>(from + sourceStride)
      c += load<f32>(from + 2 * sourceStride)
      d += load<f32>(from + 3 * sourceStride)
    }
    for (; term < end; term += 4) {
      const from = source + (<usize>load<i32>(term) << 2)
      a -= load<f32>(from)
      b -= load<f32>(from + sourceStride)
      c -= load<f32>(from + 2 * sourceStride)
      d -= load<f32>(from + 3 * sourceStride)
    }
    const to = target + (<usize>load<i32>(entry) << 2)
    store<f32>(to, a)
    store<f32>(to + targetStride, b)
    store<f32>(to + 2 * targetStride, c)
    store<f32>(to + 3 * targetStride, d)
    entry = end
  }
}

function ofOne(source: usize, target: usize, table: usize, runs: i32): void {
  let entry = table
  for (let run = 0; run < runs; run++) {
    let term = entry + 12
    const taken = term + (<usize>load<i32>(entry, 4) << 2)
    const end = taken + (<usize>load<i32>(entry, 8) << 2)
    let sum: f32 = 0
    for (; term < taken; term += 4) sum += load<f32>(source + (<usize>load<i32>(term) << 2))
    for (; term < end; term += 4) sum -= load<f32>(source + (<usize>load<i32>(term) << 2))
    store<f32>(target + (<usize>load<i32>(entry) << 2), sum)
    entry = end
  }
}
