/** Kernels that work number by number, with NumPy's broadcasting. */
import { backend_util } from '@tensorflow/tfjs-core'
import { type Attributes, type ElementType, fillOf, type GraphBuilder, sameShape, type Value } from './graph'
import type { Emit } from './kernels'
import { cast, expand } from './primitives'

/** Where a constant holds one number throughout, that number as a scalar does the same work. */
function slim(graph: GraphBuilder, x: Value): Value {
  const fill = x.shape.length > 0 && (x.type === 'float32' || x.type === 'int32') ? fillOf(x) : undefined
  return fill === undefined ? x : graph.scalar(fill, x.type as 'float32' | 'int32')
}

/** A node of two operands; `neutral` is the right operand that changes nothing (left too if `commutes`). */
function binary(op: string, neutral?: { value: number; commutes: boolean }, type?: ElementType): Emit {
  return (graph, { a, b }) => {
    const shape = backend_util.assertAndGetBroadcastShape([...a!.shape], [...b!.shape])
    if (neutral && fillOf(b!) === neutral.value) return expand(graph, a!, shape)
    if (neutral?.commutes && fillOf(a!) === neutral.value) return expand(graph, b!, shape)
    let [left, right] = [slim(graph, a!), slim(graph, b!)]
    // Slimming both would lose the result's shape.
    if (!sameShape(backend_util.assertAndGetBroadcastShape([...left.shape], [...right.shape]), shape)) {
      left = sameShape(a!.shape, shape) ? a! : expand(graph, left, shape)
    }
    return graph.node(op, [left, right], {}, shape, type ?? a!.type)
  }
}

function unary(op: string, attributes: Attributes = {}): Emit {
  return (graph, { x }) => graph.node(op, [x!], attributes, x!.shape, x!.type)
}

const one = (graph: GraphBuilder) => graph.scalar(1)
const node = (graph: GraphBuilder, op: string, inputs: Value[], like: Value): Value =>
  graph.node(op, inputs, {}, like.shape, like.type)

export const elementwise: Record<string, Emit> = {
  Add: binary('Add', { value: 0, commutes: true }),
  Sub: binary('Sub', { value: 0, commutes: false }),
  Multiply: binary('Mul', { value: 1, commutes: true }),
  RealDiv: binary('Div', { value: 1, commutes: false }),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Pow: binary('Pow'),
  Greater: binary('Greater', undefined, 'bool'),
  GreaterEqual: binary('GreaterOrEqual', undefined, 'bool'),
  Less: binary('Less', undefined, 'bool'),
  LessEqual: binary('LessOrEqual', undefined, 'bool'),
  Equal: binary('Equal', undefined, 'bool'),
  LogicalAnd: binary('And', undefined, 'bool'),
  LogicalNot: (graph, { x }) => graph.node('Not', [x!], {}, x!.shape, 'bool'),
  SquaredDifference: (graph, inputs) => {
    const difference = binary('Sub')(graph, inputs, {}) as Value
    return node(graph, 'Mul', [difference, difference], difference)
  },

  Abs: unary('Abs'),
  Ceil: unary('Ceil'),
  Exp: unary('Exp'),
  Floor: unary('Floor'),
  Log: unary('Log'),
  Neg: unary('Neg'),
  Relu: unary('Relu'),
  Sigmoid: unary('Sigmoid'),
  Sign: unary('Sign'),
  Softplus: unary('Softplus'),
  Sqrt: unary('Sqrt'),
  Tanh: unary('Tanh'),
  /** elu(x) = x for x ≥ 0, eˣ − 1 below. */
  Elu: unary('Elu', { alpha: { float: 1 } }),
  Square: (graph, { x }) => node(graph, 'Mul', [x!, x!], x!),
  /** 1/√x */
  Rsqrt: (graph, { x }) => node(graph, 'Div', [one(graph), node(graph, 'Sqrt', [x!], x!)], x!),
  Reciprocal: unary('Reciprocal'),
  /** ln(1 + x) */
  Log1p: (graph, { x }) => node(graph, 'Log', [node(graph, 'Add', [x!, one(graph)], x!)], x!),
  /** eˣ − 1 */
  Expm1: (graph, { x }) => node(graph, 'Sub', [node(graph, 'Exp', [x!], x!), one(graph)], x!),

  /** step(x) = 1 for x > 0, α·x elsewhere… for the α that tfjs means: 1 above zero, α at and below it. */
  Step: (graph, { x }, { alpha }) => {
    const above = graph.node('Greater', [x!, graph.scalar(0)], {}, x!.shape, 'bool')
    const low = (alpha as number | undefined) ?? 0
    if (low === 0) return graph.node('Cast', [above], { to: 'float32' }, x!.shape, 'float32')
    return graph.node('Where', [above, one(graph), graph.scalar(low)], {}, x!.shape, 'float32')
  },
  /** The gradient of elu from its result y: dy for y ≥ 0, dy·(y + 1) below. */
  EluGrad: (graph, { dy, y }) =>
    node(graph, 'Mul', [dy!, node(graph, 'Add', [node(graph, 'Min', [y!, graph.scalar(0)], y!), one(graph)], y!)], dy!),
  ClipByValue: (graph, { x }, { clipValueMin, clipValueMax }) =>
    node(graph, 'Clip', [x!, graph.scalar(clipValueMin as number), graph.scalar(clipValueMax as number)], x!),
  LeakyRelu: (graph, { x }, { alpha }) =>
    graph.node('LeakyRelu', [x!], { alpha: { float: alpha as number } }, x!.shape, x!.type),
  Select: (graph, { condition, t, e }) => {
    // tfjs lets the condition be a vector over the first axis.
    const { shape } = t!
    const aligned =
      condition!.shape.length === shape.length
        ? condition!
        : graph.node(
            'Reshape',
            [condition!, graph.int64([...condition!.shape, ...shape.slice(condition!.shape.length).map(() => 1)])],
            {},
            [...condition!.shape, ...shape.slice(condition!.shape.length).map(() => 1)],
            'bool',
          )
    return graph.node('Where', [aligned, t!, e!], {}, shape, t!.type)
  },
  AddN: (graph, inputs) => Object.values(inputs).reduce((sum, x) => node(graph, 'Add', [sum, x], sum)),
  Cast: (graph, { x }, { dtype }) => cast(graph, x!, dtype as ElementType),
  Identity: (_graph, { x }) => x!,
  ZerosLike: (graph, { x }) => filled(graph, x!.shape, 0, x!.type),
  OnesLike: (graph, { x }) => filled(graph, x!.shape, 1, x!.type),
  Fill: (graph, _inputs, { shape, value, dtype }) =>
    filled(graph, shape as number[], value as number, (dtype as ElementType | undefined) ?? 'float32'),
}

function filled(graph: GraphBuilder, shape: readonly number[], value: number, type: ElementType): Value {
  const size = shape.reduce((n, d) => n * d, 1)
  const data = type === 'float32' ? new Float32Array(size).fill(value) : new Int32Array(size).fill(value)
  return graph.constant(data, shape, type)
}
