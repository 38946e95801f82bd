/** Evaluation and −log p in real threads: the graph's figures, with any number of threads, and the same bits again with as many. */
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as Threads from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Engine } from '../../../main/engine/engine'
import type { OnnxEngine } from '../../../main/engine/lanes/cpu'
import type * as Create from '../../../main/models/create'
import type { Model } from '../../../main/models/model'
import type * as Codes from '../../../main/questions/codes'
import type * as Evaluate from '../../../main/training/evaluate'
import type * as Programs from '../../../main/training/programs'
import { type Built, buildModules } from '../../build'

/** More than a plan is made for: fewer rows are computed by the graph. */
const count = 150
const images = Uint8Array.from({ length: count * 784 }, (_, i) => (i * 2_654_435_761) % 256)
const labels = Uint8Array.from({ length: count }, (_, i) => i % 10)

let built: Built
let modules: { onnx: { OnnxEngine: typeof OnnxEngine } } & {
  create: typeof Create
  codes: typeof Codes
  evaluate: typeof Evaluate
  programs: typeof Programs
}
beforeAll(async () => {
  const rooms = {
    onnx: 'main/engine/lanes/cpu.ts',
    create: 'main/models/create.ts',
    codes: 'main/questions/codes.ts',
    evaluate: 'main/training/evaluate.ts',
    programs: 'main/training/programs.ts',
  }
  built = await buildModules({ ...rooms, lane: 'test/engine/lanes/lane-with-errands.ts' })
  const load = async (name: string) => [name, await import(pathToFileURL(join(built.folder, `${name}.js`)).href)]
  modules = Object.fromEntries(await Promise.all(Object.keys(rooms).map(load))) as typeof modules
})
afterAll(() => built.remove())

/** What a test set costs, and the codes of some images. */
async function figures(engine: Engine, model: Model) {
  const { createPrograms } = modules.programs
  const programs = createPrograms(engine, model)
  const parameters = model.initialise(1)
  try {
    const { images: _, ...means } = await modules.evaluate.evaluate(programs, parameters, { images, labels, count })
    const some = images.subarray(0, 20 * 784)
    const posteriors = await modules.codes.posteriorsOf(programs, parameters, some, {})
    const weigher = await modules.codes.weigherOf(programs, parameters, { images: some, labels, posteriors })
    const noise = new Float32Array(weigher.codeSize).fill(0.3)
    const weighed = await weigher.weigh(Array.from({ length: 20 }, (_, image) => ({ image, noise })))
    return [...Object.values(means), ...Array.from(weighed.reconstructions).slice(0, 20), ...Array.from(weighed.rates).slice(0, 20)] // prettier-ignore
  } finally {
    await programs.release()
  }
}
const withoutPlans = (threads: number): Engine => Object.assign(new modules.onnx.OnnxEngine(threads), { prepareRows: undefined }) // prettier-ignore

describe.each([
  ['the ladder', {}],
  ['the ladder by class', { condition: 'label' }],
  ['vlae', { model: 'vlae' }],
  ['vlae by class', { model: 'vlae', condition: 'label' }],
] as const)('%s', (_name, settings) => {
  it('is measured as the graph measures it, and to the same bits again', async () => {
    const model = modules.create.createModel({ condition: 'none', ...settings })
    const expected = await figures(withoutPlans(2), model)
    const measured = (threads: number) => figures(new modules.onnx.OnnxEngine(threads), model)
    const found = await measured(2)
    expect(found).not.toEqual(expected)
    const off = (figures: readonly number[]) => figures.map((value, i) => Math.abs(value - expected[i]!) / Math.abs(expected[i]!)) // prettier-ignore
    const [two, one, three] = [found, await measured(1), await measured(3)].map(off) as [number[], number[], number[]]
    for (const apart of [two, one, three]) {
      // 32-bit numbers, added up in another order
      expect(Math.max(...apart.slice(0, -20))).toBeLessThan(5e-6)
      // a rate is a difference of larger numbers
      expect(Math.max(...apart)).toBeLessThan(1e-4)
    }
    expect(await measured(2)).toEqual(found)
  })
})

describe('threads', () => {
  const threads = createRequire(import.meta.url)('node:worker_threads') as { Worker: typeof Threads.Worker }
  const { Worker } = threads
  const give = (to: typeof Worker) => {
    threads.Worker = to
    syncBuiltinESMExports()
  }

  it('of which the system refuses one are none: what is there already ends, and the graph measures', async () => {
    const model = modules.create.createModel({ condition: 'none' })
    const expected = await figures(withoutPlans(4), model)
    const made: Threads.Worker[] = []
    let [refused, ended] = [0, 0]
    give(
      class extends Worker {
        constructor(...given: ConstructorParameters<typeof Worker>) {
          if (made.length === 2 && ++refused) throw new Error('ERR_WORKER_INIT_FAILED')
          super(...given)
          made.push(this)
          this.once('exit', () => ended++)
        }
      },
    )
    try {
      expect(await figures(new modules.onnx.OnnxEngine(4), model)).toEqual(expected)
    } finally {
      give(Worker)
    }
    expect([made.length, refused > 0]).toEqual([2, true])
    await vi.waitFor(() => expect(ended).toBe(made.length), { timeout: 60_000 })
  })
})

describe('a thread that dies', () => {
  const parameters = (model: Model) => model.initialise(1)
  const test = { images, labels, count }
  const workersOf = (engine: OnnxEngine) => (engine as unknown as { threads: { threads: { worker?: Threads.Worker }[] } }).threads.threads // prettier-ignore

  it('between two questions, or in one, is replaced: the figures are those of before', async () => {
    const model = modules.create.createModel({ condition: 'none' })
    process.env['LANE_ERRAND'] = 'no rows'
    const engine = new modules.onnx.OnnxEngine(3)
    const programs = modules.programs.createPrograms(engine, model)
    const measured = () => modules.evaluate.evaluate(programs, parameters(model), test)
    try {
      await programs.losses(count)
      const ended = workersOf(engine).map(({ worker }) => new Promise((resolve) => worker!.once('exit', resolve)))
      // only those that are there have the errand
      delete process.env['LANE_ERRAND']
      const first = await measured()
      expect(await Promise.all(ended), 'they were gone in a question').toEqual([3, 3])
      await workersOf(engine)[1]!.worker!.terminate()
      expect(await measured()).toEqual(first)
      expect(await figures(new modules.onnx.OnnxEngine(3), model)).toEqual(expect.arrayContaining([first.loss, first.marginal])) // prettier-ignore
    } finally {
      delete process.env['LANE_ERRAND']
      await programs.release()
    }
  })

  it('again and again is an error that says so, and the next question works', async () => {
    const model = modules.create.createModel({ condition: 'none' })
    process.env['LANE_ERRAND'] = 'no rows'
    const programs = modules.programs.createPrograms(new modules.onnx.OnnxEngine(2), model)
    try {
      await expect(modules.evaluate.evaluate(programs, parameters(model), test)).rejects.toThrow('exit code 3')
      delete process.env['LANE_ERRAND']
      const { loss } = await modules.evaluate.evaluate(programs, parameters(model), test)
      expect(loss).toBeGreaterThan(0)
    } finally {
      delete process.env['LANE_ERRAND']
      await programs.release()
    }
  })
})
