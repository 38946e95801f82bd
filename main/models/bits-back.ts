/**
 * Bits-back coding (Hinton & van Camp 1993) on a stack (Townsend et al. 2019, "Practical lossless compression with latent
 * variables using bits back coding"): binary images to a message whose length is the model's bound on −log p(x), and back, pixel
 * by pixel the same. A code is drawn with bits of the message, which whoever takes it apart gets back.
 */
import { AppError } from '../../preload/errors'
import { imageSize } from '../../preload/images'
import { cells, GaussianCells, inCells, middleOf, pixelShare, Stack, whole, type Share } from './ans'
import { stream, words } from './random'

/** Places, group by group. */
export type Groups = readonly (readonly number[])[]

/** Diagonal Gaussians, both [B, size]. */
export interface Gaussians {
  readonly mean: Float32Array
  readonly logVariance: Float32Array
}

/** What coding asks of a model with its parameters, always of `batch` images: what is asked of an image must not depend on the others. */
export interface Coding {
  readonly batch: number
  /** Numbers of a code. */
  readonly size: number
  /** How many classes the prior tells apart: an image's is part of the message then. */
  readonly classes: number
  /** q(z|x) of images [B, 784] of 0 and 255. */
  posterior(images: Uint8Array): Promise<Gaussians>
  /** Steps z ← z − shift, each number's shift a function of those of earlier groups. */
  readonly shifts: readonly {
    readonly groups: Groups
    of(z: Float32Array, labels: Uint8Array): Promise<Float32Array>
  }[]
  /** Of what is left, each number given those of earlier groups. */
  readonly groups: Groups
  given(z: Float32Array, labels: Uint8Array): Promise<Gaussians>
  /** Of the pixels: each a function of the code and of pixels of earlier waves. */
  readonly waves: Groups
  logits(images: Uint8Array, z: Float32Array): Promise<Float32Array>
}

export interface BinaryImages {
  /** [count, 784] of 0 and 255. */
  readonly images: Uint8Array
  readonly labels: Uint8Array
}

export interface Packed {
  readonly message: Uint32Array
  /** Words that the first codes were drawn with, for want of a message to draw them with: they are part of it now. */
  readonly borrowed: number
  /** By how much the message is longer than what the first codes were drawn with: bits. */
  readonly grown: number
  /** What the images cost by the model, bits: their codes, less what drawing them gave back; their pixels; their classes. */
  readonly ideal: { readonly code: number; readonly pixels: number; readonly classes: number }
}

/** Whoever packs and unpacks knows these words. */
const below = (depth: number) => words(1, { seed: 0, stream: stream.bitsBack, counter: depth })[0]!

/** @param done images so far */
type Progress = (done: number) => Promise<void>

/** @throws AppError `pack/far-code` where a code lies where no prior expects any */
export async function pack({ images, labels }: BinaryImages, coding: Coding, progress: Progress): Promise<Packed> {
  const stack = new Stack(below)
  const begin = stack.bits
  const ideal = { code: 0, pixels: 0, classes: 0 }
  const push = (share: Share, what: keyof typeof ideal) => {
    ideal[what] -= Math.log2(share.frequency / whole)
    stack.push(share)
  }
  for (const [start, end] of turns(labels.length, coding)) {
    const turn = new Turn(coding, end - start)
    turn.images.set(images.subarray(start * imageSize, end * imageSize))
    turn.labels.set(labels.subarray(start, end))
    const posterior = await coding.posterior(turn.images)
    for (const image of turn.order)
      for (let i = 0; i < coding.size; i++) {
        const drawn = stack.pop((place) => turn.posterior(posterior, image, i).find(place))
        ideal.code += Math.log2(drawn.frequency / whole)
        turn.cells[image * coding.size + i] = drawn.cell
      }
    const logits = await coding.logits(turn.images, turn.code())
    for (const wave of coding.waves.toReversed())
      for (const image of turn.order)
        for (const place of wave.toReversed()) {
          const at = image * imageSize + place
          push(pixelShare(logits[at]!, turn.images[at]! > 0 ? 1 : 0), 'pixels')
        }
    for (const { of } of coding.shifts) turn.move(await of(turn.code(), turn.labels), -1)
    const prior = await coding.given(turn.code(), turn.labels)
    for (const group of coding.groups.toReversed())
      for (const image of turn.order)
        for (const i of group.toReversed())
          push(turn.prior(prior, image, i).share(onGrid(turn.cells[image * coding.size + i]!)), 'code')
    if (coding.classes > 1)
      for (const image of turn.order) push(classShare(coding.classes, turn.labels[image]!), 'classes')
    await progress(end)
  }
  const { message, borrowed } = stack
  return { message, borrowed, grown: stack.bits - begin - 32 * borrowed, ideal }
}

/** The images that a message was packed of. */
export async function unpack(
  message: Uint32Array,
  count: number,
  coding: Coding,
  progress: Progress,
): Promise<BinaryImages> {
  const stack = Stack.of(message, below)
  const all = { images: new Uint8Array(count * imageSize), labels: new Uint8Array(count) }
  for (const [start, end] of turns(count, coding).toReversed()) {
    const turn = new Turn(coding, end - start)
    // what was pushed last comes first
    const order = turn.order.toReversed()
    if (coding.classes > 1)
      for (const image of order) turn.labels[image] = stack.pop((place) => classAt(coding.classes, place)).label
    for (const group of coding.groups) {
      const prior = await coding.given(turn.code(), turn.labels)
      for (const image of order)
        for (const i of group)
          turn.cells[image * coding.size + i] = stack.pop((place) => turn.prior(prior, image, i).find(place)).cell
    }
    for (const { groups, of } of coding.shifts.toReversed())
      for (const group of groups) turn.move(await of(turn.code(), turn.labels), 1, group)
    for (const wave of coding.waves) {
      const logits = await coding.logits(turn.images, turn.code())
      for (const image of order)
        for (const place of wave) {
          const at = image * imageSize + place
          const found = stack.pop((place) => pixelAt(logits[at]!, place))
          turn.images[at] = 255 * found.value
        }
    }
    const posterior = await coding.posterior(turn.images)
    for (const image of order)
      for (let i = coding.size - 1; i >= 0; i--)
        stack.push(turn.posterior(posterior, image, i).share(turn.cells[image * coding.size + i]!))
    all.images.set(turn.images.subarray(0, (end - start) * imageSize), start * imageSize)
    all.labels.set(turn.labels.subarray(0, end - start), start)
    await progress(count - start)
  }
  return all
}

/**
 * Which images are coded at once: their codes are all drawn before anything of theirs is pushed, so at first only few, as the
 * message holds no more bits to draw with.
 */
export function turns(count: number, { batch, size }: Pick<Coding, 'batch' | 'size'>): [start: number, end: number][] {
  const found: [number, number][] = []
  for (let start = 0; start < count;) {
    const end = Math.min(count, start + batch, size === 0 ? count : start + 1 + Math.floor(start / 5))
    found.push([start, end])
    start = end
  }
  return found
}

/** Some images that are coded at once. */
class Turn {
  readonly images: Uint8Array
  readonly labels: Uint8Array
  /** [B, size]: the cells of the code's numbers. */
  readonly cells: Int32Array
  readonly order: readonly number[]

  constructor(
    private readonly coding: Coding,
    count: number,
  ) {
    const { batch, size } = coding
    this.images = new Uint8Array(batch * imageSize)
    this.labels = new Uint8Array(batch)
    this.cells = new Int32Array(batch * size)
    this.order = Array.from({ length: count }, (_, image) => image)
  }

  code(): Float32Array {
    return Float32Array.from(this.cells, middleOf)
  }

  posterior(of: Gaussians, image: number, i: number): GaussianCells {
    return this.gaussian(of, image * this.coding.size + i, 0)
  }

  prior(of: Gaussians, image: number, i: number): GaussianCells {
    return this.gaussian(of, image * this.coding.size + i, 1)
  }

  /** Moves numbers along by whole cells, so that they can be moved back. */
  move(shifts: Float32Array, direction: 1 | -1, group?: readonly number[]): void {
    const { size } = this.coding
    for (const image of this.order)
      for (const i of group ?? this.coding.groups.flat()) {
        const at = image * size + i
        this.cells[at]! += direction * inCells(shifts[at]!)
      }
  }

  private gaussian({ mean, logVariance }: Gaussians, at: number, floor: 0 | 1): GaussianCells {
    return new GaussianCells(mean[at]!, Math.exp(0.5 * logVariance[at]!), floor)
  }
}

function onGrid(cell: number): number {
  if (cell >= 0 && cell < cells) return cell
  throw new AppError(
    'pack/far-code',
    'The code of an image lies so far from what this checkpoint’s prior expects that it cannot be told.',
    'Take a later checkpoint, or one of a run that has learnt more.',
  )
}

function pixelAt(logit: number, place: number): Share & { readonly value: 0 | 1 } {
  const one = pixelShare(logit, 1)
  return place < one.frequency ? { value: 1, ...one } : { value: 0, ...pixelShare(logit, 0) }
}

/** Classes are as likely as each other. */
function classShare(classes: number, label: number): Share {
  const start = Math.floor((label * whole) / classes)
  return { start, frequency: Math.floor(((label + 1) * whole) / classes) - start }
}

function classAt(classes: number, place: number): Share & { readonly label: number } {
  let label = 0
  while (place >= classShare(classes, label + 1).start) label++
  return { label, ...classShare(classes, label) }
}
