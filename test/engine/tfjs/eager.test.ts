/** The reference engine leaves nothing behind, and touches nothing that it was given. */
import { expect, it } from 'vitest'
import type { TensorSpec } from '../../../main/engine/engine'
import { EagerEngine } from '../../../main/engine/tfjs/eager'
import { tf } from '../../../main/engine/tfjs/tfjs'

const vector: TensorSpec = { shape: [3], dtype: 'float32' }
const x = Float32Array.of(1, -2, 3)

it('frees what it made, and restores the backend after a failure', async () => {
  const before = tf.memory().numTensors
  const program = await new EagerEngine().prepare(({ x }) => ({ y: tf.keep(tf.neg(x!)), x: x! }), { x: vector })
  await program.run({ x })
  expect(tf.memory().numTensors).toBe(before)
  const broken = await new EagerEngine().prepare(() => {
    throw new Error('in the middle')
  }, {})
  await expect(broken.run({})).rejects.toThrow('in the middle')
  expect(tf.getBackend()).toBe('cpu')
  expect(tf.memory().numTensors).toBe(before)
})

it('does not see later changes of the arrays it was given, nor changes them', async () => {
  const program = await new EagerEngine().prepare(({ x }) => ({ x: x! }), { x: vector })
  const given = Float32Array.of(1, 2, 3)
  const { x } = await program.run({ x: given })
  given.fill(9)
  expect([...x!]).toEqual([1, 2, 3])
})
