/** Test images as one message of real bits, by bits-back coding, and back again: what the model's bound is worth as a file. */
import { gzipSync } from 'node:zlib'
import { classCount } from '../../preload/classes'
import { hasClasses } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { TensorSpec } from '../engine/engine'
import { bitsOf, isBinary, pictureSizes } from '../files/picture-sizes'
import { binarizeOnce } from '../models/binarize'
import { pack as packImages, unpack, type BinaryImages, type Coding } from '../models/bits-back'
import { entryOf } from '../optimizers/named'
import { imageSize } from '../training/batches'
import { evaluateLosses, pass, quietly } from '../training/evaluate'
import { codesOf } from './codes'
import type { Answer, Checkpoint } from './question'

/** Images that are coded at once: many, or the one that there is. */
const [many, one] = [32, 1] as const
/** Images that are packed, where nobody says how many. */
const usualImages = 1000

/** @throws AppError `likelihood/not-offered`, `pack/far-code`, `pack/not-the-same` */
export const pack: Answer<'pack'> = async ({ images: asked }, checkpoint, watch) => {
  const { programs, parameters, run } = checkpoint
  const { test } = await checkpoint.data()
  const count = Math.min(asked ?? usualImages, test.count)
  const binarized = programs.model.images === 'grey'
  const all = test.images.subarray(0, count * imageSize)
  const seen = { images: binarized ? binarizeOnce(all) : all, labels: test.labels.subarray(0, count), count }
  const classes = hasClasses(run.settings)
  const coding = await codingOf(checkpoint, classes, many)
  const { message, borrowed, ideal } = await packImages(seen, coding, (done) =>
    pass(watch, Math.floor(done / 2), count),
  )
  const again = await unpack(message, count, coding, (done) => pass(watch, Math.floor((count + done) / 2), count))
  assertSame(seen, again, classes)
  const sizes = Array.from({ length: count }, (_, i) =>
    pictureSizes(seen.images.subarray(i * imageSize, (i + 1) * imageSize)),
  )
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  return {
    images: count,
    binarized,
    bytes: message.byteLength,
    borrowed: 4 * borrowed,
    ideal: ideal.code + ideal.pixels + ideal.classes,
    bound: entryOf(await evaluateLosses(programs, parameters, seen, quietly(watch)), 'loss'),
    classes,
    png: mean(sizes.map(({ png }) => png)),
    gzip: mean(sizes.map(({ gzip }) => gzip)),
    together: gzipSync(bitsOf(seen.images, seen.images.length), { level: 9 }).length,
  }
}

/** @throws AppError `likelihood/not-offered`, `pack/far-code`, `pack/not-the-same` */
export const packPicture: Answer<'packPicture'> = async ({ pixels, label }, checkpoint, watch) => {
  const classes = hasClasses(checkpoint.run.settings)
  const coding = await codingOf(checkpoint, classes, one)
  const seen = { images: binarizeOnce(pixels), labels: Uint8Array.of(label) }
  const turn = () => pass(quietly(watch), 1, 1)
  const { message, grown, ideal } = await packImages(seen, coding, turn)
  assertSame(seen, await unpack(message, 1, coding, turn), classes)
  const { png, gzip } = pictureSizes(seen.images)
  const grey = isBinary(pixels) ? null : pictureSizes(pixels)
  return { seen: Uint8Array.from(seen.images), bits: grown, ...ideal, png, gzip, grey }
}

/** The model's functions, always for as many images: what is computed of one is then the same bits, whatever the others are. */
async function codingOf({ programs, parameters }: Checkpoint, classes: boolean, batch: number): Promise<Coding> {
  const codes = codesOf(programs.model)
  const { size, telling } = codes
  const images: TensorSpec = { shape: [batch, imageSize], dtype: 'uint8' }
  const code: Record<'z' | 'labels', TensorSpec> = {
    z: { shape: [batch, size], dtype: 'float32' },
    labels: { shape: [batch], dtype: 'uint8' },
  }
  const shared = { batch, size, classes: classes ? classCount : 1, waves: telling.waves }
  if (size === 0) {
    const pixels = await programs.prepare('pack pixels', (p, { images }) => ({ logits: codes.pixelLogits(p, images) }), { images }) // prettier-ignore
    const nothing = async () => ({ mean: new Float32Array(), logVariance: new Float32Array() })
    const logits = async (images: Uint8Array) => (await pixels(parameters, { images })).logits
    return { ...shared, shifts: [], groups: [], posterior: nothing, given: nothing, logits }
  }
  const encode = await programs.prepare('encode', (p, { images }) => ({ ...codes.encode(p, images) }), { images })
  const prior = await programs.prepare('pack prior', (p, { z, labels }) => ({ ...telling.given(p, z, labels) }), code)
  const pixels = await programs.prepare('pack pixels', (p, { images, z }) => ({ logits: codes.pixelLogits(p, images, z) }), { images, z: code.z }) // prettier-ignore
  const shifts = await Promise.all(
    telling.shifts.map(async ({ groups, of }, step) => {
      const run = await programs.prepare(`pack shift ${step}`, (p, { z, labels }) => ({ shift: of(p, z, labels) }), code) // prettier-ignore
      return { groups, of: async (z: Float32Array, labels: Uint8Array) => (await run(parameters, { z, labels })).shift }
    }),
  )
  return {
    ...shared,
    shifts,
    groups: telling.groups,
    posterior: (images) => encode(parameters, { images }),
    given: (z, labels) => prior(parameters, { z, labels }),
    logits: async (images, z) => (await pixels(parameters, { images, z })).logits,
  }
}

/** A message that gives other images back is worth nothing. @throws AppError `pack/not-the-same` */
function assertSame(packed: BinaryImages, again: BinaryImages, classes: boolean): void {
  const alike =
    Buffer.from(packed.images).equals(again.images) && (!classes || Buffer.from(packed.labels).equals(again.labels))
  if (alike) return
  throw new AppError(
    'pack/not-the-same',
    'The message gave other images back than it was made of: this machine computes a model’s functions another way each time.',
    'Please report this, with what Copy diagnostics gives.',
  )
}
