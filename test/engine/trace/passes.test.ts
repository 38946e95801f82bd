/** What the passes over a finished graph leave. */
import { describe, expect, it } from 'vitest'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { GraphBuilder, type Node } from '../../../main/engine/trace/graph'
import { dropUnused } from '../../../main/engine/trace/passes'
import { trace } from '../../../main/engine/trace/recorder'

describe('dropUnused', () => {
  it('leaves out what no output needs, and keeps the order of the rest', () => {
    const graph = new GraphBuilder()
    const x = graph.input('x', [2], 'float32')
    const a = graph.node('Exp', [x], {}, [2], 'float32')
    const unused = graph.node('Neg', [a], {}, [2], 'float32')
    graph.node('Sqrt', [unused], {}, [2], 'float32')
    const b = graph.node('Add', [a, x], {}, [2], 'float32')
    const slim = dropUnused(graph.finish([{ name: 'b', value: b }]))
    expect(slim.nodes.map(({ op }) => op)).toEqual(['Exp', 'Add'])
    expect(slim.inputs, 'inputs stay, used or not').toEqual([x])
  })

  it('leaves out the loss itself where only its gradient is asked for', () => {
    const graph = trace(({ x }) => ({ y: tf.grad((x) => tf.sum(tf.tanh(tf.exp(x))))(x!) }), {
      x: { shape: [2], dtype: 'float32' },
    })
    const ops = (nodes: readonly Node[]) => nodes.map(({ op }) => op)
    expect(ops(graph.nodes)).toContain('ReduceSum')
    expect(ops(dropUnused(graph).nodes)).not.toContain('ReduceSum')
    expect(ops(dropUnused(graph).nodes)).toContain('Tanh')
  })
})
