/** How fast an engine is, is said of the model that is to be trained. */
import { expect, it } from 'vitest'
import { describeEngines, speedKey } from '../../main/app/engines'

const found = [
  { name: 'onnx-cpu', usable: true, device: 'CPU', automatic: true, problem: null, imagesPerSecond: 900 },
] as const
const speed = (speeds: Record<string, number>, model: string) =>
  describeEngines(found, speeds, model)[0]!.imagesPerSecond

it('is that of the last run of this model, and of trials for the usual one only', () => {
  expect(speed({}, 'ladder')).toBe(900)
  expect(speed({ [speedKey('onnx-cpu', 'ladder')]: 2800 }, 'ladder')).toBe(2800)
  expect(speed({ [speedKey('onnx-cpu', 'ladder')]: 2800 }, 'toy')).toBe(null)
  expect(speed({ [speedKey('onnx-cpu', 'toy')]: 40 }, 'toy')).toBe(40)
  expect(speed({ [speedKey('onnx-cpu', 'toy')]: 40 }, 'ladder')).toBe(900)
  // as earlier versions have kept it
  expect(speed({ 'onnx-cpu': 2810 }, 'ladder')).toBe(2810)
})
