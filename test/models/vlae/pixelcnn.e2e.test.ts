import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { normals, uniform } from '../../../main/models/random'
import { mapChannels, pixelCnn } from '../../../main/models/vlae/pixelcnn'
import { fieldOf, tapsOf, windowName, type Window } from '../../../main/models/vlae/window'
import { compute, madeUp, prepared } from './pieces'

const [side, size] = [28, 784]
const windows: Window[] = [{ width: 4, above: 2 }, { width: 5, above: 3 }, { width: 7, above: 4 }, 'triangle', 'past']

const everyLogit = Array.from({ length: size }, (_, logit) => logit)

/** ∂logit/∂pixel of these logits for every pixel: [logits, 784]. Image i of a batch of equals stands for its i-th logit. */
async function jacobian(window: Window, { tied = false, logits = everyLogit } = {}): Promise<Float32Array> {
  const piece = pixelCnn({ window, tied })
  const values = madeUp(piece.parameters)
  const batch = 112
  const one = uniform(new Float32Array(size), { seed: 4, stream: 0, counter: 0 })
  const around = normals(new Float32Array(size * mapChannels), { seed: 5, stream: 0, counter: 0 })
  const shapes = { pixels: [batch, size], map: [batch, side, side, mapChannels], picked: [batch, size] }
  const program = await prepared(piece.parameters, shapes, (parameters, { pixels, map, picked }) => {
    const logit = (x: Tensor) =>
      tf.sum(tf.mul(piece.apply({ parameters }, { pixels: x, map: map! }), picked!)) as Scalar
    return { gradient: tf.grad(logit)(pixels!) }
  })
  const inputs = { ...values, pixels: repeated(one, batch), map: repeated(around, batch) }
  const whole = new Float32Array(logits.length * size)
  for (let first = 0; first < logits.length; first += batch) {
    const picked = new Float32Array(batch * size)
    for (const [i, logit] of logits.slice(first, first + batch).entries()) picked[i * size + logit] = 1
    const { gradient } = await program.run({ ...inputs, picked })
    whole.set(gradient!, first * size)
  }
  await program.release()
  return whole
}

function repeated(values: Float32Array, times: number): Float32Array {
  const all = new Float32Array(values.length * times)
  for (let i = 0; i < times; i++) all.set(values, i * values.length)
  return all
}

/** The pairs of a logit and a pixel where one depends on the other and should not, or does not and should. */
function wrong(gradients: Float32Array, window: Window, logits = everyLogit): string[] {
  const field = fieldOf(tapsOf(window))
  const found: string[] = []
  for (const [i, logit] of logits.entries()) {
    const [row, column] = [Math.floor(logit / side), logit % side]
    const seen = new Set<number>()
    for (const [down, right] of field) {
      const [r, c] = [row + down, column + right]
      if (r >= 0 && c >= 0 && c < side) seen.add(r * side + c)
    }
    for (let pixel = 0; pixel < size; pixel++)
      if ((gradients[i * size + pixel] !== 0) !== seen.has(pixel)) found.push(`${logit} of ${pixel}`)
  }
  return found
}

describe('a local PixelCNN', () => {
  it.each(windows.map((window) => [windowName(window), window] as const))(
    'sees of all 784 pixels, at each of 784, exactly its window: %s',
    async (_, window) => expect(wrong(await jacobian(window), window)).toEqual([]),
  )

  it('sees of all of them, at every seventh, exactly its window where that is wide', async () => {
    const logits = everyLogit.filter((logit) => logit % 7 === 0)
    expect(wrong(await jacobian('wide', { logits }), 'wide', logits)).toEqual([])
  })

  it('does so with tied weights, which are fewer', async () => {
    expect(wrong(await jacobian('triangle', { tied: true }), 'triangle')).toEqual([])
    const count = (tied: boolean) => pixelCnn({ window: 'triangle', tied }).parameters.length
    expect(count(true)).toBeLessThan(count(false))
  })

  it('has the parameters of the paper’s six layers of twelve filters, for all weights that a mask leaves', () => {
    const { parameters } = pixelCnn({ window: 'triangle' })
    const sizes = Object.fromEntries(parameters.map(({ name, shape }) => [name, shape.join('×')]))
    expect(sizes).toMatchObject({
      'pixel.first.v': '2×3×1×12',
      'pixel.first.map': '3×3×4×12',
      'pixel.masked.4.v': '2×3×12×12',
      'pixel.between.3.second.v': '1×1×12×12',
      'pixel.last.v': '1×1×12×1',
    })
  })

  it('refuses tied weights of layers that are not alike', () => {
    expect(() => pixelCnn({ window: { width: 7, above: 4 }, tied: true })).toThrow('cannot share their weights')
    expect(() => pixelCnn({ window: { width: 13, above: 6 }, tied: true })).not.toThrow()
  })

  it('works without a code', async () => {
    const piece = pixelCnn({ window: 'triangle', withCode: false })
    const pixels = { values: new Float32Array(2 * size), shape: [2, size] }
    const { logits } = await compute(piece.parameters, madeUp(piece.parameters), { pixels }, (parameters, seen) => ({
      logits: piece.apply({ parameters }, { pixels: seen['pixels']! }),
    }))
    expect(logits).toHaveLength(2 * size)
    expect(new Set(logits!).size).toBeGreaterThan(20)
  })
})
