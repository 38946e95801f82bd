/** Pass: products of two matrices, which need no graph of their own each: those of one kind share a session. */
import { lengthOf, type Node } from '../trace/graph'
import { type Draft, onlyNode, type Product, seen } from './draft'

export function products(draft: Draft): Draft {
  const steps = draft.steps.map((step) => {
    const node = onlyNode(step)
    return (node && productOf(draft, node)) ?? step
  })
  return { ...draft, steps }
}

function productOf(draft: Draft, { op, inputs, attributes, output }: Node): Product | undefined {
  const [a, b, ...others] = inputs
  if (!a || !b || others.length > 0 || (op !== 'MatMul' && op !== 'Gemm')) return undefined
  if (a.shape.length !== 2 || b.shape.length !== 2 || output.type !== 'float32') return undefined
  const [transA, transB] = [attributes['transA'] === 1, attributes['transB'] === 1]
  const [rows, columns] = output.shape as [number, number]
  const inner = lengthOf(a, transA ? 0 : 1)
  if (rows * inner * columns === 0) return undefined
  return {
    kind: 'product',
    a: seen(draft, a),
    b: seen(draft, b),
    out: output,
    rows,
    inner,
    columns,
    transA,
    transB,
    times: 1,
  }
}
