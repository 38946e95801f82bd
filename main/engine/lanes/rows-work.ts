/** One thread's share of a function that gives a row for each row it is given: a plan over its part of a shared memory. */
import { present } from '../../../preload/present'
import { mapped } from '../../optimizers/named'
import type { DataArray, TensorSpec } from '../engine'
import { type BoundPlan, bindPlan } from '../onnx/bound-plan'
import type { Plan } from '../plan/plan'
import { sizeOf } from '../trace/graph'
import type { Room } from './room'

/** Where an array lies. */
export interface ArrayAt {
  readonly dtype: TensorSpec['dtype']
  /** Byte at which it begins. */
  readonly at: number
  /** Its elements. */
  readonly size: number
}

/** A plan and where one thread follows it, as it can be sent there. */
export interface Share {
  readonly plan: Plan
  readonly memory: WebAssembly.Memory
  /** The first of the plan's own bytes. */
  readonly own: number
  readonly inputs: Readonly<Record<string, ArrayAt>>
  readonly outputs: Readonly<Record<string, ArrayAt>>
}

/** What a thread is told, each thing by the number of the program that it belongs to. */
export type RowsOrder =
  | { readonly what: 'bind'; readonly program: number; readonly share: Share }
  | { readonly what: 'run' | 'release'; readonly program: number }
  | { readonly what: 'end' }

/** The answer to each order but the last, in their order: nothing, or why it could not be carried out. */
export interface RowsAnswer {
  readonly error?: string
}

const bytesOf = ({ dtype }: Pick<TensorSpec, 'dtype'>) => (dtype === 'uint8' ? 1 : 4)

/** A place for one. */
export function arrayAt(room: Room, spec: TensorSpec): ArrayAt {
  const size = sizeOf(spec.shape)
  return { dtype: spec.dtype, at: room.take(bytesOf(spec) * size), size }
}

/** Of such an array, the part that begins at an element. */
export function partOf({ dtype, at }: ArrayAt, first: number, size: number): ArrayAt {
  return { dtype, at: at + bytesOf({ dtype }) * first, size }
}

export function arrayIn({ buffer }: WebAssembly.Memory, { dtype, at, size }: ArrayAt): DataArray {
  if (dtype === 'uint8') return new Uint8Array(buffer, at, size)
  return dtype === 'int32' ? new Int32Array(buffer, at, size) : new Float32Array(buffer, at, size)
}

/** @throws Error why no plan can be followed here */
export function bindShare({ plan, memory, own, inputs, outputs }: Share): Promise<BoundPlan> {
  const arrays = (places: Share['inputs']) => mapped(places, (place) => arrayIn(memory, place))
  return bindPlan(plan, { memory, own, inputs: arrays(inputs), outputs: arrays(outputs) })
}

/** What a thread does with its orders. */
export class RowsWork {
  private readonly bound = new Map<number, BoundPlan>()

  async answer(order: Exclude<RowsOrder, { what: 'end' }>): Promise<RowsAnswer> {
    try {
      await this.carryOut(order)
      return {}
    } catch (error) {
      return { error: inWords(error) }
    }
  }

  private async carryOut(order: Exclude<RowsOrder, { what: 'end' }>): Promise<void> {
    const { what, program } = order
    if (what === 'bind') this.bound.set(program, await bindShare(order.share))
    else if (what === 'run') present(this.bound.get(program), 'bound share').run()
    else {
      await this.bound.get(program)?.release()
      this.bound.delete(program)
    }
  }
}

/** Of what a thread threw, as another one tells it. */
export function inWords(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
