/** The ways to compute, as a person reads them. */
import {
  speedKey,
  usualModel,
  type EngineInfo,
  type EngineName,
  type EngineReport,
  type RunSettings,
} from '../../preload/contract'

const titles: Record<EngineName, string> = {
  'onnx-cpu': 'CPU, compiled',
  'onnx-cuda': 'NVIDIA GPU, compiled (CUDA)',
  'onnx-webgpu': 'GPU, compiled (WebGPU)',
  'onnx-directml': 'GPU, compiled (DirectML)',
  'tfjs-node': 'TensorFlow',
  'tfjs-cpu': 'CPU, plain JavaScript, slow',
}

/**
 * @param speeds images per second of the last run, as measured here before; engines themselves are tried on the usual model
 * @param run what is to be trained next
 */
export function describeEngines(
  engines: readonly EngineReport[],
  speeds: Readonly<Record<string, number>>,
  run: RunSettings,
): EngineInfo[] {
  return engines.map((engine) => ({
    ...engine,
    title: titles[engine.name],
    imagesPerSecond: speeds[speedKey(engine.name, run)] ?? (run.model === usualModel ? engine.imagesPerSecond : null),
  }))
}
