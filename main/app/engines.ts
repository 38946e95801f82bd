/** The ways to compute, as a person reads them. */
import { usualModel, type EngineInfo, type EngineName, type EngineReport } from '../../preload/contract'

const titles: Record<EngineName, string> = {
  'onnx-cpu': 'CPU, compiled',
  'onnx-cuda': 'NVIDIA GPU, compiled (CUDA)',
  'onnx-webgpu': 'GPU, compiled (WebGPU)',
  'onnx-directml': 'GPU, compiled (DirectML)',
  'tfjs-node': 'TensorFlow',
  'tfjs-cpu': 'CPU, plain JavaScript, slow',
}

/** What a speed is kept under: an engine is not as fast for every model. */
export function speedKey(engine: string, model: string): string {
  return model === usualModel ? engine : `${engine} ${model}`
}

/**
 * @param speeds images per second of the last run, as measured here before; engines themselves are tried on the usual model
 * @param model that is to be trained next
 */
export function describeEngines(
  engines: readonly EngineReport[],
  speeds: Readonly<Record<string, number>>,
  model: string,
): EngineInfo[] {
  return engines.map((engine) => ({
    ...engine,
    title: titles[engine.name],
    imagesPerSecond: speeds[speedKey(engine.name, model)] ?? (model === usualModel ? engine.imagesPerSecond : null),
  }))
}
