/**
 * ONNX Runtime's C API, called through koffi: its Node binding returns a copy of each result, 7 MB of garbage for a lane's
 * gradient, and takes no memory that threads share.
 *
 * The functions are a table (`OrtApi` in onnxruntime_c_api.h) that only grows: each keeps its place in later versions.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import type Koffi from 'koffi'
import type { LibraryHandle, TypeObject } from 'koffi'
import { present } from '../../../preload/present'
import { type Advise, huge, hugePage } from './huge-pages'
// the library is loaded there, after its telemetry has been switched off
import './runtime'

/** Of the table: that of the library's version 1.22. */
const version = 22

/** Of each function: its place in the table, and its arguments. Without more said it returns a status, null if all is well. */
const functions = {
  GetErrorMessage: [2, ['void *'], 'str'],
  CreateEnv: [3, ['int', 'str', 'out']],
  CreateSessionFromArray: [8, ['void *', 'void *', 'size_t', 'void *', 'out']],
  Run: [9, ['void *', 'void *', 'void *', 'void *', 'size_t', 'void *', 'size_t', 'void *']],
  CreateSessionOptions: [10, ['out']],
  SetSessionLogSeverityLevel: [22, ['void *', 'int']],
  SetSessionGraphOptimizationLevel: [23, ['void *', 'int']],
  SetIntraOpNumThreads: [24, ['void *', 'int']],
  SetInterOpNumThreads: [25, ['void *', 'int']],
  CreateRunOptions: [39, ['out']],
  CreateTensorWithDataAsOrtValue: [49, ['void *', 'void *', 'size_t', 'void *', 'size_t', 'int', 'out']],
  CreateMemoryInfo: [68, ['str', 'int', 'int', 'int', 'out']],
  CreateCpuMemoryInfo: [69, ['int', 'int', 'out']],
  AllocatorAlloc: [75, ['void *', 'size_t', 'out']],
  AllocatorFree: [76, ['void *', 'void *']],
  ReleaseStatus: [93, ['void *'], 'void'],
  ReleaseMemoryInfo: [94, ['void *'], 'void'],
  ReleaseSession: [95, ['void *'], 'void'],
  ReleaseValue: [96, ['void *'], 'void'],
  ReleaseRunOptions: [97, ['void *'], 'void'],
  ReleaseSessionOptions: [100, ['void *'], 'void'],
  AddSessionConfigEntry: [130, ['void *', 'str', 'str']],
  CreateAllocator: [131, ['void *', 'void *', 'out']],
  ReleaseAllocator: [132, ['void *'], 'void'],
  AddRunConfigEntry: [165, ['void *', 'str', 'str']],
  SessionOptionsAppendExecutionProvider_CUDA_V2: [204, ['void *', 'void *']],
  CreateCUDAProviderOptions: [205, ['out']],
  UpdateCUDAProviderOptions: [206, ['void *', 'void *', 'void *', 'size_t']],
  ReleaseCUDAProviderOptions: [208, ['void *'], 'void'],
  UpdateCUDAProviderOptionsWithValue: [263, ['void *', 'str', 'void *']],
  SetDeterministicCompute: [273, ['void *', 'bool']],
} as const satisfies Record<string, readonly [place: number, args: readonly string[], result?: string]>

type Name = keyof typeof functions

/** `OrtLoggingLevel`, `OrtAllocatorType`, `OrtMemType`. */
export const errorsOnly = 3
export const [deviceAllocator, arenaAllocator, defaultMemory] = [0, 1, 0] as const

/** Of something in C's memory. */
export type Pointer = bigint

export class CApi {
  /** Of the process: the binding's own. */
  readonly environment: Pointer
  /** The processor's, of which tensors are. */
  readonly memory: Pointer
  private readonly advise: Advise
  private readonly functions: Readonly<Record<Name, { readonly at: Pointer; readonly type: TypeObject }>>

  private constructor(
    private readonly koffi: typeof Koffi,
    /** koffi unloads a library whose object is collected. */
    readonly library: LibraryHandle,
    table: Pointer,
  ) {
    const places = Object.values(functions).map(([place]) => place)
    const pointers = koffi.decode(table, koffi.array('void *', Math.max(...places) + 1)) as Pointer[]
    const typeOf = (arg: string) => (arg === 'out' ? koffi.out(koffi.pointer('void *')) : arg)
    const entries = Object.entries<readonly [number, readonly string[], string?]>(functions)
    this.functions = Object.fromEntries(
      entries.map(([name, [place, args, result = 'void *']]) => [
        name,
        { at: present(pointers[place], `function ${name}`), type: koffi.proto(result, args.map(typeOf)) },
      ]),
    ) as Record<Name, { at: Pointer; type: TypeObject }>
    this.advise = huge(koffi)
    this.environment = this.create('CreateEnv', errorsOnly, 'vlae')
    this.memory = this.create('CreateCpuMemoryInfo', arenaAllocator, defaultMemory)
  }

  /** @throws Error why it cannot be had: koffi or the library is missing, or of another version */
  static async open(): Promise<CApi> {
    const { default: koffi } = await import('koffi')
    const library = koffi.load(libraryPath())
    const base = library.func('OrtGetApiBase', 'void *', [])() as Pointer
    const [getApi] = koffi.decode(base, koffi.array('void *', 2)) as Pointer[]
    const table = koffi.call(getApi, koffi.proto('void *', ['uint32']), version) as Pointer | null
    if (!table) throw new Error(`This ONNX Runtime has no version ${version} of its C API.`)
    return new CApi(koffi, library, table)
  }

  call(name: Name, ...args: unknown[]): unknown {
    const { at, type } = this.functions[name]
    return this.koffi.call(at, type, ...args)
  }

  /** @throws Error in ONNX Runtime's words */
  check(name: Name, ...args: unknown[]): void {
    const status = this.call(name, ...args) as Pointer | null
    if (!status) return
    const message = this.call('GetErrorMessage', status) as string
    this.call('ReleaseStatus', status)
    throw new Error(message)
  }

  /** What a function gives through its last argument. @throws Error in ONNX Runtime's words */
  create(name: Name, ...args: unknown[]): Pointer {
    const given: [Pointer | null] = [null]
    this.check(name, ...args, given)
    return present(given[0], `result of ${name}`)
  }

  /** Memory that is worked on again and again, before it is first used: a session's room, or what its tensors lie in. */
  inHugePages(memory: SharedArrayBuffer): void {
    this.advise(this.koffi.address(new Uint8Array(memory)) as Pointer, memory.byteLength)
  }

  /** The same for memory of a session's own, of which it will use so many bytes: what it is given back it keeps. */
  roomInHugePages(session: Pointer, bytes: number): void {
    if (bytes < hugePage) return
    const allocator = this.create('CreateAllocator', session, this.memory)
    try {
      const room = this.create('AllocatorAlloc', allocator, bytes)
      this.advise(room, bytes)
      this.check('AllocatorFree', allocator, room)
    } catch {
      // there is not so much in one piece: it takes what it needs as it goes
    } finally {
      this.call('ReleaseAllocator', allocator)
    }
  }

  /** A list of texts, as C has it, with what it points to. */
  texts(texts: readonly string[]): { readonly list: BigUint64Array; readonly texts: readonly Uint8Array[] } {
    const bytes = texts.map((text) => inSharedMemory(Buffer.from(`${text}\0`)))
    return { list: pointersTo(bytes.map((text) => this.koffi.address(text) as Pointer)), texts: bytes }
  }
}

/** A list of pointers, as C has it. Shared memory never moves: a small array of another kind may lie on V8's own heap. */
export function pointersTo(list: readonly Pointer[]): BigUint64Array {
  const pointers = new BigUint64Array(new SharedArrayBuffer(8 * list.length))
  pointers.set(list)
  return pointers
}

function inSharedMemory(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
  shared.set(bytes)
  return shared
}

const libraryNames: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.1.dylib',
  win32: 'onnxruntime.dll',
}

/** The library that onnxruntime-node has loaded. @throws Error if it brings none for this system */
export function libraryPath(platform = process.platform, arch: string = process.arch): string {
  const name = libraryNames[platform]
  const main = createRequire(import.meta.url).resolve('onnxruntime-node')
  // a packed app's native files lie beside its archive
  const folder = dirname(dirname(main)).replace(`app.asar${sep}`, `app.asar.unpacked${sep}`)
  const path = name && join(folder, 'bin/napi-v6', platform, arch, name)
  if (!path || !existsSync(path)) throw new Error(`There is no ONNX Runtime for ${platform} on ${arch}.`)
  return path
}
