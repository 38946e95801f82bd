/** A function in two parts gives what it gives as a whole, and computes nothing twice that costs something. */
import { describe, expect, it } from 'vitest'
import type { TensorFunction, TensorSpec } from '../../../main/engine/engine'
import { SessionProgram } from '../../../main/engine/onnx/session'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { type CompiledModel, modelOf, tracedInParts } from '../../../main/engine/trace/compile'
import { cut } from '../../../main/engine/trace/cut'
import { optimise } from '../../../main/engine/trace/passes'
import { trace } from '../../../main/engine/trace/recorder'
import { random, runCompiled } from './kernel-case'

const float = (shape: number[]): TensorSpec => ({ shape, dtype: 'float32' })
const inputs = { x: float([4, 3]), w: float([3, 2]), late: float([]) }
const arrays = {
  x: Float32Array.from(random([4, 3], 1).values),
  w: Float32Array.from(random([3, 2], 2).values),
  late: Float32Array.of(0.7),
}

/** A cost with a part that is wanted first, and the gradient of both parts, one of them weighed by `late`. */
const fn: TensorFunction = ({ x, w, late }) => {
  let wanted: tf.Tensor | undefined
  let whole: tf.Tensor | undefined
  const gradient = tf.grad((w) => {
    const h = tf.elu(tf.matMul(x!, w))
    const one = tf.sum(tf.square(tf.reshape(h, [2, 4])))
    const other = tf.sum(tf.exp(tf.neg(tf.square(h))))
    wanted = tf.keep(one)
    whole = tf.keep(tf.stack([one, other]))
    return tf.add(tf.mul(late!, one), tf.mul(tf.cast(tf.greater(tf.sum(x!), 0), 'float32'), other))
  })(w!)
  return { gradient, wanted: wanted!, whole: whole! }
}

async function run(model: CompiledModel, given: Record<string, Float32Array>): Promise<Record<string, Float32Array>> {
  const program = await SessionProgram.create(model, { threads: 1 })
  try {
    return await program.run(given)
  } finally {
    await program.release()
  }
}

describe('a function in two parts', () => {
  it('gives the same', async () => {
    const whole = await runCompiled(fn, inputs, arrays)
    const { first, rest, kept, inputs: restInputs } = tracedInParts(fn, inputs, ['wanted'])
    const { wanted, ...crossing } = await run(modelOf(first, inputs), arrays)
    expect(Object.keys(crossing)).toEqual(Object.keys(kept))
    expect({ ...(await run(modelOf(rest, restInputs), { ...arrays, ...crossing })), wanted }).toEqual(whole)
  })

  it('moves again what it would not keep, and gives the same', async () => {
    const windows: TensorFunction = (given) => {
      const { gradient, wanted, whole } = fn({ ...given, x: tf.reverse(given['x']!, 0) })
      return { gradient: gradient!, wanted: wanted!, whole: whole! }
    }
    const whole = await runCompiled(windows, inputs, arrays)
    const kept = tracedInParts(windows, inputs, ['wanted'])
    const parts = tracedInParts(windows, inputs, ['wanted'], true)
    expect(Object.keys(parts.kept).length).toBeLessThan(Object.keys(kept.kept).length)
    const { wanted, ...crossing } = await run(modelOf(parts.first, inputs), arrays)
    expect({ ...(await run(modelOf(parts.rest, parts.inputs), { ...arrays, ...crossing })), wanted }).toEqual(whole)
  })

  it('does in the first part no more than the outputs need that are wanted, and none of it again', () => {
    const graph = optimise(trace(fn, inputs))
    const { first, rest } = cut(graph, ['wanted'])
    const ops = ({ nodes }: typeof graph) => nodes.map(({ op }) => op)
    expect(ops(first)).not.toContain('Exp')
    expect(ops(rest)).toContain('Exp')
    expect(ops(first)).toContain('MatMul')
    const again = first.nodes.filter((node) => rest.nodes.includes(node))
    expect(again.every(({ op, output }) => op === 'Reshape' || output.type !== 'float32')).toBe(true)
    expect(first.nodes.length + rest.nodes.length - again.length).toBe(graph.nodes.length)
  })

  it('is all in the first part where everything is wanted', () => {
    const graph = optimise(trace(fn, inputs))
    const { first, rest } = cut(graph, ['gradient', 'wanted', 'whole'])
    expect(first.nodes).toHaveLength(graph.nodes.length)
    expect(rest.nodes).toEqual([])
  })
})
