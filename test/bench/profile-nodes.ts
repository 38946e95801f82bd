/** The nodes of a lane's graph by the time that they take, as ONNX Runtime's own profiler sees them. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InferenceSession, Tensor } from '../../main/engine/onnx/runtime'
import { gradientStep, prefixedViews } from '../../main/engine/step'
import { compile } from '../../main/engine/trace/compile'
import { outputName, sizeOf } from '../../main/engine/trace/graph'
import type { Model } from '../../main/models/model'
import { normals, stream } from '../../main/models/random'

/** What the profiler writes of one node in one run. */
interface Event {
  readonly cat: string
  readonly name: string
  /** Microseconds. */
  readonly dur: number
  readonly args: { readonly op_name: string; readonly node_index: string; readonly input_type_shape: Shape[]; readonly output_type_shape: Shape[] } // prettier-ignore
}
/** Of one operand, by its type. */
type Shape = Readonly<Record<string, readonly number[]>>

const runs = 40

/** A model with parameters as they are in training, and so many images as a lane has. */
export interface Given {
  readonly model: Model
  readonly parameters: Float32Array
  /** [count, 784] */
  readonly images: Uint8Array
}

/** Prints how long each kind of node takes in a gradient on one thread, and the `count` slowest. */
export async function slowestNodes(given: Given, count: number): Promise<void> {
  const nodes = await profile(given)
  const images = given.images.length / 784
  const total = nodes.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  const kinds = new Map<string, number>()
  for (const { op, milliseconds } of nodes) kinds.set(op, (kinds.get(op) ?? 0) + milliseconds)
  const sorted = [...kinds].toSorted(([, a], [, b]) => b - a)
  console.log(`a gradient of ${images} images on one thread: ${nodes.length} nodes, ${total.toFixed(1)} ms`)
  console.log(sorted.slice(0, 10).map(([op, milliseconds]) => `${op} ${milliseconds.toFixed(1)}`).join(', ')) // prettier-ignore
  for (const { op, shapes, milliseconds } of nodes.slice(0, count))
    console.log(`${milliseconds.toFixed(2).padStart(7)} ${((100 * milliseconds) / total).toFixed(1).padStart(5)} %  ${op} ${shapes}`) // prettier-ignore
}

/** Times of all nodes, the slowest first: such that one run in ten is faster, since what else runs here makes the others slow. */
async function profile({
  model,
  parameters,
  images,
}: Given): Promise<{ op: string; shapes: string; milliseconds: number }[]> {
  // prettier-ignore
  const count = images.length / 784
  const { fn, inputs } = gradientStep(model, count)
  const compiled = compile(fn, inputs)
  const arrays: Record<string, Float32Array | Uint8Array> = {
    ...prefixedViews('parameters', parameters, model),
    images,
    labels: Uint8Array.from({ length: count }, (_, i) => i % 10),
    noise: normals(new Float32Array(count * model.noiseSize), { seed: 0, stream: stream.noise, counter: 1 }),
    weights: new Float32Array(count).fill(1),
    partWeights: new Float32Array(model.parts.length).fill(1),
  }
  const feeds = Object.fromEntries(
    Object.entries(compiled.inputs).map(([name, { dtype, shape }]) => [
      name,
      new Tensor(dtype, arrays[name] as Float32Array, shape),
    ]),
  )
  const fetches = Object.fromEntries(
    Object.entries(compiled.outputs).map(([name, shape]) => [
      outputName(name),
      new Tensor('float32', new Float32Array(sizeOf(shape)), shape),
    ]),
  )
  const folder = await mkdtemp(join(tmpdir(), 'vlae-profile-'))
  try {
    const session = await InferenceSession.create(compiled.bytes, {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      enableProfiling: true,
      profileFilePrefix: join(folder, 'nodes'),
      logSeverityLevel: 3,
    })
    for (let run = 0; run < runs; run++) await session.run(feeds, fetches)
    session.endProfiling()
    const [file] = await readdir(folder)
    return summarise(JSON.parse(await readFile(join(folder, file!), 'utf8')) as Event[])
  } finally {
    await rm(folder, { recursive: true })
  }
}

function summarise(events: readonly Event[]) {
  const nodes = new Map<string, { op: string; shapes: string; times: number[] }>()
  for (const { cat, name, dur, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time')) continue
    const shapes = `${shapesOf(args.input_type_shape)} → ${shapesOf(args.output_type_shape)}`
    const node = nodes.get(args.node_index) ?? { op: args.op_name, shapes, times: [] }
    node.times.push(dur / 1000)
    nodes.set(args.node_index, node)
  }
  return [...nodes.values()]
    .map(({ op, shapes, times }) => ({
      op,
      shapes,
      milliseconds: times.toSorted((a, b) => a - b)[Math.floor(times.length / 10)]!,
    }))
    .toSorted((a, b) => b.milliseconds - a.milliseconds)
}

function shapesOf(operands: readonly Shape[]): string {
  return operands.map((operand) => `[${Object.values(operand)[0]!.join()}]`).join(' ')
}
