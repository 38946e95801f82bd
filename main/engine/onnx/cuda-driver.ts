/** NVIDIA's driver, called through koffi: memory on the card, copies, and work that is recorded once and replayed. */
import type Koffi from 'koffi'
import type { LibraryHandle } from 'koffi'
import { present } from '../../../preload/present'
import type { Pointer } from './c-api'

/** The arguments of each function (cuda.h); all return a number, 0 if all is well. */
const functions = {
  cuInit: ['uint32'],
  cuDevicePrimaryCtxRetain: ['out', 'int'],
  cuCtxSetCurrent: ['void *'],
  cuGetErrorString: ['int', 'out'],
  cuMemAlloc_v2: ['out', 'size_t'],
  cuMemFree_v2: ['void *'],
  cuMemHostRegister_v2: ['void *', 'size_t', 'uint32'],
  cuMemHostUnregister: ['void *'],
  cuMemcpyHtoDAsync_v2: ['void *', 'void *', 'size_t', 'void *'],
  cuMemcpyDtoHAsync_v2: ['void *', 'void *', 'size_t', 'void *'],
  cuMemsetD8Async: ['void *', 'uint8', 'size_t', 'void *'],
  cuStreamCreate: ['out', 'uint32'],
  cuStreamSynchronize: ['void *'],
  cuStreamDestroy_v2: ['void *'],
  cuStreamBeginCapture_v2: ['void *', 'int'],
  cuStreamEndCapture: ['void *', 'out'],
  cuGraphInstantiateWithFlags: ['out', 'void *', 'uint64'],
  cuGraphLaunch: ['void *', 'void *'],
  cuGraphDestroy: ['void *'],
  cuGraphExecDestroy: ['void *'],
} as const satisfies Record<string, readonly string[]>

type Name = keyof typeof functions
type Call = (...args: unknown[]) => number

/** ONNX Runtime's first card, and the driver's. */
export const card = 0
let context: Pointer | undefined

export class CudaDriver {
  private readonly functions: Readonly<Record<Name, Call>>

  private constructor(
    private readonly koffi: typeof Koffi,
    library: LibraryHandle,
  ) {
    const typeOf = (arg: string) => (arg === 'out' ? koffi.out(koffi.pointer('void *')) : arg)
    const entries = Object.entries<readonly string[]>(functions).map(([name, args]): [string, Call] => [
      name,
      library.func(name, 'int', args.map(typeOf)),
    ])
    this.functions = Object.fromEntries(entries) as Record<Name, Call>
  }

  /** For the calling thread. @throws Error why there is none: koffi, the driver or a card is missing */
  static async open(): Promise<CudaDriver> {
    const { default: koffi } = await import('koffi')
    const driver = new CudaDriver(koffi, koffi.load('libcuda.so.1'))
    driver.check('cuInit', 0)
    // never given back: ONNX Runtime, which uses the same one, still holds memory of it when the process ends
    context ??= driver.create('cuDevicePrimaryCtxRetain', card)
    driver.check('cuCtxSetCurrent', context)
    return driver
  }

  /** @throws Error in the driver's words */
  check(name: Name, ...args: unknown[]): void {
    const code = this.functions[name](...args)
    if (code === 0) return
    const text: [Pointer | null] = [null]
    this.functions.cuGetErrorString(code, text)
    const words = text[0] ? (this.koffi.decode(text[0], 'char', -1) as string) : 'unknown error'
    throw new Error(`${name}: ${words} (${code})`)
  }

  /** Whether it could be done. */
  try(name: Name, ...args: unknown[]): boolean {
    return this.functions[name](...args) === 0
  }

  /** What a function gives through its first argument. @throws Error in the driver's words */
  create(name: Name, ...args: unknown[]): Pointer {
    const given: [Pointer | null] = [null]
    this.check(name, given, ...args)
    return present(given[0], `result of ${name}`)
  }

  address(memory: SharedArrayBuffer): Pointer {
    return this.koffi.address(new Uint8Array(memory)) as Pointer
  }
}
