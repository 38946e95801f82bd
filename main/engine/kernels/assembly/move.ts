/** Kernels that move numbers by a table: runs of one length, and runs of different lengths. */

/** Four numbers. */
const vector: usize = 16

/** A run's place in a table: floats, or −1 where there is none. */
// @ts-ignore: decorator
@inline
function placeAt(table: usize, index: i32): i32 {
  return load<i32>(table + (<usize>index << 2))
}

export function pick(
  source: usize,
  target: usize,
  table: usize,
  runs: i32,
  length: i32,
  targetStep: i32,
  images: i32,
  sourceStride: i32,
  targetStride: i32,
): void {
  const step = <usize>targetStep << 2
  for (let image = 0; image < images; image++) {
    if (length == 1) singles(source, target, table, runs, step)
    else if (length == 4) fours(source, target, table, runs, step)
    else if (length == 8) eights(source, target, table, runs, step)
    else if ((length & 3) == 0) vectors(source, target, table, runs, <usize>length << 2, step)
    else if (length < 4) pieces(source, target, table, runs, length, step)
    else unevenly(source, target, table, runs, <usize>length << 2, step)
    source += <usize>sourceStride << 2
    target += <usize>targetStride << 2
  }
}

/** The numbers at a place; zeros where there is none, without a branch that the processor would have to foresee. */
// @ts-ignore: decorator
@inline
function fourAt(source: usize, place: i32): v128 {
  return v128.andnot(v128.load(source + (<usize>max(place, 0) << 2)), i32x4.splat(place >> 31))
}

/** Runs of one number. */
function singles(source: usize, target: usize, table: usize, runs: i32, step: usize): void {
  const end = table + (<usize>runs << 2)
  while (table < end) {
    const place = load<i32>(table)
    store<f32>(target, place < 0 ? 0 : load<f32>(source + (<usize>place << 2)))
    target += step
    table += 4
  }
}

/** Runs of two or three numbers. */
function pieces(source: usize, target: usize, table: usize, runs: i32, length: i32, step: usize): void {
  for (let run = 0; run < runs; run++) {
    const place = placeAt(table, run)
    const from = source + (<usize>max(place, 0) << 2)
    store<i64>(target, load<i64>(from) & ~(<i64>place >> 63))
    if (length == 3) store<i32>(target, load<i32>(from, 8) & ~(place >> 31), 8)
    target += step
  }
}

/** Runs of four numbers. */
function fours(source: usize, target: usize, table: usize, runs: i32, step: usize): void {
  const end = table + (<usize>runs << 2)
  while (table < end) {
    v128.store(target, fourAt(source, load<i32>(table)))
    target += step
    table += 4
  }
}

/** Runs of eight. */
function eights(source: usize, target: usize, table: usize, runs: i32, step: usize): void {
  const end = table + (<usize>runs << 2)
  while (table < end) {
    const place = load<i32>(table)
    const first = fourAt(source, place)
    const second = fourAt(source + vector, place)
    v128.store(target, first)
    v128.store(target, second, 16)
    target += step
    table += 4
  }
}

/** Runs of whole vectors. */
function vectors(source: usize, target: usize, table: usize, runs: i32, bytes: usize, step: usize): void {
  for (let run = 0; run < runs; run++) {
    const place = placeAt(table, run)
    if (place < 0) clear(target, target + bytes)
    else copy(target, target + bytes, source + (<usize>place << 2))
    target += step
  }
}

/** Runs of five numbers and more: the last vector begins within the one before. */
function unevenly(source: usize, target: usize, table: usize, runs: i32, bytes: usize, step: usize): void {
  const last = bytes - vector
  for (let run = 0; run < runs; run++) {
    const place = placeAt(table, run)
    if (place < 0) {
      clear(target, target + last)
      v128.store(target + last, f32x4.splat(0))
    } else {
      const from = source + (<usize>place << 2)
      copy(target, target + last, from)
      v128.store(target + last, v128.load(from + last))
    }
    target += step
  }
}

/** Whole vectors from `target` until `end` is reached or passed. */
// @ts-ignore: decorator
@inline
function copy(target: usize, end: usize, from: usize): void {
  while (target + 2 * vector <= end) {
    const first = v128.load(from)
    const second = v128.load(from, 16)
    v128.store(target, first)
    v128.store(target, second, 16)
    target += 2 * vector
    from += 2 * vector
  }
  while (target < end) {
    v128.store(target, v128.load(from))
    target += vector
    from += vector
  }
}

// @ts-ignore: decorator
@inline
function clear(target: usize, end: usize): void {
  while (target < end) {
    v128.store(target, f32x4.splat(0))
    target += vector
  }
}

export function pickSpans(
  source: usize,
  target: usize,
  table: usize,
  spans: i32,
  images: i32,
  sourceStride: i32,
  targetStride: i32,
): void {
  const last = table + (<usize>spans << 3)
  for (let image = 0; image < images; image++) {
    let to = target
    for (let at = table; at < last; at += 8) {
      const place = load<i32>(at)
      const end = to + (load<usize>(at, 4) << 2)
      if (place < 0) clearSpan(to, end)
      else copySpan(to, end, source + (<usize>place << 2))
      to = end
    }
    source += <usize>sourceStride << 2
    target += <usize>targetStride << 2
  }
}

/** Of any length: where four numbers are left or fewer, those are copied that end at its end. */
// @ts-ignore: decorator
@inline
function copySpan(to: usize, end: usize, from: usize): void {
  if (end - to < vector) {
    for (; to < end; to += 4) {
      store<i32>(to, load<i32>(from))
      from += 4
    }
    return
  }
  while (to + 4 * vector < end) {
    const a = v128.load(from)
    const b = v128.load(from, 16)
    const c = v128.load(from, 32)
    const d = v128.load(from, 48)
    v128.store(to, a)
    v128.store(to, b, 16)
    v128.store(to, c, 32)
    v128.store(to, d, 48)
    to += 4 * vector
    from += 4 * vector
  }
  while (to + vector < end) {
    v128.store(to, v128.load(from))
    to += vector
    from += vector
  }
  v128.store(end - vector, v128.load(from + (end - to) - vector))
}

// @ts-ignore: decorator
@inline
function clearSpan(to: usize, end: usize): void {
  if (end - to < vector) {
    for (; to < end; to += 4) store<i32>(to, 0)
    return
  }
  for (; to + vector < end; to += vector) v128.store(to, i32x4.splat(0))
  v128.store(end - vector, i32x4.splat(0))
}
