/** Weights and states that someone hands over: safetensors files. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { decodeCheckpoint, encodeCheckpoint } from '../../../main/exchange/python-checkpoint'
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '../../../main/files/safetensors'
import { createLayout } from '../../../main/models/parameters'
import type { RunFile } from '../../../main/runs/run-file'
import { runSettings } from '../../../preload/contract'
import { answerOf } from '../../files/expect-refusal'
import { damaged, damages } from '../../files/mutate'
import { changed, oddNumber, oddText } from '../near'
import { target } from '../target'

/** It takes longer to load than all else together, and most targets do without it. */
let ladder: Awaited<ReturnType<typeof loadLadder>>
const loadLadder = () => import('./ladder')
const load = async () => void (ladder = await loadLadder())

/** A state is of any network. */
const tiny = createLayout([{ name: 'a', shape: [6], torch: { shape: [6], view: [6], permute: [0] } }])
const settings = runSettings.parse({})
const run = { settings, data: { fingerprint: 'f' } as RunFile['data'], stepsPerEpoch: 10 }

const goodState = encodeSafetensors(
  ['parameters', 'firstMoment', 'secondMoment'].map((name): NamedTensor => ({
    name,
    dtype: 'F32',
    shape: [tiny.size],
    data: Float32Array.of(0, 1, 2.5, 3, 4, 5),
  })),
  {
    progress: JSON.stringify({
      step: 32,
      epoch: 3,
      sums: { objective: 1, reconstruction: 2, klZ1: 3, klZ2: 4, images: 256 },
    }),
    settings: JSON.stringify(settings),
    data: 'f',
  },
)

/** A file whose header says anything, whatever is behind it. */
function withHeader(header: unknown, data: Uint8Array): Uint8Array {
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  return new Uint8Array(Buffer.concat([length, json, data]))
}

const entry = fc.record({
  dtype: fc.oneof(fc.constantFrom('F32', 'F64', 'I64', 'I32', 'U8', 'F16', 'BF16', 'toString', '__proto__'), oddText),
  shape: fc.array(fc.oneof(fc.nat(4), oddNumber), { maxLength: 4 }),
  data_offsets: fc.array(fc.oneof(fc.nat(64), oddNumber), { maxLength: 3 }),
})
const invented = fc
  .tuple(fc.dictionary(oddText, entry, { maxKeys: 4 }), fc.uint8Array({ maxLength: 64 }))
  .map(([header, data]) => withHeader(header, data))

function near(good: Uint8Array): fc.Arbitrary<Uint8Array> {
  const start = 8 + Number(Buffer.from(good).readBigUInt64LE(0))
  const header: unknown = JSON.parse(Buffer.from(good.subarray(8, start)).toString())
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant(good) },
    { weight: 5, arbitrary: damages.map((list) => damaged(good, list)) },
    { weight: 5, arbitrary: changed(fc.constant(header)).map((other) => withHeader(other, good.subarray(start))) },
    { weight: 1, arbitrary: invented },
  )
}

const floats = (size: number) =>
  fc.float32Array({ minLength: size, maxLength: size, noNaN: true, noDefaultInfinity: true })

const torch = encodeCheckpoint({
  epoch: 3,
  settings: { model: 'ladder' },
  weights: new Map([['a', { shape: [2, 3], data: new Float32Array(6) }]]),
  optimizer: null,
})

export const weights = [
  target({
    name: 'torch',
    cheap: 2,
    inputs: damages.map((list) => damaged(torch, list)),
    open: async () => ({
      async try(bytes) {
        await answerOf(() => {
          for (const { shape, data } of decodeCheckpoint(bytes, 'it').weights.values())
            assert.equal(
              data.length,
              shape.reduce((product, size) => product * size, 1),
            )
        })
      },
    }),
  }),
  target({
    name: 'safetensors',
    cheap: 4,
    inputs: fc.oneof({ weight: 2, arbitrary: near(goodState) }, { weight: 1, arbitrary: invented }),
    open: async () => ({
      async try(bytes) {
        await answerOf(() => {
          const { tensors, metadata } = decodeSafetensors(bytes)
          // halves are read as floats, twice as long
          const total = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0)
          assert.ok(total < 2 * bytes.length)
          assert.ok(Object.values(metadata).every((text) => typeof text === 'string'))
        })
      },
    }),
  }),
  target({
    name: 'weights',
    load,
    inputs: fc.constant(null).chain(() => near(ladder.good)),
    open: async (folder) => ({
      async try(bytes) {
        const path = join(folder, 'weights.safetensors')
        writeFileSync(path, bytes)
        const parameters = await answerOf(() => ladder.read(path))
        if (parameters !== undefined)
          assert.ok(parameters.length === ladder.layout.size && parameters.every(Number.isFinite))
      },
    }),
  }),
  target({
    name: 'state',
    load,
    inputs: near(goodState),
    open: async (folder) => ({
      async try(bytes) {
        const path = join(folder, 'resume.safetensors')
        writeFileSync(path, bytes)
        const read = await answerOf(() => ladder.stateOf(path, tiny, run))
        if (read === undefined) return
        for (const vector of Object.values(read.learner) as Float32Array[])
          assert.ok(vector.length === tiny.size && vector.every(Number.isFinite))
        assert.ok(Number.isSafeInteger(read.progress.step) && read.progress.step >= 0)
      },
    }),
  }),
  target({
    name: 'state-good',
    load,
    inputs: fc.record({
      parameters: floats(tiny.size),
      firstMoment: floats(tiny.size),
      secondMoment: floats(tiny.size),
      step: fc.nat(299),
    }),
    open: async (folder) => ({
      async try({ step, parameters, firstMoment, secondMoment }) {
        const path = join(folder, 'good.safetensors')
        const learner = { parameters, firstMoment, secondMoment: secondMoment.map(Math.abs) }
        const sums = { objective: 1, reconstruction: 0.25, klZ1: 0, klZ2: 0, images: (step % 10) * settings.batch }
        const state = { learner, progress: { step, epoch: Math.floor(step / 10), sums, schedule: {} } }
        await ladder.keep(path, state, run)
        assert.deepEqual(await ladder.stateOf(path, tiny, run), state)
      },
    }),
  }),
  target({
    name: 'weights-good',
    load,
    inputs: fc.record({ some: floats(16), at: fc.nat(10_000) }),
    open: async (folder) => ({
      async try({ some, at }) {
        const path = join(folder, 'good.safetensors')
        const parameters = new Float32Array(ladder.layout.size)
        parameters.set(some, at)
        await ladder.write(path, parameters)
        assert.deepEqual(await ladder.read(path), parameters)
      },
    }),
  }),
]
