/** Sessions that compute where their arrays lie: through the C API, and on copies where that cannot be had. */
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { TensorFunction } from '../../../main/engine/engine'
import { compile } from '../../../main/engine/trace/compile'

const specs = {
  bytes: { shape: [2, 3], dtype: 'uint8' },
  factor: { shape: [2, 3], dtype: 'float32' },
} as const
const fn: TensorFunction = ({ bytes, factor }) => {
  const product = tf.mul(tf.cast(bytes!, 'float32'), factor!)
  return { product, sum: tf.sum(product, 1) }
}
const model = compile(fn, specs)

const shared = (length: number) => new Float32Array(new SharedArrayBuffer(4 * length))
function arrays() {
  const bytes = new Uint8Array(new SharedArrayBuffer(6))
  return { inputs: { bytes, factor: shared(6) }, outputs: { product: shared(6), sum: shared(2) } }
}

const load = async () => {
  vi.resetModules()
  return import('../../../main/engine/onnx/bound-session')
}

afterEach(() => {
  vi.doUnmock('koffi')
  vi.restoreAllMocks()
})

describe.each(['in place', 'on copies'])('a bound session, %s', (how) => {
  beforeEach(() => {
    if (how === 'on copies') vi.doMock('koffi', () => ({ default: { load: () => { throw new Error('no koffi here') } } })) // prettier-ignore
  })

  it('says which it is', async () => {
    const { whyCopied } = await load()
    expect((await whyCopied())?.message).toBe(how === 'in place' ? undefined : 'no koffi here')
  })

  it('reads its inputs and writes its outputs anew each time, where they lie', async () => {
    const { bindSession } = await load()
    const { inputs, outputs } = arrays()
    const session = await bindSession(model, inputs, outputs)
    for (const scale of [1, 0.1]) {
      inputs.bytes.set([0, 1, 2, 253, 254, 255])
      inputs.factor.fill(scale)
      await session.run()
      expect(outputs.product).toEqual(Float32Array.from(inputs.bytes, (byte) => Math.fround(byte * Math.fround(scale))))
      expect(outputs.sum[1]).toBeCloseTo(762 * scale, 3)
    }
    await session.release()
  })

  it('computes some of the outputs, and others of one’s own of the same model', async () => {
    const { bindSession } = await load()
    const [one, two] = [arrays(), arrays()]
    one.inputs.factor.fill(1)
    one.inputs.bytes.fill(2)
    two.inputs.factor.fill(3)
    two.inputs.bytes.fill(4)
    const sessions = [
      await bindSession(model, one.inputs, { sum: one.outputs.sum }),
      await bindSession(model, two.inputs, two.outputs),
    ]
    for (const session of sessions) await session.run()
    expect([...one.outputs.sum, ...two.outputs.sum]).toEqual([6, 6, 36, 36])
    expect(one.outputs.product).toEqual(new Float32Array(6))
    for (const session of sessions) await session.release()
  })

  it('that is released computes nothing any more, and says so: the library would end the process', async () => {
    const { bindSession } = await load()
    const { inputs, outputs } = arrays()
    const session = await bindSession(model, inputs, outputs)
    await session.release()
    await expect((async () => session.run())()).rejects.toThrow(how === 'in place' ? 'has been released' : 'disposed')
  })

  it('of a broken model is an error in ONNX Runtime’s words', async () => {
    const { bindSession } = await load()
    const { inputs, outputs } = arrays()
    await expect(bindSession({ ...model, bytes: model.bytes.slice(0, 40) }, inputs, outputs)).rejects.toThrow(
      /model|protobuf/i,
    )
  })
})

describe('ONNX Runtime’s library', () => {
  it('is the one that the binding has loaded', async () => {
    const { libraryPath } = await import('../../../main/engine/onnx/c-api')
    expect(libraryPath()).toContain(`${process.platform}/${process.arch}`)
    for (const [platform, arch, name] of [
      ['linux', 'arm64', 'libonnxruntime.so.1'],
      ['darwin', 'arm64', 'libonnxruntime.1.dylib'],
      ['win32', 'x64', 'onnxruntime.dll'],
    ] as const)
      expect(libraryPath(platform, arch)).toMatch(new RegExp(`${platform}.${arch}.${name}$`))
    expect(() => libraryPath('aix', 'ppc64')).toThrow('There is no ONNX Runtime for aix on ppc64.')
  })

  it('of a version without this table is an error', async () => {
    const { default: koffi } = await vi.importActual<{ readonly default: object }>('koffi')
    vi.resetModules()
    vi.doMock('koffi', () => ({ default: { ...koffi, call: () => null } }))
    const { whyCopied } = await import('../../../main/engine/onnx/bound-session')
    expect((await whyCopied())?.message).toBe('This ONNX Runtime has no version 22 of its C API.')
  })
})
