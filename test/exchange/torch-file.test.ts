/** Files of torch.save: PyTorch's are read, ours are read by PyTorch, and what is wrong with one is said. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Call, Name, Persistent, type Pickled, Tuple, writePickle } from '../../main/exchange/pickle-writer'
import { decodeCheckpoint, encodeCheckpoint, type Written } from '../../main/exchange/python-checkpoint'
import { decodeTorchFile, type Tensor, TorchWriter } from '../../main/exchange/torch-file'
import { encodeZip } from '../../main/files/zip'
import { errorOf, refusalOf } from '../files/expect-refusal'
import { damaged, damages } from '../files/mutate'

const fixtures = join(import.meta.dirname, '../fixtures/torch')
const script = join(fixtures, 'write.py')
const fixture = (name: string) => new Uint8Array(readFileSync(join(fixtures, name)))
const python = process.env['PYTHON'] ?? 'python3'

interface Plain {
  readonly dtype: string
  readonly shape: number[]
  readonly values: number[]
}
interface Plainly {
  readonly epoch: number
  readonly model_state: Record<string, Plain>
  readonly opt_state: { state: Record<string, Record<string, Plain>>; param_groups: Record<string, unknown>[] }
}
const written = JSON.parse(readFileSync(join(fixtures, 'written.json'), 'utf8')) as {
  checkpoint: Plainly
  kinds: Record<string, Plain>
  wrapped: Record<string, Plain>
}
const values = ({ data }: Pick<Tensor, 'data'>) => Array.from(data as ArrayLike<number | bigint>, Number)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-torch-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a file that PyTorch wrote', () => {
  it('is read: tensors of every kind, views, and what stands beside them', () => {
    const read = decodeTorchFile(fixture('kinds.pt'), 'kinds.pt') as Map<string, unknown>
    const { beside, ...tensors } = written.kinds
    expect([...read.keys()]).toEqual([...Object.keys(tensors), 'beside'])
    for (const [name, { shape, values: numbers }] of Object.entries(tensors)) {
      const tensor = read.get(name) as Tensor
      expect([name, tensor.shape, values(tensor)]).toEqual([name, shape, numbers])
    }
    const dtypes = Object.keys(tensors).map((name) => (read.get(name) as Tensor).dtype)
    expect(dtypes.slice(-9)).toEqual(['F64', 'F32', 'F32', 'I64', 'I32', 'I32', 'I32', 'U8', 'U8'])
    const [nothing, truth, ...others] = read.get('beside') as unknown[]
    expect([nothing, truth, ...others.slice(0, 4)]).toEqual([null, true, -1, 300, 70_000, 2 ** 40])
    expect(others[4]).toBe(2n ** 70n)
    expect(others.slice(5)).toEqual([0.25, 'ü', [1, 2], [], new Map([['a', [1]]])])
    expect(beside).toBeDefined()
  })

  it('is a checkpoint with the state of Adam, by the parameters’ names', () => {
    const { epoch, weights, optimizer, without } = decodeCheckpoint(fixture('checkpoint.pt'), 'it')
    const { model_state: model, opt_state: adam } = written.checkpoint
    expect([epoch, without]).toEqual([3, null])
    expect(Object.fromEntries([...weights].map(([name, tensor]) => [name, values(tensor as Tensor)]))).toEqual(
      Object.fromEntries(Object.entries(model).map(([name, { values: numbers }]) => [name, numbers])),
    )
    expect(optimizer).toMatchObject({ optimizer: 'adam', step: 2, learningRate: 3e-3 })
    for (const [i, name] of Object.keys(model).entries()) {
      expect(values(optimizer!.kept['firstMoment']!.get(name) as Tensor)).toEqual(adam.state[i]!['exp_avg']!.values)
      expect(values(optimizer!.kept['secondMoment']!.get(name) as Tensor)).toEqual(adam.state[i]!['exp_avg_sq']!.values)
    }
  })

  it('is read as a bare state_dict, also as torch.compile leaves it', () => {
    const { epoch, weights, optimizer } = decodeCheckpoint(fixture('wrapped.pt'), 'it')
    expect([epoch, optimizer]).toEqual([null, null])
    expect([...weights.keys()]).toEqual(['0.weight', '0.bias', '2.weight', '2.bias'])
    expect(values(weights.get('2.bias') as Tensor)).toEqual(written.wrapped['_orig_mod.2.bias']!.values)
  })

  it.each([
    ['old.pt', 'weights/old-format', 'before version 1.6'],
    ['model.pt', 'weights/not-allowed', '__main__.Own'],
    ['kinds.pt', 'weights/no-weights', '"beside"'],
  ])('is refused as %s, with what to do', (name, code, text) => {
    const error = errorOf(() => decodeCheckpoint(fixture(name), name))
    expect(error?.code).toBe(code)
    expect(error?.message).toMatch(text)
  })
})

/** Whether Python has PyTorch here. */
function hasTorch(): boolean {
  try {
    execFileSync(python, ['-c', 'import torch'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The tiny network of write.py. */
const shapes = { '0.weight': [2, 1, 3, 3], '0.bias': [2], '2.weight': [3, 8], '2.bias': [3] }
const tensors = (from: number) =>
  new Map(
    Object.entries(shapes).map(([name, shape], i): [string, Written] => {
      const length = shape.reduce((product, size) => product * size, 1)
      return [name, { shape, data: Float32Array.from({ length }, (_, at) => from + i + at / 8) }]
    }),
  )
const kept = { firstMoment: tensors(10), secondMoment: tensors(20) }
const checkpoint = { epoch: 30, settings: { model: 'tiny', learningRate: 5e-4, seed: 2 ** 32 - 1 }, weights: tensors(0), optimizer: { optimizer: 'adam', step: 14_070, learningRate: 5e-4, kept } } // prettier-ignore

describe('a file that this app writes', () => {
  it('is read again as it was, and is the same bytes each time', () => {
    const bytes = encodeCheckpoint(checkpoint)
    expect(Buffer.from(encodeCheckpoint(checkpoint)).equals(bytes)).toBe(true)
    const { epoch, weights, optimizer } = decodeCheckpoint(bytes, 'it')
    expect([epoch, optimizer?.step, optimizer?.learningRate]).toEqual([30, 14_070, 5e-4])
    for (const [read, tensors] of [
      [weights, checkpoint.weights],
      [optimizer!.kept['firstMoment']!, kept.firstMoment],
      [optimizer!.kept['secondMoment']!, kept.secondMoment],
    ] as const)
      expect([...read].map(([name, { shape, data }]) => [name, { shape, data }])).toEqual([...tensors])
  })

  it('says that there is no state of an optimizer where there is none', () => {
    const bytes = encodeCheckpoint({ ...checkpoint, optimizer: null })
    expect((decodeTorchFile(bytes, 'it') as Map<string, unknown>).get('opt_state')).toBeNull()
    expect(decodeCheckpoint(bytes, 'it')).toMatchObject({ optimizer: null, without: null })
  })

  it('is loaded by PyTorch, safely, into a module and its optimizer', { timeout: 120_000 }, (context) => {
    if (!hasTorch()) return context.skip(`${python} with torch is not installed`)
    const path = join(folder, 'ours.pt')
    writeFileSync(path, encodeCheckpoint(checkpoint))
    const { saved, adam } = JSON.parse(execFileSync(python, [script, 'check', path], { encoding: 'utf8' })) as {
      saved: Plainly
      adam: Plainly['opt_state']
    }
    const plain = (tensors: ReadonlyMap<string, Written>) =>
      [...tensors.values()].map(({ shape, data }) => ({ dtype: 'float32', shape, values: [...data] }))
    expect(saved.epoch).toBe(30)
    expect(Object.entries(saved.model_state)).toEqual([...checkpoint.weights.keys()].map((name, i) => [name, plain(checkpoint.weights)[i]])) // prettier-ignore
    const states = Object.values(adam.state)
    expect(states.map((state) => state['exp_avg'])).toEqual(plain(kept.firstMoment))
    expect(states.map((state) => state['exp_avg_sq'])).toEqual(plain(kept.secondMoment))
    expect(states.map((state) => state['step']!.values)).toEqual(states.map(() => [14_070]))
    expect(adam.param_groups[0]).toMatchObject({ lr: 5e-4, betas: [0.9, 0.999], eps: 1e-8, params: [0, 1, 2, 3] })
  })
})

describe('a file that someone has made up', () => {
  /** A file whose pickle is this, with 16 numbers in data/0. */
  const file = (value: Pickled, others: { name: string; data: Uint8Array }[] = []) =>
    encodeZip([
      { name: 'x/data.pkl', data: writePickle(value) },
      { name: 'x/data/0', data: new Uint8Array(64) },
      ...others,
    ])
  const storage = (key: Pickled = '0', length: Pickled = 16, kind = 'FloatStorage') =>
    new Persistent(new Tuple(['storage', new Name('torch', kind), key, 'cpu', length]))
  const tensor = (of: Pickled, offset: Pickled, shape: Pickled, strides: Pickled) =>
    new Map([['a', new Call('torch._utils', '_rebuild_tensor_v2', [of, offset, shape, strides, false, new Map()])]])
  const good = tensor(storage(), 0, new Tuple([4, 4]), new Tuple([4, 1]))
  const code = (bytes: Uint8Array) => errorOf(() => decodeCheckpoint(bytes, 'it'))?.code

  it('is read where all is right', () => expect(code(file(good))).toBeUndefined())

  const big = 2 ** 31 - 1
  it.each([
    ['reaches behind its numbers', tensor(storage(), 1, new Tuple([4, 4]), new Tuple([4, 1]))],
    ['reaches before them', tensor(storage(), -1, new Tuple([1]), new Tuple([1]))],
    ['strides out of them', tensor(storage(), 0, new Tuple([4, 4]), new Tuple([5, 1]))],
    ['strides backwards', tensor(storage(), 15, new Tuple([4]), new Tuple([-1]))],
    ['is one number a billion times', tensor(storage(), 0, new Tuple([big, 4]), new Tuple([0, 0]))],
    ['has a size beyond all numbers', tensor(storage(), 0, new Tuple(Array(8).fill(big)), new Tuple(Array(8).fill(big)))], // prettier-ignore
    ['has more axes than strides', tensor(storage(), 0, new Tuple([4, 4]), new Tuple([4]))],
    ['has a thousand axes', tensor(storage(), 0, new Tuple(Array(1000).fill(1)), new Tuple(Array(1000).fill(1)))],
    ['has text for a shape', tensor(storage(), 0, 'large', 'small')],
    ['is of no storage', tensor('0', 0, new Tuple([1]), new Tuple([1]))],
    ['is of a storage elsewhere on the disk', tensor(storage('../../../../etc/passwd'), 0, new Tuple([1]), new Tuple([1]))], // prettier-ignore
    ['is of a storage that is not there', tensor(storage('1'), 0, new Tuple([1]), new Tuple([1]))],
    ['is of a storage with another length', tensor(storage('0', 17), 0, new Tuple([1]), new Tuple([1]))],
    ['is of a storage of another kind', tensor(storage('0', 16, 'DoubleStorage'), 0, new Tuple([1]), new Tuple([1]))],
    ['calls a kind of storage', new Map([['a', new Call('torch', 'FloatStorage', [])]])],
    ['is of a text', tensor(new Persistent('storage'), 0, new Tuple([1]), new Tuple([1]))],
  ])('is refused where a tensor %s', (_, value) => {
    expect(code(file(value))).toBe('weights/damaged')
  })

  it('is refused where it is another archive, has two pickles, or another order of bytes', () => {
    expect(code(encodeZip([{ name: 'word/document.xml', data: new Uint8Array(9) }]))).toBe('weights/damaged')
    expect(code(file(good, [{ name: 'y/data.pkl', data: writePickle(good) }]))).toBe('weights/damaged')
    expect(code(file(good, [{ name: 'x/byteorder', data: Buffer.from('big') }]))).toBe('weights/damaged')
    expect(code(Buffer.from('not weights at all'))).toBe('weights/damaged')
    expect(code(new Uint8Array(0))).toBe('weights/damaged')
  })

  it('goes on without an optimizer’s state that is not as it must be, and says why', () => {
    const writer = new TorchWriter()
    const numbers = () => writer.tensor(new Float32Array(2), [2])
    const state = (change: Record<string, Pickled>, group: Record<string, Pickled> = {}) => {
      const one = new Map(Object.entries({ step: 3, exp_avg: numbers(), exp_avg_sq: numbers(), ...change }))
      const groups = [new Map(Object.entries({ lr: 1, params: [0], ...group }))]
      return new Map<string, Pickled>([['state', new Map([[0, one]])], ['param_groups', groups]]) // prettier-ignore
    }
    const read = (opt: Pickled) =>
      decodeCheckpoint(writer.encode(new Map<string, Pickled>([['model_state', new Map([['a', numbers()]])], ['opt_state', opt]])), 'it') // prettier-ignore
    expect(read(state({})).optimizer).toMatchObject({ step: 3, learningRate: 1 })
    expect(read(state({ step: 'three' })).without).toMatch('steps')
    expect(read(state({ exp_avg: 0 })).without).toMatch('an optimizer that this app does not go on with')
    expect(read(state({}, { weight_decay: 1 })).without).toMatch('another weight_decay')
    expect(read(state({}, { amsgrad: true })).without).toMatch('another amsgrad')
    expect(read(new Map<string, Pickled>([['state', new Map()], ['param_groups', []]])).without).toMatch('form of its own') // prettier-ignore
    expect(read(state({}, { lr: [] })).optimizer?.learningRate).toBeNull()
  })

  it('is read or refused, and never anything else, however it is damaged', () => {
    const goods = [fixture('checkpoint.pt'), fixture('kinds.pt'), encodeCheckpoint(checkpoint)]
    fc.assert(
      fc.property(fc.constantFrom(...goods), damages, (bytes, list) => {
        const refused = refusalOf(() => decodeCheckpoint(damaged(bytes, list), 'it'))
        expect(refused ?? 'weights/').toMatch(/^(weights|zip)\//)
      }),
      { numRuns: 1500 },
    )
  })

  it('is read or refused where its pickle alone is damaged, and every tensor that is read has its numbers', () => {
    const numbers = new Uint8Array(64)
    const pickle = writePickle(new Map<string, Pickled>([['epoch', 1], ['model_state', good]])) // prettier-ignore
    fc.assert(
      fc.property(damages, (list) => {
        const bytes = encodeZip([
          { name: 'x/data.pkl', data: damaged(pickle, list) },
          { name: 'x/data/0', data: numbers },
        ])
        errorOf(() => {
          for (const { shape, data } of decodeCheckpoint(bytes, 'it').weights.values())
            expect(data).toHaveLength(shape.reduce((product, size) => product * size, 1))
        })
      }),
      { numRuns: 3000 },
    )
  })
})
