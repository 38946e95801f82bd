/** What of a plan's numbers counts as the graph's: each parameter by itself, however small its gradient is beside others. */
import { describe, expect, it } from 'vitest'
import { isClose } from '../../../main/engine/lanes/trust'

const graph = [Float32Array.of(670, -12, 0.5), Float32Array.of(0.1, -0.07), new Float32Array(3)]
const changed = (array: number, values: readonly number[]) =>
  graph.map((numbers, i) => (i === array ? Float32Array.from(values) : numbers))

describe('a plan’s numbers', () => {
  it('are the graph’s but for rounding, and for what one image in which a unit is on or off makes', () => {
    expect(isClose(graph, graph, 1e-5)).toBe(true)
    expect(isClose(changed(1, [0.1002, -0.0699]), graph, 1e-2)).toBe(true)
    expect(isClose(changed(2, [0, 3e-5, 0]), graph, 1e-2)).toBe(true)
  })

  it.each([
    ['all 0 where they are small', changed(1, [0, 0])],
    ['with one off by more than a hundredth', changed(1, [0.1, -0.0685])],
    ['something where nothing is', changed(2, [0, 1e-3, 0])],
    ['no numbers', changed(0, [670, NaN, 0.5])],
    ['fewer', changed(0, [670, -12])],
  ])('are not: %s', (_what, found) => {
    expect(isClose(found, graph, 1e-2)).toBe(false)
  })
})
