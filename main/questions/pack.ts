/** Test images as one message of real bits, by bits-back coding, and back again: what the model's bound is worth as a file. */
import { gzipSync } from 'node:zlib'
import type { Tensor } from '@tensorflow/tfjs-core'
import { classCount } from '../../preload/classes'
import { hasClasses } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { Named, TensorSpec } from '../engine/engine'
import { bitsOf, pictureSizes } from '../files/picture-sizes'
import { binarizeOnce } from '../models/binarize'
import { pack as packImages, unpack, type BinaryImages, type Coding } from '../models/bits-back'
import type { Tensors } from '../models/model'
import { entryOf } from '../optimizers/named'
import { imageSize } from '../training/batches'
import { evaluateLosses, pass } from '../training/evaluate'
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
  const { progress: _, ...quiet } = watch
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
    bound: entryOf(await evaluateLosses(programs, parameters, seen, quiet), 'loss'),
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
  const { progress: _, ...quiet } = watch
  const turn = () => pass(quiet, 1, 1)
  const { message, grown, ideal } = await packImages(seen, coding, turn)
  assertSame(seen, await unpack(message, 1, coding, turn), classes)
  const { png, gzip } = pictureSizes(seen.images)
  return { seen: Uint8Array.from(seen.images), bits: grown, ...ideal, png, gzip }
}

/** The model's functions, always for as many images: what is computed of one is then the same bits, whatever the others are. */
async function codingOf({ programs, parameters }: Checkpoint, classes: boolean, batch: number): Promise<Coding> {
  const codes = codesOf(programs.model)
  const { size, telling } = codes
  const inputs = {
    images: { shape: [batch, imageSize], dtype: 'uint8' },
    z: { shape: [batch, size], dtype: 'float32' },
    labels: { shape: [batch], dtype: 'uint8' },
  } as const satisfies Record<string, TensorSpec>
  const withCode = size > 0
  const ofCode = async (name: string, fn: (p: Tensors, given: Named<'z' | 'labels', Tensor>) => Tensors) => {
    const run = await programs.prepare<'z' | 'labels', string>(name, fn, { z: inputs.z, labels: inputs.labels })
    return (z: Float32Array, labels: Uint8Array) => run(parameters, { z, labels })
  }
  const nothing = { mean: new Float32Array(0), logVariance: new Float32Array(0) }
  const encode = withCode
    ? await programs.prepare('pack encode', (p, { images }) => ({ ...codes.encode(p, images) }), {
        images: inputs.images,
      })
    : null
  const prior = withCode ? await ofCode('pack prior', (p, { z, labels }) => ({ ...telling.given(p, z, labels) })) : null
  const pixels = await programs.prepare<'images' | 'z', 'logits'>(
    'pack pixels',
    (p, { images, z }) => ({ logits: codes.pixelLogits(p, images, withCode ? z : undefined) }),
    withCode ? { images: inputs.images, z: inputs.z } : ({ images: inputs.images } as never),
  )
  const shifts = await Promise.all(
    telling.shifts.map(async ({ groups, of }, step) => {
      const run = await ofCode(`pack shift ${step}`, (p, { z, labels }) => ({ shift: of(p, z, labels) }))
      return { groups, of: async (z: Float32Array, labels: Uint8Array) => entryOf(await run(z, labels), 'shift') }
    }),
  )
  return {
    batch,
    size,
    classes: classes ? classCount : 1,
    posterior: async (images) => (encode ? encode(parameters, { images }) : nothing),
    shifts,
    groups: withCode ? telling.groups : [],
    given: async (z, labels) => (prior ? ((await prior(z, labels)) as unknown as typeof nothing) : nothing),
    waves: telling.waves,
    logits: async (images, z) => (await pixels(parameters, { images, ...(withCode && { z }) } as never)).logits,
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
