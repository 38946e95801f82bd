/** What do codes look like: decoded, with their class changed, and on the way from one to another. */
import { classCount } from '../../preload/classes'
import { AppError } from '../../preload/errors'
import { present } from '../../preload/present'
import { stream, uniform } from '../models/random'
import { entryOf } from '../optimizers/named'
import { imageSize } from '../training/batches'
import { overflown, pass, type Watch } from '../training/evaluate'
import { drawn } from '../training/passes'
import type { Run } from '../training/programs'
import { blended, pathBetween } from './code-paths'
import { assertOne, classesOf, codesIn, exploredCodes } from './explored'
import type { Answer, Checkpoint } from './question'

/** Codes at a time, where there are several. */
const several = 16

/** @throws AppError as `pictures` does */
export const decode: Answer<'decode'> = async ({ codes }, checkpoint, watch) =>
  row(await pictures(checkpoint, codes, watch))

/** @throws AppError `explore/no-classes`, and as `pictures` does */
export const morph: Answer<'morph'> = async ({ code, label }, checkpoint, watch) => {
  if (classesOf(checkpoint) === 1)
    throw new AppError(
      'explore/no-classes',
      'The prior of this model knows no classes: there is none to change.',
      'Show a run whose prior knows them: its setting says “With classes”.',
    )
  const own = await standardised(checkpoint, code, label)
  const labels = Uint8Array.from({ length: classCount }, (_, label) => label)
  const noise = new Float32Array(classCount * own.length)
  for (const at of labels) noise.set(own, at * own.length)
  const codes = await codesOf(checkpoint, noise, labels)
  return { ...row(await pictures(checkpoint, codes, watch)), labels }
}

/** @throws AppError as `pictures` does */
export const between: Answer<'between'> = async ({ from, to, labels, steps, path }, checkpoint, watch) => {
  const codes = exploredCodes(checkpoint)
  for (const end of [from, to]) assertOne(codes, end)
  if (path === 'straight') return row(await pictures(checkpoint, pathBetween(from, to, steps, path), watch))
  const [first, last] = classesOf(checkpoint) === 1 ? [0, 0] : (labels ?? [0, 0])
  const [start, end] = [await standardised(checkpoint, from, first), await standardised(checkpoint, to, last)]
  const noise = pathBetween(start, end, steps, path)
  const one = await codesOf(checkpoint, noise, new Uint8Array(steps).fill(first))
  // of two classes: what the prior of the one makes of the noise, and more and more what that of the other does
  const other = first === last ? one : await codesOf(checkpoint, noise, new Uint8Array(steps).fill(last))
  return row(await pictures(checkpoint, blended(one, other, steps), watch))
}

/**
 * Codes [n, size] as grey levels [n, 784].
 * @throws AppError `explore/not-offered`, `explore/no-code`, `explore/other-code`, `run/overflown`
 */
export async function pictures(checkpoint: Checkpoint, numbers: Float32Array, watch: Watch) {
  const codes = exploredCodes(checkpoint)
  const count = codesIn(codes, numbers)
  const { programs, parameters } = checkpoint
  const { drawing } = programs.model
  const batch = count === 1 ? 1 : several
  const spec = { codes: { shape: [batch, codes.size], dtype: 'float32' } } as const
  let run: Run
  if (drawing === undefined)
    run = await programs.prepare('decode', (p, inputs) => ({ pixels: codes.decode(p, entryOf(inputs, 'codes')) }), spec)
  else
    run = await drawn(programs, drawing, 'decode', (p, inputs) => codes.decode(p, inputs.codes), {
      ...spec,
      noise: { shape: [batch, imageSize], dtype: 'float32' },
    })
  const one = uniform(new Float32Array(imageSize), { seed: 0, stream: stream.gallery, counter: 2 })
  const noise = new Float32Array(batch * imageSize)
  for (let i = 0; i < batch; i++) noise.set(one, i * imageSize)
  const greys = new Uint8Array(count * imageSize)
  for (let start = 0; start < count; start += batch) {
    const end = Math.min(start + batch, count)
    const some = new Float32Array(batch * codes.size)
    some.set(numbers.subarray(start * codes.size, end * codes.size))
    const { pixels } = await run(parameters, { codes: some, ...(drawing && { noise }) })
    const found = present(pixels, 'pixel').subarray(0, (end - start) * imageSize)
    if (found.some(Number.isNaN)) throw overflown()
    for (const [i, probability] of found.entries()) greys[start * imageSize + i] = Math.round(255 * probability)
    await pass(watch, end, count)
  }
  return greys
}

/** A code as noise of its class's prior. */
async function standardised(checkpoint: Checkpoint, code: Float32Array, label: number): Promise<Float32Array> {
  const codes = exploredCodes(checkpoint)
  assertOne(codes, code)
  const run = await checkpoint.programs.prepare(
    'standardise',
    (p, { code, labels }) => codes.standardise(p, code, labels),
    { code: { shape: [1, codes.size], dtype: 'float32' }, labels: { shape: [1], dtype: 'uint8' } },
  )
  return (await run(checkpoint.parameters, { code, labels: Uint8Array.of(label) })).noise
}

/** Noise [n, size] as codes, each of its class's prior. */
async function codesOf(checkpoint: Checkpoint, noise: Float32Array, labels: Uint8Array): Promise<Float32Array> {
  const codes = exploredCodes(checkpoint)
  const run = await checkpoint.programs.prepare(
    'code of noise',
    (p, { noise, labels }) => ({ codes: codes.codeOf(p, noise, labels) }),
    { noise: { shape: [several, codes.size], dtype: 'float32' }, labels: { shape: [several], dtype: 'uint8' } },
  )
  const all = new Float32Array(noise.length)
  for (let start = 0; start < labels.length; start += several) {
    const some = new Float32Array(several * codes.size)
    some.set(noise.subarray(start * codes.size, (start + several) * codes.size))
    const someLabels = new Uint8Array(several)
    someLabels.set(labels.subarray(start, start + several))
    const found = (await run(checkpoint.parameters, { noise: some, labels: someLabels })).codes
    all.set(found.subarray(0, Math.min(found.length, all.length - start * codes.size)), start * codes.size)
  }
  return all
}

function row(pixels: Uint8Array<ArrayBuffer>) {
  return { rows: 1, columns: pixels.length / imageSize, pixels, labels: null }
}
