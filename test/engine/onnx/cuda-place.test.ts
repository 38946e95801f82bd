/** What is asked of NVIDIA's driver, with one that only takes note: what is recorded, what fails, what is given back. */
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CApi } from '../../../main/engine/onnx/c-api'
import { toy } from '../../models/toy/toy'

/** The driver's functions that were called, and the code that some of them give instead of 0. */
let called: string[]
let failing: Partial<Record<string, number>>

const koffi = {
  load: () => ({
    func: (name: string) => (first: unknown, last: unknown) => {
      called.push(name)
      const code = failing[name] ?? 0
      // what a function gives, through its first argument or its last
      for (const given of [first, last]) if (code === 0 && Array.isArray(given)) given[0] = 4096n
      if (name === 'cuGetErrorString') (last as [bigint])[0] = 1n
      return code
    },
  }),
  out: () => 'out',
  pointer: () => 'pointer',
  decode: () => 'out of memory',
  address: () => 8192n,
}
const api = {
  create: () => 1n,
  check: () => {},
  call: () => undefined,
  texts: (texts: readonly string[]) => ({ list: [], texts }),
} as unknown as CApi

/** What is imported as koffi. */
let imported: object
/** As where the library or the driver cannot be had. */
const broken = {
  load: () => {
    throw new Error('no such library')
  },
}

beforeEach(() => {
  imported = koffi
  called = []
  failing = {}
  vi.resetModules()
  vi.doMock('koffi', () => ({ default: imported }))
})
afterEach(() => {
  vi.doUnmock('koffi')
})

/** Lets all memory go that nobody holds. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}

async function open() {
  const { CudaPlace } = await import('../../../main/engine/onnx/cuda-place')
  const place = await CudaPlace.open(api)
  called = []
  return place
}

describe('a card as a place', () => {
  it('records work once, and then does it in one call', async () => {
    const place = await open()
    const runOptions: unknown[] = []
    const recorded = place.record(() => runOptions.push(place.runOptions))
    // before it is recorded each run is waited for; what is recorded is not run
    expect(runOptions).toEqual([null, null, null, 1n])
    expect(place.problem).toBeNull()
    called = []
    recorded.begin()
    place.wait()
    expect(runOptions.length).toBe(4)
    expect(called).toEqual(['cuGraphLaunch', 'cuStreamSynchronize'])
    recorded.release()
    expect(called.at(-1)).toBe('cuGraphExecDestroy')
  })

  it('does work as it is where it cannot be recorded, and says why', async () => {
    const place = await open()
    let times = 0
    const work = () => {
      if (++times === 4) throw new Error('a node of the CPU’s')
    }
    const { begin } = place.record(work)
    expect(place.problem?.message).toBe('a node of the CPU’s')
    // else nothing would be computed on the stream any more
    expect(called.slice(-2)).toEqual(['cuStreamEndCapture', 'cuGraphDestroy'])
    begin()
    expect([times, place.runOptions]).toEqual([5, null])
  })

  it('that cannot end a record is used without', async () => {
    const place = await open()
    failing = { cuStreamEndCapture: 901 }
    const work = vi.fn<() => void>()
    place.record(work).begin()
    expect(place.problem?.message).toBe('CUDA could not record the work.')
    expect(work).toHaveBeenCalledTimes(5)
  })

  it('brings blocks there and back as wholes, and gives all back, the last first', async () => {
    const place = await open()
    const block = place.block(64)
    const part = new Float32Array(block.here, 16, 4)
    expect(block.at(part)).toEqual({ address: 4096n + 16n, byteLength: 16 })
    block.upload()
    block.download()
    place.release()
    expect(called.filter((name) => !name.startsWith('cuMemset'))).toEqual([
      'cuMemAlloc_v2',
      'cuMemHostRegister_v2',
      'cuMemcpyHtoDAsync_v2',
      'cuMemcpyDtoHAsync_v2',
      'cuMemHostUnregister',
      'cuMemFree_v2',
      'cuStreamDestroy_v2',
    ])
  })

  it('holds what the driver reads and writes, until that is told that it ends', async () => {
    const place = await open()
    const here = new WeakRef(place.block(1 << 20).here)
    await setTimeout()
    collectGarbage()
    expect(here.deref()?.byteLength).toBe(1 << 20)
    place.release()
    await setTimeout()
    collectGarbage()
    expect(here.deref()).toBeUndefined()
  })

  it('that cannot be made ready leaves nothing on the card', async () => {
    const { CudaPlace } = await import('../../../main/engine/onnx/cuda-place')
    const refuses = () => {
      throw new Error('no such option')
    }
    await expect(CudaPlace.open({ ...api, check: refuses } as unknown as CApi)).rejects.toThrow('no such option')
    expect(called.filter((name) => name.startsWith('cuStream'))).toEqual(['cuStreamCreate', 'cuStreamDestroy_v2'])
  })

  it('that refuses something says so in the driver’s words; one that is lost can still be left', async () => {
    const place = await open()
    failing = { cuMemAlloc_v2: 2 }
    expect(() => place.block(64)).toThrow('cuMemAlloc_v2: out of memory (2)')
    failing = { cuStreamSynchronize: 700, cuStreamDestroy_v2: 700 }
    expect(() => place.wait()).toThrow('(700)')
    expect(() => place.release()).not.toThrow()
  })
})

describe('how CUDA trains, before it does', () => {
  it('is with copies where koffi or the driver cannot be had, and why is said', async () => {
    imported = broken
    const { howCudaTrains } = await import('../../../main/engine/onnx/gpu')
    const { how, problem } = await howCudaTrains()
    expect(how).toBe(', with copies')
    expect(problem?.message).toContain('no such library')
  })
})

describe('training on a card', () => {
  it('says why it takes copies', async () => {
    imported = broken
    const { OnnxGpuEngine } = await import('../../../main/engine/onnx/gpu')
    const engine = new OnnxGpuEngine('onnx-cuda', 'A card', 'cuda')
    // with copies neither: there is no such card
    await engine.learner({ model: toy, batch: 2, lanes: 1 }).then(
      (learner) => learner.release(),
      () => undefined,
    )
    expect([engine.device, engine.problem?.message]).toEqual(['A card, with copies', 'no such library'])
  })
})
