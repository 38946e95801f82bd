/**
 * `npm run bench:kernels`: how fast each kernel is by itself, in processor time of one thread, on the shapes of both models' gradients
 * and on pieces of them that stay in the cache. A floor of so many rounds is printed, and the median.
 */
import type { Chain, Operand, Step, Sum } from '../../main/engine/kernels/chain'
import { encodeChain } from '../../main/engine/kernels/encode'
import { loadKernels } from '../../main/engine/kernels/kernels'
import { machine, median } from './measure'

const rounds = 15
/** Milliseconds that a round takes, about. */
const roundTime = 12

const pages = 4096
const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
const kernels = loadKernels(memory)
if (!kernels) throw new Error('This machine has no vector instructions.')

let end = 1024
function room(floats: number): number {
  const at = end
  end = 64 * Math.ceil((end + 4 * floats) / 64) + 256
  if (end > pages * 65_536) throw new Error('The memory is too small.')
  new Float32Array(memory.buffer, at, floats).forEach((_, i, all) => (all[i] = Math.sin(i)))
  return at
}
function put(words: Int32Array): number {
  const at = room(words.length)
  new Int32Array(memory.buffer, at, words.length).set(words)
  return at
}

/** Microseconds of one call: the fastest round, and the median. */
function timed(call: () => void): readonly [fastest: number, median: number] {
  const once = (times: number) => {
    const before = process.cpuUsage()
    for (let i = 0; i < times; i++) call()
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
  // until it is compiled to fast code
  for (let i = 0; i < 20; i++) once(5)
  let times = 1
  while (once(times) < 1000 * roundTime) times *= 2
  const each = Array.from({ length: rounds }, () => once(times) / times)
  return [Math.min(...each), median(each)]
}

interface Row {
  readonly what: string
  readonly numbers: number
  readonly call: () => void
}

function report(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}`)
  console.table(
    rows.map(({ what, numbers, call }) => {
      const [fastest, middle] = timed(call)
      return {
        what,
        numbers,
        µs: Number(middle.toFixed(1)),
        fastest: Number(fastest.toFixed(1)),
        'numbers/ns': Number((numbers / 1000 / fastest).toFixed(2)),
        'GB/s written': Number(((4 * numbers) / 1000 / fastest).toFixed(1)),
      }
    }),
  )
}

/** Windows: so many runs of a length, of images of so many floats. */
function picking(images: number, image: number, runs: number, length: number): Row {
  const table = put(
    Int32Array.from({ length: runs }, (_, i) => (i % 15 === 14 ? -1 : (i * 7 * length) % (image - length))),
  )
  const [source, target] = [room(images * image), room(images * runs * length)]
  const numbers = images * runs * length
  const call = () => kernels?.pick(source, target, table, runs, length, length, images, image, runs * length)
  return { what: `pick ${images} × ${runs} runs of ${length}`, numbers, call }
}

/** The same of windows of 3 × 3 pixels with a border of zeros, as runs of different lengths. */
function spanning(images: number, size: number, channels: number): Row {
  const spans = Array.from({ length: size * size * 3 }, (_, i): number[][] => {
    const [row, column] = [Math.floor(i / (3 * size)) + (i % 3) - 1, Math.floor(i / 3) % size]
    if (row < 0 || row >= size) return [[-1, 3 * channels]]
    const [first, last] = [Math.max(column - 1, 0), Math.min(column + 1, size - 1)]
    const inside = [(row * size + first) * channels, (last - first + 1) * channels]
    return [...(column === 0 ? [[-1, channels]] : []), inside, ...(column === size - 1 ? [[-1, channels]] : [])]
  }).flat()
  const [image, each] = [size * size * channels, size * size * 9 * channels]
  const [table, source, target] = [put(Int32Array.from(spans.flat())), room(images * image), room(images * each)]
  const call = () => kernels?.pickSpans(source, target, table, spans.length, images, image, each)
  return { what: `pickSpans ${images} × windows of ${size} × ${size} × ${channels}`, numbers: images * each, call }
}

function turning(rows: number, columns: number, images = 1): Row {
  const size = rows * columns
  const [source, target] = [room(images * size), room(images * size)]
  const call = () => kernels?.transpose(source, target, rows, columns, images, size, size)
  return { what: `transpose ${images} × ${rows} × ${columns}`, numbers: images * size, call }
}

type Reads = readonly ('place' | 'column' | 'row' | 'all' | 'bytes' | number)[]
type Writes = { readonly steps: readonly Omit<Step, 'to'>[]; readonly stored?: readonly number[]; readonly sums?: readonly Omit<Sum, 'to'>[] } // prettier-ignore

function chain(
  what: string,
  rows: number,
  columns: number,
  reads: Reads,
  { steps, stored = [], sums = [] }: Writes,
): Row {
  const sizes = { place: rows * columns, bytes: rows * columns, column: columns, row: rows, all: 1 }
  const operands = reads.map((read): Operand => {
    if (typeof read === 'number') return { constant: read }
    const at = room(sizes[read])
    return read === 'bytes' ? { per: 'place', at, type: 'uint8' } : { per: read, at }
  })
  const whole: Chain = {
    rows,
    columns,
    operands,
    steps: steps.map((step, i) => (stored.includes(i) ? { ...step, to: room(rows * columns) } : step)),
    sums: sums.map((sum) => ({ ...sum, to: room(sizes[sum.per]) })),
  }
  const { words, scratch } = encodeChain(whole)
  const [program, aside] = [put(words), room(scratch / 4)]
  return { what: `${what}: ${rows} × ${columns}`, numbers: rows * columns, call: () => kernels?.chain(program, aside) }
}

console.log(machine())
report('Runs', [
  picking(50, 841 * 16, 1764, 16),
  picking(50, 128 * 32, 588, 32),
  picking(50, 435 * 24, 1176, 24),
  picking(50, 450 * 32, 1764, 32),
  picking(50, 450 * 8, 1764, 8),
  picking(64, 256 * 32, 196, 32),
  picking(64, 128 * 64, 392, 64),
  picking(8, 841 * 16, 1764, 16),
  picking(8, 128 * 64, 392, 64),
  ...[1, 2, 3, 4, 5, 12, 15, 48].map((length) => picking(8, 2000, 1000, length)),
  spanning(50, 28, 12),
  spanning(4, 28, 12),
  spanning(10, 14, 16),
  turning(784, 64),
  turning(256, 256),
  turning(10, 12, 64),
])

const elu: Writes = { steps: [{ op: 'add', of: [0, 1] }, { op: 'elu', of: [2], attributes: [1] }], stored: [1] } // prettier-ignore
const eluBack: Writes = { steps: [{ op: 'eluGrad', of: [0, 1] }], stored: [0], sums: [{ per: 'column', of: 2 }] }
const relu: Writes = {
  steps: [
    { op: 'add', of: [0, 1] },
    { op: 'relu', of: [2] },
  ],
  stored: [1],
}
const reluBack: Writes = { steps: [{ op: 'gate', of: [0, 1] }], stored: [0], sums: [{ per: 'column', of: 2 }] }
const one = (op: Step['op'], inputs = 1, attributes: readonly number[] = []): Writes => ({
  steps: [{ op, of: Array.from({ length: inputs }, (_, i) => i), attributes }],
  stored: [0],
})
/** What a batch of pixels costs by its logits, and its gradient. */
const loss: Writes = {
  steps: [
    ...(['abs', 'neg', 'exp'] as const).map((op, i) => ({ op, of: [i === 0 ? 0 : i + 2] })),
    { op: 'add', of: [5, 2] },
    { op: 'log', of: [6] },
    { op: 'relu', of: [0] },
    { op: 'add', of: [8, 7] },
    { op: 'mul', of: [0, 1] },
    { op: 'sub', of: [9, 10] },
    { op: 'sigmoid', of: [0] },
    { op: 'sub', of: [12, 1] },
  ],
  stored: [10],
  sums: [{ per: 'row', of: 11 }],
}
report('Chains', [
  chain('loss and its gradient, 11 steps', 64, 784, ['place', 'place', 1], loss),
  chain('loss and its gradient, 11 steps', 8, 784, ['place', 'place', 1], loss),
  chain('bias, elu', 39_200, 16, ['place', 'column'], elu),
  chain('bias, elu', 9800, 16, ['place', 'column'], elu),
  chain('bias, elu', 1568, 16, ['place', 'column'], elu),
  chain('gradient of elu, of its bias', 39_200, 16, ['place', 'place'], eluBack),
  chain('gradient of elu, of its bias', 1568, 16, ['place', 'place'], eluBack),
  chain('bias, relu', 12_544, 32, ['place', 'column'], relu),
  chain('bias, relu', 1568, 32, ['place', 'column'], relu),
  chain('gradient of relu, of its bias', 12_544, 32, ['place', 'place'], reluBack),
  chain('gradient of relu, of its bias', 1568, 32, ['place', 'place'], reluBack),
  chain('gradient of relu, of its bias', 64, 256, ['place', 'place'], reluBack),
  chain('bytes / 255', 64, 784, ['bytes', 1 / 255], one('mul', 2)),
  chain('add', 1, 30_000, ['place', 'place'], one('add', 2)),
  chain('add', 50, 39_200, ['place', 'place'], one('add', 2)),
  chain('fill', 1, 30_000, [0], one('copy')),
  chain('sums of columns', 12_544, 32, ['place'], { steps: [], sums: [{ per: 'column', of: 0 }] }),
  chain('sums of columns', 64, 512, ['place'], { steps: [], sums: [{ per: 'column', of: 0 }] }),
  chain('sums of rows', 64, 784, ['place'], { steps: [], sums: [{ per: 'row', of: 0 }] }),
  chain('sums of rows', 12_544, 12, ['place'], { steps: [], sums: [{ per: 'row', of: 0 }] }),
  ...(['exp', 'log', 'sigmoid', 'tanh', 'sqrt'] as const).map((op) => chain(op, 1, 30_000, ['place'], one(op))), // prettier-ignore
  chain('elu', 1, 30_000, ['place'], one('elu', 1, [1])),
  chain('hard sigmoid', 1, 30_000, ['place'], one('hardSigmoid', 1, [1, 1])),
  chain('add', 1, 16, ['place', 'place'], one('add', 2)),
  chain('bias, elu', 4, 16, ['place', 'column'], elu),
])

const size = 442_016 * 4
const [parameters, m, v, gradients] = [room(size), room(size), room(size), room(2 * size)] as const
for (const vector of [m, v]) new Float32Array(memory.buffer, vector, size).fill(1e-3)
report('Updates', [
  { what: 'Adam, 2 lanes', numbers: size, call: () => kernels.adam(parameters, m, v, gradients, 2, 4 * size, size, 0.1, 0.001, 2 ** -100, 1e-3, 1e-8) }, // prettier-ignore
  { what: 'squares, 2 lanes', numbers: size, call: () => kernels.sumOfSquares(gradients, 2, 4 * size, size) },
])
