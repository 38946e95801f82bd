/** The ways to compute, as a person reads them. */
import type { EngineInfo } from '../../preload/contract'
import type { EngineInfo as Usable } from '../training/trainer-api'

const titles: Record<string, string> = {
  'onnx-cpu': 'ONNX Runtime on the CPU',
  'onnx-webgpu': 'ONNX Runtime on the GPU (WebGPU)',
  'tfjs-node-gpu': 'TensorFlow on the GPU (CUDA)',
  'tfjs-cpu': 'TensorFlow.js on the CPU, slow',
}

/** @param speeds images per second, by engine, as measured here before */
export function describeEngines(engines: readonly Usable[], speeds: Readonly<Record<string, number>>): EngineInfo[] {
  return engines.map(({ name, device }) => ({
    name,
    title: titles[name] ?? name,
    usable: true,
    device,
    problem: null,
    imagesPerSecond: speeds[name] ?? null,
  }))
}
