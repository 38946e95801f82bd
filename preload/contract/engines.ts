/** The ways to compute on this machine. */
import { z } from 'zod'
import { cardNamed, presetOf, usualModel } from '../models/registry'
import type { SettingValue } from '../models/setting'
import { errorData } from './common'

/** The ways to compute. `onnx-…`: compiled, run by ONNX Runtime; `tfjs-…`: kernel by kernel. */
export const engineName = z.enum(['onnx-cpu', 'onnx-cuda', 'onnx-webgpu', 'onnx-directml', 'tfjs-node', 'tfjs-cpu'])
export type EngineName = z.infer<typeof engineName>

/** A way to compute a step on this machine. */
export const engineInfo = z.object({
  name: engineName,
  /** For a person: `CPU, compiled`. */
  title: z.string(),
  usable: z.boolean(),
  /** What it really computes on, when usable: `CPU, 2 lanes`. */
  device: z.string().nullable(),
  /** `auto` may take it: it computes on a real GPU, or it is the compiled one on the CPU. */
  automatic: z.boolean(),
  /** Why it is not usable, or does not use the GPU that is there; and what to do about it. */
  problem: errorData.nullable(),
  /** Measured here, images per second: over the last run with it, or by a short trial; null if it never was. */
  imagesPerSecond: z.number().nullable(),
})
export type EngineInfo = z.infer<typeof engineInfo>

/** The same before it has a title, which the app gives it. */
export type EngineReport = Omit<EngineInfo, 'title'>

/** What a speed is kept under: an engine is not as fast for every model, nor for each of a model's presets. */
export function speedKey(engine: string, settings: { readonly model: string; readonly [own: string]: SettingValue }) {
  const { model } = settings
  if (model === usualModel) return engine
  const [first] = Object.keys(cardNamed(model).presets ?? {})
  const preset = presetOf(settings) ?? first
  return preset === first ? `${engine} ${model}` : `${engine} ${model} ${preset}`
}
