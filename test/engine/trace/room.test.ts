/** What a graph needs on the way: values from where they are computed to where they are last used. */
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../main/engine/trace/graph'
import { roomOf } from '../../../main/engine/trace/room'

describe('roomOf', () => {
  it('is the most that is in use at once, beside inputs, outputs and constants', () => {
    const graph = new GraphBuilder()
    const x = graph.input('x', [100], 'float32')
    const a = graph.node('Exp', [x], {}, [100], 'float32')
    const b = graph.node('Greater', [a, graph.scalar(0)], {}, [100], 'bool')
    const c = graph.node('Where', [b, a, x], {}, [100], 'float32')
    const d = graph.node('ReduceSum', [c, graph.int64([0])], { keepdims: 0 }, [], 'float32')
    const y = graph.node('Neg', [d], {}, [], 'float32')
    // a, b and c
    expect(roomOf(graph.finish([{ name: 'y', value: y }]))).toBe(400 + 100 + 400)
    // c is an output
    expect(roomOf(graph.finish([{ name: 'y', value: y }, { name: 'c', value: c }]))).toBe(400 + 100) // prettier-ignore
  })

  it('counts what nothing uses only where it is computed', () => {
    const graph = new GraphBuilder()
    const x = graph.input('x', [100], 'float32')
    graph.node('Exp', [x], {}, [100], 'float32')
    const y = graph.node('Neg', [x], {}, [100], 'float32')
    expect(roomOf(graph.finish([{ name: 'y', value: y }]))).toBe(400)
    expect(roomOf(new GraphBuilder().finish([]))).toBe(0)
  })
})
