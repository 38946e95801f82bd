/** What goes in and out of a compiled function, and what the recorder refuses. */
import { afterEach, describe, expect, it } from 'vitest'
import type { TensorFunction, TensorSpec } from '../../../main/engine/engine'
import { SessionProgram } from '../../../main/engine/onnx/session'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { compile } from '../../../main/engine/trace/compile'
import { programDifferences, runCompiled } from './kernel-case'

const vector: TensorSpec = { shape: [3], dtype: 'float32' }
const scalar: TensorSpec = { shape: [], dtype: 'float32' }
const x = Float32Array.of(1, -2, 3)

describe('results', () => {
  it('can be an input as it came', async () => {
    const fn: TensorFunction = ({ x }) => ({ x: x!, y: tf.neg(x!) })
    expect(await runCompiled(fn, { x: vector }, { x })).toEqual({ x, y: Float32Array.of(-1, 2, -3) })
  })

  it('can be constants', async () => {
    expect(
      await programDifferences(() => ({ y: tf.tensor1d([1, 2]), z: tf.scalar(3), ones: tf.ones([2, 2]) }), {}, {}),
    ).toEqual([])
  })

  it('can have two names, computed, given or constant', async () => {
    const fn: TensorFunction = ({ x }) => {
      const y = tf.neg(x!)
      const c = tf.scalar(1)
      return { first: y, second: y, third: x!, fourth: x!, fifth: c, sixth: c, again: tf.mul(y, 2) }
    }
    expect(await programDifferences(fn, { x: vector }, { x })).toEqual([])
  })

  it('can be scalars, of scalars', async () => {
    expect(
      await programDifferences(
        ({ a, x }) => ({ y: tf.mul(a!, 2), z: tf.sum(x!) }),
        { a: scalar, x: vector },
        { a: Float32Array.of(4), x },
      ),
    ).toEqual([])
  })

  it('of whole numbers and of comparisons come as floats', async () => {
    const fn: TensorFunction = ({ x, n }) => ({
      more: tf.greater(x!, 0),
      n: n!,
      sum: tf.add(n!, 1),
      one: tf.scalar(1, 'int32'),
    })
    expect(
      await programDifferences(
        fn,
        { x: vector, n: { shape: [2], dtype: 'int32' } },
        { x, n: Int32Array.of(-5, 70_000) },
      ),
    ).toEqual([])
  })

  it('are the same for a name that an input has', async () => {
    expect(await programDifferences(({ x }) => ({ x: tf.add(x!, 1) }), { x: vector }, { x })).toEqual([])
  })

  it('are written to the arrays that were given for them, and to new ones otherwise', async () => {
    const program = await SessionProgram.create(
      compile(({ x }) => ({ up: tf.add(x!, 1), down: tf.sub(x!, 1) }), { x: vector }),
      { threads: 1 },
    )
    const up = new Float32Array(3)
    const first = await program.run({ x }, { up })
    expect(first['up']).toBe(up)
    expect([...up]).toEqual([2, -1, 4])
    expect([...first['down']!]).toEqual([0, -3, 2])
    const second = await program.run({ x: Float32Array.of(0, 0, 0) })
    expect([...second['up']!]).toEqual([1, 1, 1])
    expect([...up], 'the array of the first run').toEqual([2, -1, 4])
    await program.release()
  })
})

describe('inputs', () => {
  it('of bytes are whole numbers to the function, up to 255', async () => {
    const fn: TensorFunction = ({ bytes }) => {
      expect(bytes!.dtype).toBe('int32')
      return {
        unit: tf.div(tf.cast(bytes!, 'float32'), 255),
        sum: tf.sum(bytes!),
        some: tf.equal(bytes!, 200),
        bytes: bytes!,
      }
    }
    expect(
      await programDifferences(fn, { bytes: { shape: [4], dtype: 'uint8' } }, { bytes: Uint8Array.of(0, 1, 200, 255) }),
    ).toEqual([])
  })

  it('of bytes pick classes', async () => {
    const fn: TensorFunction = ({ labels }) => ({ y: tf.oneHot(labels as never, 10, 1, 0, 'float32') })
    expect(
      await programDifferences(fn, { labels: { shape: [3], dtype: 'uint8' } }, { labels: Uint8Array.of(9, 0, 4) }),
    ).toEqual([])
  })

  it('may be of no use', async () => {
    expect(
      await programDifferences(
        ({ x }) => ({ y: tf.neg(x!) }),
        { x: vector, unused: scalar },
        { x, unused: Float32Array.of(1) },
      ),
    ).toEqual([])
  })

  it('keep −0 apart from 0 in constants', async () => {
    const fn: TensorFunction = ({ x }) => ({ up: tf.div(x!, tf.tensor1d([0])), down: tf.div(x!, tf.tensor1d([-0])) })
    expect(await runCompiled(fn, { x: { shape: [1], dtype: 'float32' } }, { x: Float32Array.of(1) })).toEqual({
      up: Float32Array.of(Infinity),
      down: Float32Array.of(-Infinity),
    })
  })
})

describe('the recorder', () => {
  // oxlint-disable-next-line vitest/no-standalone-expect
  afterEach(() => expect(tf.getBackend()).toBe('cpu'))

  it('names a kernel that it does not know', () => {
    expect(() => compile(({ x }) => ({ y: tf.sin(x!) }), { x: vector })).toThrow(
      expect.objectContaining({
        code: 'engine/unknown-kernel',
        message: expect.stringContaining('the kernel Sin.'),
        remedy: expect.stringContaining('Sin'),
      }),
    )
  })

  it('does not divide whole numbers, which tfjs rounds down', () => {
    const fn: TensorFunction = ({ n }) => ({ y: tf.div(n!, tf.scalar(2, 'int32')) })
    expect(() => compile(fn, { n: { shape: [2], dtype: 'int32' } })).toThrow('the kernel FloorDiv.')
  })

  it('names it also when only the gradient needs it', () => {
    const fn: TensorFunction = ({ x }) => ({ y: tf.customGrad((x) => ({ value: tf.neg(x as never), gradFunc: (dy) => tf.cos(dy as never) }))(x!) }) // prettier-ignore
    expect(() => compile(fn, { x: vector })).not.toThrow()
    const gradient: TensorFunction = ({ x }) => ({ y: tf.grad((x) => tf.sum(fn({ x })['y']!))(x!) })
    expect(() => compile(gradient, { x: vector })).toThrow('the kernel Cos.')
  })

  it('refuses to look at numbers that do not exist yet', () => {
    const looks: TensorFunction = ({ x }) => ({ y: tf.mul(x!, x!.dataSync()[0]!) })
    expect(() => compile(looks, { x: vector })).toThrow('cannot look at its numbers')
  })

  it('lets a function look at its constants', async () => {
    expect(
      await programDifferences(({ x }) => ({ y: tf.mul(x!, tf.scalar(3).dataSync()[0]!) }), { x: vector }, { x }),
    ).toEqual([])
  })

  it('refuses a tensor from outside, used or returned', () => {
    const outside = tf.tensor1d([1, 2, 3])
    expect(() => compile(({ x }) => ({ y: tf.add(x!, outside) }), { x: vector })).toThrow(
      'made outside the traced function',
    )
    expect(() => compile(() => ({ y: outside }), {})).toThrow('made outside the traced function')
    expect([...outside.dataSync()], 'it is still whole').toEqual([1, 2, 3])
    outside.dispose()
  })

  it('refuses a tensor of an earlier trace', () => {
    let leaked: ReturnType<typeof tf.keep> | undefined
    compile(({ x }) => ({ y: (leaked = tf.keep(tf.neg(x!))) }), { x: vector })
    expect(() => compile(({ x }) => ({ y: tf.add(x!, leaked!) }), { x: vector })).toThrow('made outside')
  })

  it('refuses convolutions that it would compute wrongly', () => {
    const specs = {
      x: { shape: [1, 6, 6, 2], dtype: 'float32' },
      f: { shape: [3, 3, 2, 2], dtype: 'float32' },
    } as const
    const dilated: TensorFunction = ({ x, f }) => ({ y: tf.conv2d(x as never, f as never, 1, 'same', 'NHWC', 2) })
    expect(() => compile(dilated, specs)).toThrow('Dilated')
    const channelsFirst: TensorFunction = ({ x, f }) => ({ y: tf.conv2d(tf.transpose(x!, [0, 3, 1, 2]) as never, f as never, 1, 'same', 'NCHW') }) // prettier-ignore
    expect(() => compile(channelsFirst, specs)).toThrow('NHWC')
  })

  it('goes on as if nothing had been after a failure', async () => {
    const before = tf.memory().numTensors
    const fn: TensorFunction = ({ x }) => ({ y: tf.add(tf.mul(x!, 2), 1) })
    const fresh = compile(fn, { x: vector })
    const breaks: TensorFunction = ({ x }) => {
      tf.add(tf.mul(x!, 2), 1)
      throw new Error('in the middle')
    }
    expect(() => compile(breaks, { x: vector })).toThrow('in the middle')
    expect(tf.memory().numTensors).toBe(before)
    expect(() => compile(({ x }) => ({ y: tf.grad((x) => breaks({ x })['y']!)(x!) }), { x: vector })).toThrow(
      'in the middle',
    )
    expect(tf.getBackend()).toBe('cpu')
    expect(compile(fn, { x: vector }).bytes).toEqual(fresh.bytes)
    expect([...tf.add(1, 2).dataSync()]).toEqual([3])
    expect((await runCompiled(fn, { x: vector }, { x }))['y']).toEqual(Float32Array.of(3, -3, 7))
  })

  it('keeps no tensors, also of functions that keep theirs', () => {
    const before = tf.memory().numTensors
    compile(({ x }) => ({ y: tf.keep(tf.neg(x!)), x: x! }), { x: vector })
    expect(tf.memory().numTensors).toBe(before)
  })

  it('gives the same model for the same function', () => {
    const fn: TensorFunction = ({ x }) => ({ y: tf.softplus(tf.sum(tf.exp(x!))) })
    expect(compile(fn, { x: vector })).toEqual(compile(fn, { x: vector }))
  })
})
