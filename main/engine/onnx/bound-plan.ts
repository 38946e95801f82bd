/** A plan that computes on the same tensors as long as it lives: kernels and small sessions in turn, over one memory. */
import { present } from '../../../preload/present'
import { entryOf } from '../../optimizers/named'
import type { DataArray } from '../engine'
import { encodeChain } from '../kernels/encode'
import { type Kernels, loadKernels } from '../kernels/kernels'
import type { Call, SessionCall } from '../plan/calls'
import { resolved } from '../plan/chain-program'
import type { Address } from '../plan/places'
import type { Plan } from '../plan/plan'
import { bytesOfOne, sizeOf } from '../trace/graph'
import {
  type BoundSession,
  createSession,
  elementTypes,
  givenBack,
  openApi,
  thisThread,
  whyCopied,
} from './bound-session'
import { type CApi, pointersTo, type Pointer } from './c-api'

/** Where a plan computes: all arrays lie in the memory, and its own bytes from a multiple of 64 on. */
export interface PlanMemory {
  readonly memory: WebAssembly.Memory
  /** The first of the plan's own bytes. */
  readonly own: number
  readonly inputs: Readonly<Record<string, DataArray>>
  readonly outputs: Readonly<Record<string, DataArray>>
}

/** A plan that is bound, and what each of its calls does, for who measures them. */
export interface BoundPlan extends BoundSession {
  run(): void
  readonly calls: readonly { readonly call: Call; readonly run: () => void }[]
}

/** Why no plan can be followed here; null where it can be. */
export async function whyUnplanned(): Promise<Error | null> {
  const memory = smallMemory()
  return memory && loadKernels(memory) ? whyCopied() : new Error(noKernels)
}

/** Whether threads can compute over one memory here. */
export function sharesMemory(): boolean {
  return smallMemory() !== undefined
}

function smallMemory(): WebAssembly.Memory | undefined {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
  } catch {
    return undefined
  }
}

const noKernels = 'It has no vector instructions for WebAssembly, or no memory that threads share.'

/** @throws Error why it cannot be: there are no kernels here, or no C API */
export async function bindPlan(plan: Plan, place: PlanMemory): Promise<BoundPlan> {
  const kernels = loadKernels(place.memory)
  if (!kernels) throw new Error(noKernels)
  const api = await openApi()
  api.inHugePages(place.memory.buffer as unknown as SharedArrayBuffer)
  return new PlanBinder(api, kernels, plan, place).bind()
}

class PlanBinder {
  private readonly regions: readonly number[]
  private readonly sessions: Pointer[] = []
  private readonly values: Pointer[] = []
  private readonly known = new Map<string, Pointer>()
  private readonly lists = new Map<string, ReturnType<CApi['texts']>>()
  /** What C reads and only JavaScript holds. */
  private readonly held: unknown[] = []
  private released = false

  constructor(
    private readonly api: CApi,
    private readonly kernels: Kernels,
    private readonly plan: Plan,
    private readonly place: PlanMemory,
  ) {
    const { inputs, outputs, own } = place
    this.regions = [
      own,
      ...plan.inputs.map((name) => entryOf(inputs, name).byteOffset),
      ...plan.outputs.map((name) => entryOf(outputs, name).byteOffset),
    ]
  }

  bind(): BoundPlan {
    const { plan, place } = this
    try {
      for (const { offset, bytes } of plan.data) new Uint8Array(place.memory.buffer, place.own + offset).set(bytes)
      for (const model of plan.models) this.sessions.push(createSession(this.api, model, thisThread(this.api)))
      const calls = plan.calls.map((call) => ({ call, run: this.bound(call) }))
      const runs = calls.map(({ run }) => run)
      return {
        calls,
        run: () => {
          this.assertBound()
          for (const run of runs) run()
        },
        release: async () => this.end(),
      }
    } catch (error) {
      this.end()
      throw error
    }
  }

  /** What is called after its end takes the process with it. */
  private assertBound(): void {
    if (this.released) throw givenBack()
  }

  private end(): void {
    this.released = true
    for (const value of this.values.splice(0)) this.api.call('ReleaseValue', value)
    for (const session of this.sessions.splice(0)) this.api.call('ReleaseSession', session)
    this.held.length = 0
  }

  private readonly byteOf = ([region, offset]: Address): number => present(this.regions[region], 'region') + offset

  private bound(call: Call): () => void {
    const { kernels, byteOf } = this
    if (call.kind === 'pick') {
      const [source, target, table] = [call.source, call.target, call.table].map(byteOf) as [number, number, number]
      const [runs, length, step, images, from, to] = call.rest
      return () => kernels.pick(source, target, table, runs, length, step, images, from, to)
    }
    if (call.kind === 'spans') {
      const [source, target, table] = [call.source, call.target, call.table].map(byteOf) as [number, number, number]
      const [spans, images, from, to] = call.rest
      return () => kernels.pickSpans(source, target, table, spans, images, from, to)
    }
    if (call.kind === 'transpose') {
      const [source, target] = [byteOf(call.source), byteOf(call.target)]
      const [rows, columns, images, from, to] = call.rest
      return () => kernels.transpose(source, target, rows, columns, images, from, to)
    }
    if (call.kind === 'combine') {
      const [source, target, table] = [call.source, call.target, call.table].map(byteOf) as [number, number, number]
      const [runs, length, images, from, to] = call.rest
      return () => kernels.combine(source, target, table, runs, length, images, from, to)
    }
    if (call.kind === 'chain') {
      const { words } = encodeChain(resolved(call.chain, byteOf))
      const [program, scratch] = [byteOf(call.program), byteOf(this.plan.scratch)]
      new Int32Array(this.place.memory.buffer, program, words.length).set(words)
      return () => kernels.chain(program, scratch)
    }
    return this.session(call)
  }

  private session({ model, inputs, outputs }: SessionCall): () => void {
    const { api } = this
    const session = present(this.sessions[model], 'session')
    const [from, to] = [inputs, outputs].map((tensors) => [
      this.names(tensors.map(({ name }) => name)),
      pointersTo(tensors.map((tensor) => this.tensor(tensor))),
    ]) as [[BigUint64Array, BigUint64Array], [BigUint64Array, BigUint64Array]]
    this.held.push(from, to)
    return () => {
      this.assertBound()
      api.check('Run', session, null, from[0], from[1], inputs.length, to[0], to[1].length, to[1])
    }
  }

  private names(names: readonly string[]): BigUint64Array {
    const key = names.join('\n')
    const list = this.lists.get(key) ?? this.api.texts(names)
    this.lists.set(key, list)
    return list.list
  }

  private tensor({ at, shape, type }: SessionCall['inputs'][number]): Pointer {
    const key = `${this.byteOf(at)} ${type} ${shape.join()}`
    const known = this.known.get(key)
    if (known) return known
    const bytes = new Uint8Array(this.place.memory.buffer, this.byteOf(at), sizeOf(shape) * bytesOfOne[type])
    const dimensions = BigInt64Array.from(shape, BigInt)
    this.held.push(bytes)
    const { api } = this
    const value = api.create('CreateTensorWithDataAsOrtValue', api.memory, bytes, bytes.byteLength, dimensions, shape.length, elementTypes[type]) // prettier-ignore
    this.values.push(value)
    this.known.set(key, value)
    return value
  }
}
