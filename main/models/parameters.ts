/** The parameters of a model as one flat vector: its layout, views into it, and the way to PyTorch's tensors and back. */
import type { ParameterLayout, ParameterSpec } from './model'

/** A parameter before it has a place in the flat vector. */
export type ParameterShape = Pick<ParameterSpec, 'name' | 'shape' | 'torch'>

/** Lays parameters out one after another, in the order given: PyTorch's order of the state_dict. */
export function createLayout(parameters: readonly ParameterShape[]): ParameterLayout {
  let offset = 0
  const entries = parameters.map(({ name, shape, torch }): ParameterSpec => {
    const entry = { name, shape, offset, size: sizeOf(shape), torch }
    offset += entry.size
    return entry
  })
  return { entries, size: offset }
}

/** Each parameter by its name, as a view of the flat vector (no copy). */
export function views(flat: Float32Array, layout: ParameterLayout): Record<string, Float32Array> {
  return Object.fromEntries(
    layout.entries.map(({ name, offset, size }) => [name, flat.subarray(offset, offset + size)]),
  )
}

/** The flat vector as PyTorch's tensors: a state_dict, row-major, each in its `torch.shape`. */
export function toTorch(flat: Float32Array, layout: ParameterLayout): Record<string, Float32Array> {
  return Object.fromEntries(
    layout.entries.map((entry) => {
      const tensor = new Float32Array(entry.size)
      const places = torchPlaces(entry)
      for (let i = 0; i < entry.size; i++) tensor[places[i]!] = flat[entry.offset + i]!
      return [entry.name, tensor]
    }),
  )
}

/**
 * The inverse of `toTorch`.
 *
 * @throws RangeError naming the first parameter that is missing or has another number of elements
 */
export function fromTorch(tensors: Readonly<Record<string, Float32Array>>, layout: ParameterLayout): Float32Array {
  const flat = new Float32Array(layout.size)
  for (const entry of layout.entries) {
    const tensor = tensors[entry.name]
    if (tensor?.length !== entry.size)
      throw new RangeError(`${entry.name} has ${tensor?.length ?? 'no'} elements, expected ${entry.size}`)
    const places = torchPlaces(entry)
    for (let i = 0; i < entry.size; i++) flat[entry.offset + i] = tensor[places[i]!]!
  }
  return flat
}

/** For each element of our tensor, in its order, the place of the same element in PyTorch's. */
function torchPlaces({ size, torch: { view, permute } }: ParameterSpec): Uint32Array {
  const axes = view.map((length, axis) => ({ length, stride: sizeOf(view.slice(axis + 1)) }))
  const innermostFirst = permute.flatMap((axis) => axes.slice(axis, axis + 1)).toReversed()
  const places = new Uint32Array(size)
  let done = 1
  for (const { length, stride } of innermostFirst) {
    // what lies further along this axis is what lies before it, a stride further
    for (let i = done; i < done * length; i++) places[i] = places[i - done]! + stride
    done *= length
  }
  return places
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}
