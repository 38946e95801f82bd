import { describe, expect, it } from 'vitest'
import { createModel } from '../../main/models/create'
import { createLayout, fromTorch, toTorch, views } from '../../main/models/parameters'

const conditions = ['label', 'none'] as const

describe.each(conditions)('the layout of %s', (condition) => {
  const { layout, initialise } = createModel({ condition })
  const flat = initialise(0)

  it('lies without gaps', () => {
    const sizeOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1)
    let offset = 0
    for (const entry of layout.entries) {
      expect(entry).toMatchObject({ offset, size: sizeOf(entry.shape) })
      expect([entry.torch.shape, entry.torch.view].map(sizeOf)).toEqual([entry.size, entry.size])
      offset += entry.size
    }
    expect(layout.size).toBe(offset)
  })

  it("goes to PyTorch's tensors and back without loss", () => {
    const numbered = flat.map((_, i) => i)
    const tensors = toTorch(numbered, layout)
    expect(same(fromTorch(tensors, layout), numbered)).toBe(true)
    const mixed = layout.entries.filter(
      ({ name, offset, size }) => !same(tensors[name]!.toSorted(), numbered.subarray(offset, offset + size)),
    )
    expect(mixed).toEqual([])
  })

  it('refuses a parameter that is missing or has another size, by its name', () => {
    const tensors = toTorch(flat, layout)
    const { 'prior_net.mu.bias': left, ...rest } = tensors
    expect(() => fromTorch(rest, layout)).toThrow('prior_net.mu.bias has no elements, expected 32')
    const short = { ...tensors, 'prior_net.mu.bias': left!.subarray(1) }
    expect(() => fromTorch(short, layout)).toThrow('prior_net.mu.bias has 31 elements, expected 32')
  })

  it('offers views, not copies', () => {
    const copy = flat.slice()
    views(copy, layout)['decoder.deconv.3.bias']![0] = 42
    expect(copy.at(-1)).toBe(42)
  })
})

it("has the Python project's number of parameters", () => {
  expect(createModel({ condition: 'none' }).layout.size).toBe(1_739_873)
})

describe("the order of axes against PyTorch's", () => {
  const { layout } = createModel({ condition: 'none' })
  const tensors = toTorch(
    Float32Array.from({ length: layout.size }, (_, i) => i),
    layout,
  )
  const offset = (name: string) => layout.entries.find((entry) => entry.name === name)!.offset

  it.each([
    // name, an index of PyTorch's tensor, the same element in ours: index and shape
    ['encoder.conv.2.weight', [5, 3, 2, 1], [64, 32, 4, 4], [2, 1, 3, 5], [4, 4, 32, 64]],
    ['decoder.deconv.1.weight', [5, 3, 2, 1], [64, 32, 4, 4], [2, 1, 3, 5], [4, 4, 32, 64]],
    ['encoder.mu1.weight', [31, 255], [32, 256], [255, 31], [256, 32]],
    ['encoder.shared.weight', [9, 63 * 49 + 6 * 7 + 2], [256, 3136], [(6 * 7 + 2) * 64 + 63, 9], [3136, 256]],
    ['decoder.fc.2.weight', [63 * 49 + 6 * 7 + 2, 9], [3136, 256], [9, (6 * 7 + 2) * 64 + 63], [256, 3136]],
    ['decoder.fc.2.bias', [63 * 49 + 6 * 7 + 2], [3136], [(6 * 7 + 2) * 64 + 63], [3136]],
  ])('%s', (name, torchIndex, torchShape, index, shape) => {
    const at = (index: number[], shape: number[]) => index.reduce((sum, i, axis) => sum * shape[axis]! + i, 0)
    expect(tensors[name]![at(torchIndex, torchShape)]).toBe(offset(name) + at(index, shape))
  })
})

it('keeps the order given', () => {
  const scalar = { shape: [], torch: { shape: [], view: [], permute: [] } }
  const { entries, size } = createLayout([
    { name: 'b', ...scalar },
    { name: 'a', ...scalar },
  ])
  expect(entries.map(({ name, offset }) => [name, offset])).toEqual([
    ['b', 0],
    ['a', 1],
  ])
  expect(size).toBe(2)
})

/** Element by element; quicker than toEqual for a million of them. */
function same(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}
