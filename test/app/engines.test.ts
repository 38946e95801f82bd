/** How fast an engine is, is said of the model that is to be trained, and of its preset. */
import { expect, it } from 'vitest'
import { describeEngines } from '../../main/app/engines'
import { runSettings, speedKey, type RunSettings } from '../../preload/contract'

const found = [
  { name: 'onnx-cpu', usable: true, device: 'CPU', automatic: true, problem: null, imagesPerSecond: 900 },
] as const
const ladder = runSettings.parse({})
const paper = runSettings.parse({ model: 'vlae' })
const alone = runSettings.parse({ model: 'vlae', decoder: 'alone' })
const speed = (speeds: Record<string, number>, run: RunSettings) =>
  describeEngines(found, speeds, run)[0]!.imagesPerSecond

it('is that of the last run of this model and preset, and of trials for the usual model only', () => {
  expect(speed({}, ladder)).toBe(900)
  expect(speed({ [speedKey('onnx-cpu', ladder)]: 2800 }, ladder)).toBe(2800)
  expect(speed({ [speedKey('onnx-cpu', ladder)]: 2800 }, paper)).toBe(null)
  expect(speed({ [speedKey('onnx-cpu', paper)]: 400 }, paper)).toBe(400)
  expect(speed({ [speedKey('onnx-cpu', paper)]: 400 }, ladder)).toBe(900)
  expect(speed({ [speedKey('onnx-cpu', alone)]: 800 }, paper)).toBe(null)
  // as earlier versions have kept it
  expect(speed({ 'onnx-cpu': 2810, 'onnx-cpu vlae': 390 }, ladder)).toBe(2810)
  expect(speed({ 'onnx-cpu': 2810, 'onnx-cpu vlae': 390 }, paper)).toBe(390)
})
