/**
 * A function that gives a row for each row it is given, on the CPU by a plan: each thread computes its share of the rows.
 *
 * Before a plan is followed it is compared with the graph; where it differs, or cannot be followed, the graph is computed.
 */
import { classCount } from '../../../preload/classes'
import { present } from '../../../preload/present'
import { uniform } from '../../models/random'
import { entryOf, mapped } from '../../optimizers/named'
import { pageBytes } from '../../optimizers/shared-vectors'
import type { DataArray, Program, RowFunction, TensorFunction, TensorSpec } from '../engine'
import { type BoundPlan, whyUnplanned } from '../onnx/bound-plan'
import { givenBack } from '../onnx/bound-session'
import { SessionProgram } from '../onnx/session'
import { type Plan, planOf } from '../plan/plan'
import { compile, type CompiledModel, modelOf, traced } from '../trace/compile'
import { sizeOf } from '../trace/graph'
import { kept } from './kept'
import { Room } from './room'
import type { OtherShares, RowsThreads } from './rows-thread'
import { type ArrayAt, arrayAt, arrayIn, bindShare, partOf, type Share } from './rows-work'
import { isClose } from './trust'

type Specs = Readonly<Record<string, TensorSpec>>
type Arrays = Readonly<Record<string, DataArray>>

/** How far an output's numbers may be from the graph's, as a share of its largest: some are differences of larger ones. */
const limit = 1e-4
/** Rows at a time below which a function is not for the many that a plan pays for: making one takes a second. */
const many = 128

export async function prepareRows(fn: RowFunction, lanes: number, threads: RowsThreads): Promise<Program> {
  const plannable = batchOf(fn.rows) >= many && (await whyUnplanned()) === null
  const planned = plannable ? await RowsProgram.create(fn, lanes, threads) : undefined
  if (planned) return planned
  const inputs = { ...fn.whole, ...fn.rows }
  return SessionProgram.create(await kept(fn.name, inputs, () => compile(fn.fn, inputs)), { threads: lanes })
}

/** Where all threads' arrays lie: each reads and writes its own rows of them. */
interface Layout {
  readonly memory: WebAssembly.Memory
  readonly inputs: Readonly<Record<string, ArrayAt>>
  readonly outputs: Readonly<Record<string, ArrayAt>>
  readonly shares: readonly Share[]
}

class RowsProgram implements Program {
  /** Memory is one: calls wait for each other. */
  private last: Promise<unknown> = Promise.resolve()
  private released: Promise<void> | undefined

  private constructor(
    private readonly layout: Layout,
    /** The function's numbers of each output. */
    private readonly sizes: Readonly<Record<string, number>>,
    private readonly first: BoundPlan,
    private readonly others: OtherShares,
  ) {}

  /** Undefined where its plan is not to be followed. */
  static async create(fn: RowFunction, lanes: number, threads: RowsThreads): Promise<RowsProgram | undefined> {
    const batch = batchOf(fn.rows)
    const share = Math.ceil(batch / lanes)
    const rows = mapped(fn.rows, ({ shape, dtype }): TensorSpec => ({ shape: [share, ...shape.slice(1)], dtype }))
    const { whole } = fn
    const { model, plan } = await kept(fn.name, { whole, rows }, () => compiled(fn.fn, { ...whole, ...rows }))
    const of = mapped(model.outputs, (shape) => {
      if (shape[0] !== share) throw new RangeError('this function gives no row for each row')
      return sizeOf(shape) / share
    })
    let first: BoundPlan | undefined
    let others: OtherShares | undefined
    try {
      const layout = layoutOf(model, present(plan, 'plan'), { whole, rows, lanes })
      const [own, ...rest] = layout.shares as [Share, ...Share[]]
      first = await bindShare(own)
      if (!(await isRight(fn, model, own, first))) throw new Error('it differs')
      others = threads.use()
      await others.bind(rest)
      return new RowsProgram(layout, mapped(of, (size) => batch * size), first, others) // prettier-ignore
    } catch {
      // no memory, no thread, no right numbers: the graph does the same
      await first?.release()
      await others?.release()
      return undefined
    }
  }

  run(inputs: Arrays, into: Record<string, Float32Array> = {}): Promise<Record<string, Float32Array>> {
    if (this.released) return Promise.reject(givenBack())
    const found = this.last.then(() => this.compute(inputs, into))
    this.last = found.catch(() => undefined)
    return found
  }

  private async compute(inputs: Arrays, into: Record<string, Float32Array>): Promise<Record<string, Float32Array>> {
    const { layout, sizes, first, others } = this
    for (const [name, place] of Object.entries(layout.inputs)) arrayIn(layout.memory, place).set(entryOf(inputs, name))
    const theirs = others.run()
    // what goes wrong there is told below, also where the first share fails before
    theirs.catch(() => undefined)
    first.run()
    await theirs
    return Object.fromEntries(
      Object.entries(layout.outputs).map(([name, place]) => {
        const size = entryOf(sizes, name)
        const result = into[name] ?? new Float32Array(size)
        result.set(arrayIn(layout.memory, place).subarray(0, size))
        return [name, result]
      }),
    )
  }

  /** After the calls that are under way. */
  release(): Promise<void> {
    return (this.released ??= this.end())
  }

  private async end(): Promise<void> {
    await this.last
    await this.first.release()
    await this.others.release()
  }
}

function batchOf(rows: Specs): number {
  const [batch, ...others] = new Set(Object.values(rows).map(({ shape }) => shape[0]))
  if (batch === undefined || others.length > 0) throw new RangeError('rows are as many in each of their inputs')
  return batch
}

/** As a graph, and as a plan: undefined where none can be made of it. */
function compiled(fn: TensorFunction, inputs: Specs): { readonly model: CompiledModel; readonly plan?: Plan } {
  const graph = traced(fn, inputs)
  const model = modelOf(graph, inputs)
  try {
    return { model, plan: planOf(graph) }
  } catch {
    return { model }
  }
}

/** @throws RangeError where there is no memory for it */
function layoutOf(
  { outputs }: CompiledModel,
  plan: Plan,
  { whole, rows, lanes }: { whole: Specs; rows: Specs; lanes: number },
): Layout {
  const room = new Room()
  const all = ({ shape, dtype }: TensorSpec) => arrayAt(room, { shape: [lanes, ...shape], dtype })
  const same = mapped(whole, (spec) => arrayAt(room, spec))
  const given = mapped(rows, all)
  const made = mapped(outputs, (shape) => all({ shape, dtype: 'float32' }))
  const own = Array.from({ length: lanes }, () => room.take(plan.bytes))
  const pages = Math.ceil(room.end / pageBytes)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const part = (index: number) => (place: ArrayAt) => partOf(place, (index * place.size) / lanes, place.size / lanes)
  const shares = own.map((own, i): Share => ({
    plan,
    memory,
    own,
    inputs: { ...same, ...mapped(given, part(i)) },
    outputs: mapped(made, part(i)),
  }))
  return { memory, inputs: { ...same, ...given }, outputs: made, shares }
}

/** Whether the first share's plan gives what the graph does, of numbers that are always the same. They are 0 afterwards. */
async function isRight(
  { example }: RowFunction,
  model: CompiledModel,
  share: Share,
  plan: BoundPlan,
): Promise<boolean> {
  const whole = example()
  const inputs = mapped(share.inputs, (place) => arrayIn(share.memory, place))
  for (const [i, [name, array]] of Object.entries(inputs).entries())
    if (Object.hasOwn(whole, name)) array.set(entryOf(whole, name))
    else fill(array, entryOf(model.inputs, name), i)
  const session = await SessionProgram.create(model, { threads: 1 })
  try {
    // copies: one that writes over what it reads differs, too
    const expected = await session.run(mapped(inputs, (array) => array.slice() as DataArray))
    plan.run()
    const found = mapped(share.outputs, (place) => arrayIn(share.memory, place) as Float32Array)
    return isClose(Object.keys(expected).map((name) => entryOf(found, name)), Object.values(expected), limit) // prettier-ignore
  } finally {
    await session.release()
    for (const array of Object.values(inputs)) array.fill(0)
  }
}

/** Images, labels, and numbers between 0 and 1, which do as noise of any kind. */
function fill(array: DataArray, { shape, dtype }: TensorSpec, counter: number): void {
  if (dtype === 'float32') uniform(array as Float32Array, { seed: 0, stream: 0, counter })
  else if (shape.length === 1) array.forEach((_, i) => (array[i] = i % classCount))
  else array.set(uniform(new Float32Array(array.length), { seed: 0, stream: 0, counter }, 0, 256))
}
