/**
 * Pass: the left matrix of a product that takes it transposed is transposed before, where that is worth it. ONNX Runtime would
 * do it inside the product, once for each of the strips of columns that it computes one after another.
 */
import type { Value } from '../trace/graph'
import type { Draft, Product, Step } from './draft'
import { rearranged, turned } from './index-map'
import type { Limits } from './limits'

export function turns(draft: Draft): Draft {
  // one value may be read as matrices of different shapes
  const made = new Map<Value, Map<number, Value>>()
  // windows are cut out some images at a time
  const moved = new Set(draft.steps.flatMap((step) => (step.kind === 'move' ? [step.out] : [])))
  const steps = draft.steps.flatMap((step): Step[] => {
    if (step.kind !== 'product' || !pays(step, draft.limits) || moved.has(step.a)) return [step]
    const { a, inner, rows } = step
    const ofValue = made.get(a) ?? new Map<number, Value>()
    const known = ofValue.get(rows)
    if (known) return [{ ...step, a: known, transA: false }]
    const out: Value = { name: `${a.name} turned to ${rows} rows`, shape: [rows, inner], type: a.type }
    made.set(a, ofValue.set(rows, out))
    return [rearranged(a, out, turned(inner, rows)), { ...step, a: out, transA: false }]
  })
  return { ...draft, steps }
}

function pays({ transA, times, columns }: Product, { fewestColumns }: Limits): boolean {
  return transA && times === 1 && columns >= fewestColumns
}
