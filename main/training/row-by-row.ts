/** Images that are drawn row by row (`RowDrawing`): what is kept of the rows above moves up by one with each of them. */
import { side } from '../../preload/images'
import type { TensorSpec } from '../engine/engine'
import type { RowDrawing } from '../models/model'
import { entryOf } from '../optimizers/named'
import { imageSize } from './batches'
import type { Draw } from './passes'
import type { Programs } from './programs'

/** @param map of its shape, where there is a code */
export async function inRows(
  { prepare }: Pick<Programs, 'prepare'>,
  { kept, tell, told, row }: RowDrawing,
  batch: number,
  map: Readonly<Record<string, TensorSpec>>,
): Promise<Draw> {
  const float = (...shape: number[]): TensorSpec => ({ shape, dtype: 'float32' })
  const withCode = map['map'] !== undefined
  const telling = withCode
    ? await prepare<string, 'told'>('told', (p, given) => ({ told: tell(p, entryOf(given, 'map')) }), map)
    : null
  const above = Object.entries(kept).map(([name, { rows, numbers }]) => ({ name, shape: [rows, batch, side, numbers] }))
  const drawing = await prepare<string, string>(
    'row',
    (p, given) => {
      const { pixels, made } = row(p, { uniforms: entryOf(given, 'uniforms'), told: given['told'], above: given })
      return { pixels, ...made }
    },
    {
      uniforms: float(batch, side),
      ...(withCode && { told: float(batch, told) }),
      ...Object.fromEntries(above.map(({ name, shape }) => [name, float(...shape)])),
    },
  )
  return async (parameters, uniforms, given) => {
    const all = telling && (await telling(parameters, given)).told
    const seen = above.map(({ name, shape }) => ({ name, values: new Float32Array(shape.reduce((a, b) => a * b)) }))
    const images = new Float32Array(batch * imageSize)
    for (let at = 0; at < side; at++) {
      const made = await drawing(parameters, {
        uniforms: rowsOf(uniforms, at),
        ...(all && { told: all.subarray(at * batch * told, (at + 1) * batch * told) }),
        ...Object.fromEntries(seen.map(({ name, values }) => [name, values])),
      })
      for (const { name, values } of seen) append(values, entryOf(made, name))
      putRows(images, at, entryOf(made, 'pixels'))
    }
    return images
  }
}

/** Row `at` of each image: [B, 28]. */
function rowsOf(images: Float32Array, at: number): Float32Array {
  const rows = new Float32Array(images.length / side)
  for (let i = 0; i < rows.length / side; i++) {
    const from = i * imageSize + at * side
    rows.set(images.subarray(from, from + side), i * side)
  }
  return rows
}

function putRows(images: Float32Array, at: number, rows: Float32Array): void {
  for (let i = 0; i < rows.length / side; i++)
    images.set(rows.subarray(i * side, (i + 1) * side), i * imageSize + at * side)
}

/** The oldest goes. */
function append(values: Float32Array, newest: Float32Array): void {
  values.copyWithin(0, newest.length)
  values.set(newest, values.length - newest.length)
}
