/**
 * Asymmetric numeral systems (Duda 2013), the range variant: a message is a stack, and popping with one distribution what was
 * pushed with another costs exactly what the two differ by. Knows no models.
 */

/** Probabilities are whole numbers of 2⁻²⁴. */
export const precision = 24
export const whole = 2 ** precision

const [wordBits, low, mask] = [32n, 1n << 32n, (1n << 32n) - 1n]
const precisionBits = BigInt(precision)
const placeMask = BigInt(whole - 1)

/** A symbol's share of [0, 2²⁴): from `start` on, `frequency` long, which is at least 1. */
export interface Share {
  readonly start: number
  readonly frequency: number
}

/** A stack of symbols. Below its bottom lie random words, which whoever takes it apart finds there again. */
export class Stack {
  /** In [2³², 2⁶⁴) between two calls. */
  private state = low
  private readonly words: number[] = []
  private taken = 0

  /** @param below the word of 32 bits that lies so deep below the bottom, counted from 0 */
  constructor(private readonly below: (depth: number) => number) {}

  /** Of all that was pushed and not popped, and of the words from below that were taken: bits. */
  get bits(): number {
    return 32 * this.words.length + Math.log2(Number(this.state))
  }

  /** Words from below that are part of it now. */
  get borrowed(): number {
    return this.taken
  }

  push({ start, frequency }: Share): void {
    const share = BigInt(frequency)
    if (this.state >= share << (64n - precisionBits)) {
      this.words.push(Number(this.state & mask))
      this.state >>= wordBits
    }
    this.state = ((this.state / share) << precisionBits) + (this.state % share) + BigInt(start)
  }

  /** @param find the symbol whose share a place of [0, 2²⁴) lies in */
  pop<Symbol extends Share>(find: (place: number) => Symbol): Symbol {
    const place = this.state & placeMask
    const symbol = find(Number(place))
    this.state = BigInt(symbol.frequency) * (this.state >> precisionBits) + place - BigInt(symbol.start)
    if (this.state < low) this.state = (this.state << wordBits) | BigInt(this.words.pop() ?? this.below(this.taken++))
    return symbol
  }

  /** What is kept of it: its words, the deepest first, and the state's two. */
  get message(): Uint32Array {
    return Uint32Array.from([...this.words, Number(this.state >> wordBits), Number(this.state & mask)])
  }

  /** The stack that a message was kept of. */
  static of(message: Uint32Array, below: (depth: number) => number): Stack {
    const stack = new Stack(below)
    const words = [...message]
    const [high, rest] = words.splice(-2) as [number, number]
    stack.state = (BigInt(high) << wordBits) | BigInt(rest)
    for (const word of words) stack.words.push(word)
    return stack
  }
}

/** A pixel that is 1 with the probability σ(logit): the share of each value. */
export function pixelShare(logit: number, value: 0 | 1): Share {
  const ones = Math.min(whole - 1, Math.max(1, Math.round(whole / (1 + Math.exp(-logit)))))
  return value === 1 ? { start: 0, frequency: ones } : { start: ones, frequency: whole - ones }
}

/** Codes lie on a grid: cells as wide as 2⁻⁸, between −32 and 32. */
const [cellWidth, reach] = [2 ** -8, 32]
export const cells = (2 * reach) / cellWidth

/** The middle of a cell. */
export function middleOf(cell: number): number {
  return (cell + 0.5) * cellWidth - reach
}

/** As many cells as a length comes closest to. */
export function inCells(length: number): number {
  return Math.round(length / cellWidth)
}

/**
 * What of N(mean, deviation²) falls into each cell; the outermost take what lies beyond.
 * @param floor the least share of a cell: 1 where any may be told; with 0 a cell is drawn no more often than it should be
 */
export class GaussianCells {
  constructor(
    private readonly mean: number,
    private readonly deviation: number,
    private readonly floor: 0 | 1,
  ) {}

  share(cell: number): Share {
    const start = this.startOf(cell)
    return { start, frequency: this.startOf(cell + 1) - start }
  }

  find(place: number): Share & { readonly cell: number } {
    let [from, to] = [0, cells]
    while (to - from > 1) {
      const middle = (from + to) >> 1
      if (this.startOf(middle) <= place) from = middle
      else to = middle
    }
    return { cell: from, ...this.share(from) }
  }

  private startOf(cell: number): number {
    if (cell === 0) return 0
    if (cell === cells) return whole
    const edge = cell * cellWidth - reach
    return (
      Math.floor(standardNormal((edge - this.mean) / this.deviation) * (whole - this.floor * cells)) + this.floor * cell
    )
  }
}

/** Φ(x), to the last digits of a double (Marsaglia 2004, "Evaluating the normal distribution"). */
export function standardNormal(x: number): number {
  if (x < -8) return 0
  if (x > 8) return 1
  let [sum, last, term] = [x, 0, x]
  for (let i = 3; sum !== last; i += 2) {
    term *= (x * x) / i
    last = sum
    sum += term
  }
  // rounding must not take it below 0
  return Math.max(0, 0.5 + sum * Math.exp(-0.5 * x * x - 0.9189385332046727))
}
