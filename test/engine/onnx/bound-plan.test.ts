/** A plan that is bound, at its end. */
import { matMul, type Tensor2D } from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { planOf } from '../../../main/engine/plan/plan'
import { traced } from '../../../main/engine/trace/compile'
import { bindAlone } from '../plan/planned'

it('a plan that is released computes nothing any more, and says so: the library would end the process', async () => {
  const square = { shape: [4, 4], dtype: 'float32' } as const
  const graph = traced(({ x }) => ({ y: matMul(x as Tensor2D, x as Tensor2D) }), { x: square })
  const { bound, inputs, outputs } = await bindAlone(graph, planOf(graph))
  inputs['x']!.fill(1)
  bound.run()
  expect(outputs['y']).toEqual(new Float32Array(16).fill(4))
  await bound.release()
  await bound.release()
  expect(() => bound.run()).toThrow('has been released')
  const product = bound.calls.find(({ call }) => call.kind === 'product')
  expect(() => product!.run()).toThrow('has been released')
})
