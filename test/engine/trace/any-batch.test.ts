/** Functions as graphs for batches of any size: what is written of the size, and what cannot be. */
import { fromBinary } from '@bufbuild/protobuf'
import type { Tensor } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { InferenceSession, Tensor as OnnxTensor } from '../../../main/engine/onnx/runtime'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { compileForOthers } from '../../../main/engine/trace/compile'
import { ModelProtoSchema } from '../../../main/engine/trace/onnx_pb'

const about = { name: 'it', about: 'A test.', version: '1', epoch: 2, facts: {} }
const compiled = (fn: (x: Tensor) => Tensor) =>
  compileForOthers(
    (given) => ({ y: fn(given['x']!) }),
    { inputs: { x: { shape: [4], dtype: 'float32' } }, constants: {} },
    about,
  )
const sizeOf = (x: Tensor) => x.shape[0]!

async function run(bytes: Uint8Array, batch: number): Promise<number[][]> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 })
  const x = Float32Array.from({ length: batch * 4 }, (_, i) => i - 3)
  const { y } = await session.run({ x: new OnnxTensor('float32', x, [batch, 4]) })
  await session.release()
  return [[...y!.dims], [...(y!.data as Float32Array)]]
}

const functions: [string, (x: Tensor) => Tensor][] = [
  ['numbers of another shape', (x) => tf.reshape(tf.mul(x, 2), [sizeOf(x) * 2, 2])],
  ['all of one number, as many as there are', (x) => tf.concat([x, tf.ones([sizeOf(x), 2])], 1)],
  ['a shape of which two lengths are free', (x) => tf.add(tf.zeros([sizeOf(x), sizeOf(x)]), tf.sum(x))],
  ['a part from the end', (x) => tf.slice(tf.concat([x, x], 0), [sizeOf(x), 1], [sizeOf(x), 3])],
  ['rows one after another', (x) => tf.tile(tf.reshape(tf.mean(x, 0), [1, 4]), [sizeOf(x), 1])],
  ['what goes in', (x) => x],
]

describe('a function of a batch', () => {
  it.each(functions)('computes for any: %s', async (_, fn) => {
    const bytes = compiled(fn)
    for (const batch of [1, 2, 5]) {
      const x = tf.tensor(Float32Array.from({ length: batch * 4 }, (_, i) => i - 3), [batch, 4]) // prettier-ignore
      const y = fn(x)
      expect(await run(bytes, batch)).toEqual([y.shape, [...y.dataSync()]])
    }
  })

  it('names that dimension', () => {
    const { graph } = fromBinary(ModelProtoSchema, compiled((x) => tf.neg(x))) // prettier-ignore
    const [input, output] = [graph!.input[0]!, graph!.output[0]!].map(({ type }) =>
      type?.value.case === 'tensorType' ? type.value.value.shape!.dim.map(({ value }) => value.value) : [],
    )
    expect([input, output]).toEqual([['batch', 4n], ['batch', 4n]]) // prettier-ignore
  })

  it.each<[string, (x: Tensor) => Tensor]>([
    ['another operation', (x) => (sizeOf(x) % 4 === 1 && sizeOf(x) < 1010 ? tf.exp(x) : tf.neg(x))],
    ['other numbers', (x) => tf.mul(x, sizeOf(x))],
    ['a length that is no multiple', (x) => tf.concat([x, tf.zeros([sizeOf(x) ** 2 % 7, 4])], 0)],
  ])('is refused where it has for another batch %s', (_, fn) => {
    expect(() => compiled(fn)).toThrow(RangeError)
  })
})
