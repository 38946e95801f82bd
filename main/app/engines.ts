/** The ways to compute, as a person reads them. */
import type { EngineInfo, EngineName } from '../../preload/contract'
import type { EngineInfo as Found } from '../trainer/api'

const titles: Record<EngineName, string> = {
  'onnx-cpu': 'CPU, compiled',
  'onnx-cuda': 'NVIDIA GPU, compiled (CUDA)',
  'onnx-webgpu': 'GPU, compiled (WebGPU)',
  'onnx-directml': 'GPU, compiled (DirectML)',
  'tfjs-node': 'TensorFlow',
  'tfjs-cpu': 'CPU, plain JavaScript, slow',
}

/** @param speeds images per second of the last run, by engine, as measured here before */
export function describeEngines(engines: readonly Found[], speeds: Readonly<Record<string, number>>): EngineInfo[] {
  return engines.map((engine) => ({
    ...engine,
    title: titles[engine.name],
    imagesPerSecond: speeds[engine.name] ?? engine.imagesPerSecond,
  }))
}
