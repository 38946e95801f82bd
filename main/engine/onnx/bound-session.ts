/** A session that computes on the same tensors as long as it lives, where they lie: in memory that threads share, or a GPU's. */
import { entryOf } from '../../optimizers/named'
import type { DataArray } from '../engine'
import type { CompiledModel } from '../trace/compile'
import { type ElementType, outputName } from '../trace/graph'
import { CApi, errorsOnly, pointersTo, type Pointer } from './c-api'
import { SessionProgram } from './session'

/** One thread computes, or hands out the work: the caller's. */
export interface BoundSession {
  /** Computes on what the inputs hold, and is done when the outputs are written. @throws Error in ONNX Runtime's words, or after `release` */
  run(): void | Promise<void>
  release(): Promise<void>
}

/** What computes no more is said to be so: called, the library would end the process. */
export function givenBack(): Error {
  return new Error('What was to be computed has been released.')
}

type Arrays<T = DataArray> = Readonly<Record<string, T>>

/** An array that JavaScript cannot read. */
export interface FarArray {
  readonly address: Pointer
  readonly byteLength: number
}
export type Located = DataArray | FarArray

/** What computes, and has the memory that its tensors lie in. */
export interface Processor {
  /** `OrtMemoryInfo` */
  readonly memory: Pointer
  /** `OrtRunOptions` of the next run, or none. */
  readonly runOptions: Pointer | null
  /** Adds to `OrtSessionOptions` what is needed to compute there. */
  configure(options: Pointer): void
  /** Makes memory ready, before it is first used: what a session's tensors lie in, and so many bytes of its own. */
  prepare(session: Pointer, tensors: readonly Located[], room: number): void
}

let api: Promise<CApi> | undefined

/** @throws Error why it cannot be had */
export function openApi(): Promise<CApi> {
  return (api ??= CApi.open())
}

/** Why nothing is computed in place here, but on copies; null where it is. */
export async function whyCopied(): Promise<Error | null> {
  return openApi().then(
    () => null,
    (error: Error) => error,
  )
}

/**
 * @param inputs over shared memory, which never moves; each has exactly the elements of the model's
 * @param outputs the same, of all or some of the model's
 * @param once it is to compute once or twice: where it can be, the graph is taken as it is, which gives other last digits
 */
export async function bindSession(
  model: CompiledModel,
  inputs: Arrays,
  outputs: Arrays<Float32Array>,
  once = false,
): Promise<BoundSession> {
  if ((await whyCopied()) !== null)
    return bindCopies(await SessionProgram.create(model, { threads: 1 }), inputs, outputs)
  const api = await openApi()
  return bindInPlace(api, model, inputs, outputs, once ? withoutPasses(api) : thisThread(api))
}

/** `ONNXTensorElementDataType`. */
export const elementTypes = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 } as const satisfies Record<
  ElementType,
  number
>

/** The calling thread, and the memory of all threads. */
export function thisThread(api: CApi): Processor {
  const prepare: Processor['prepare'] = (session, tensors, room) => {
    const memories = new Set(tensors.map((tensor) => ('address' in tensor ? undefined : tensor.buffer)))
    for (const memory of memories) if (memory instanceof SharedArrayBuffer) api.inHugePages(memory)
    api.roomInHugePages(session, room)
  }
  return { memory: api.memory, runOptions: null, configure: () => {}, prepare }
}

/** `GraphOptimizationLevel`. */
const asItIs = 0

/** The library's own passes over a graph take longer than computing it once. */
function withoutPasses(api: CApi): Processor {
  const configure: Processor['configure'] = (options) => api.check('SetSessionGraphOptimizationLevel', options, asItIs)
  return { ...thisThread(api), configure }
}

/** @param inputs and `outputs` as those of bindSession, in the processor's memory */
export function bindInPlace(
  api: CApi,
  model: CompiledModel,
  inputs: Arrays<Located>,
  outputs: Arrays<Located>,
  processor = thisThread(api),
) {
  const session = createSession(api, model.bytes, processor)
  const values: Pointer[] = []
  const end = () => {
    for (const value of values) api.call('ReleaseValue', value)
    api.call('ReleaseSession', session)
  }
  try {
    const tensor = (data: Located, shape: readonly number[], type: number) => {
      const dimensions = BigInt64Array.from(shape, BigInt)
      const at = 'address' in data ? data.address : data
      const { byteLength } = data
      values.push(
        api.create('CreateTensorWithDataAsOrtValue', processor.memory, at, byteLength, dimensions, shape.length, type),
      )
    }
    processor.prepare(session, [...Object.values(inputs), ...Object.values(outputs)], model.room)
    const [inputNames, outputNames] = [Object.keys(model.inputs), Object.keys(outputs)]
    for (const [name, { shape, dtype }] of Object.entries(model.inputs))
      tensor(entryOf(inputs, name), shape, elementTypes[dtype])
    for (const [name, data] of Object.entries(outputs)) tensor(data, entryOf(model.outputs, name), elementTypes.float32)
    const from = [api.texts(inputNames), pointersTo(values.slice(0, inputNames.length))] as const
    const to = [api.texts(outputNames.map(outputName)), pointersTo(values.slice(inputNames.length))] as const
    const names = [from[0].list, from[1], inputNames.length, to[0].list, outputNames.length, to[1]]
    // C reads what only JavaScript holds
    const held = [from, to, inputs, outputs]
    return {
      run: () => {
        if (held.length === 0) throw givenBack()
        api.check('Run', session, processor.runOptions, ...names)
      },
      release: async () => {
        if (held.splice(0).length > 0) end()
      },
    }
  } catch (error) {
    end()
    throw error
  }
}

export function createSession(api: CApi, model: Uint8Array, processor: Processor): Pointer {
  const options = api.create('CreateSessionOptions')
  try {
    api.check('SetSessionLogSeverityLevel', options, errorsOnly)
    api.check('SetIntraOpNumThreads', options, 1)
    api.check('SetInterOpNumThreads', options, 1)
    processor.configure(options)
    return api.create('CreateSessionFromArray', api.environment, model, model.byteLength, options)
  } finally {
    api.call('ReleaseSessionOptions', options)
  }
}

/** The Node binding takes no tensors over shared memory, and makes a copy of each result. */
function bindCopies(program: SessionProgram, inputs: Arrays, outputs: Arrays<Float32Array>): BoundSession {
  const [ownInputs, ownOutputs] = [copies(inputs), copies(outputs)]
  return {
    async run() {
      for (const [name, data] of Object.entries(inputs)) entryOf(ownInputs, name).set(data)
      await program.run(ownInputs, ownOutputs)
      for (const [name, data] of Object.entries(outputs)) data.set(entryOf(ownOutputs, name))
    },
    release: () => program.release(),
  }
}

function copies<T extends DataArray>(arrays: Arrays<T>): Record<string, T> {
  return Object.fromEntries(Object.entries(arrays).map(([name, data]) => [name, data.slice() as T]))
}
