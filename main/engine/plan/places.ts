/** Pass: where each value lies. Of two that are never needed at the same time one may take the other's place. */
import { present } from '../../../preload/present'
import { bytesOfOne, type Value } from '../trace/graph'
import type { Chain } from './chain'
import { type Draft, elementsOf, readsOf, seen, whole, writesOf } from './draft'

/** A byte in memory: of one of its regions (see `Regions`), and from its beginning. */
export type Address = readonly [region: number, offset: number]

/** The regions: a lane's own memory, then one for each input, and one for each output, wherever these lie. */
export const own = 0

export interface Places {
  readonly of: ReadonlyMap<Value, Address>
  /** Bytes of its own that a lane needs for them. */
  readonly bytes: number
}

/** Bytes: tensors and what kernels work on begin where a cache line does. */
export const cacheLine = 64

export function placed(draft: Draft): Places {
  const of = new Map<Value, Address>()
  draft.inputs.forEach((value, i) => of.set(value, [own + 1 + i, 0]))
  draft.outputs.forEach(({ value }, i) => of.set(seen(draft, value), [own + 1 + draft.inputs.length + i, 0]))
  const lastReads = new Map<Value, number>()
  const reads = draft.steps.map((step) => [...new Set(readsOf(draft, step).map((value) => whole(draft, value)))])
  const writes = draft.steps.map((step) => writesOf(step).map((value) => whole(draft, value)))
  draft.steps.forEach((_, i) => [...writes[i]!, ...reads[i]!].forEach((value) => lastReads.set(value, i)))
  const room = new Room()
  const begins = new Map<Value, number>()
  for (const [i, step] of draft.steps.entries()) {
    const dying = reads[i]!.filter((value) => lastReads.get(value) === i && begins.has(value))
    for (const value of writes[i]!) {
      if (of.has(value)) continue
      const taken = step.kind === 'chain' ? replaceable(step, value, dying) : undefined
      const begin = taken ? begins.get(taken)! : room.take(bytesOf(value))
      if (taken) dying.splice(dying.indexOf(taken), 1)
      begins.set(value, begin)
      of.set(value, [own, begin])
    }
    for (const value of dying) room.free(begins.get(value)!, bytesOf(value))
    for (const value of writes[i]!)
      if (lastReads.get(value) === i && begins.has(value)) room.free(begins.get(value)!, bytesOf(value))
  }
  for (const [slice, { of: value, begin }] of draft.slices) {
    const [region, offset] = present(of.get(value), `place of ${value.name}`)
    of.set(slice, [region, offset + begin * bytesOfOne[value.type]])
  }
  return { of, bytes: room.most }
}

/** What a chain reads number by number for the last time before it writes a result, or when it does. */
function replaceable(
  { operands, operations, results }: Chain,
  value: Value,
  dying: readonly Value[],
): Value | undefined {
  const result = results.find((one) => one.value === value)
  if (!result || result.sum) return undefined
  const written = result.at - operands.length
  return dying.find((old) => {
    const places = operands.flatMap((operand, at) => (operand.value === old ? [at] : []))
    if (bytesOf(old) !== bytesOf(value) || places.some((at) => operands[at]!.spread !== 'all')) return false
    const isRead = (at: number) => results.some((one) => one.at === at) || operations.some(({ args }, i) => i > written && args.includes(at)) // prettier-ignore
    return written >= 0 && !places.some(isRead)
  })
}

/** Rounded up, so that each value begins where a cache line does. */
export function bytesOf(value: Value): number {
  return cacheLine * Math.ceil((bytesOfOne[value.type] * elementsOf(value)) / cacheLine)
}

/** Memory of which pieces are taken and given back; the lowest that is large enough is taken. */
class Room {
  most = 0
  /** In their order, never two side by side; behind the last there is no end. */
  private gaps: { begin: number; end: number }[] = [{ begin: 0, end: Infinity }]

  take(bytes: number): number {
    const gap = this.gaps.find(({ begin, end }) => end - begin >= bytes)!
    const { begin } = gap
    gap.begin += bytes
    if (gap.begin === gap.end) this.gaps.splice(this.gaps.indexOf(gap), 1)
    this.most = Math.max(this.most, begin + bytes)
    return begin
  }

  free(begin: number, bytes: number): void {
    const end = begin + bytes
    const at = this.gaps.findIndex((gap) => gap.begin >= end)
    const [before, after] = [this.gaps[at - 1], this.gaps[at]!]
    const joinsBefore = before?.end === begin
    if (after.begin === end) {
      after.begin = joinsBefore ? before.begin : begin
      if (joinsBefore) this.gaps.splice(at - 1, 1)
    } else if (joinsBefore) before.end = end
    else this.gaps.splice(at, 0, { begin, end })
  }
}
