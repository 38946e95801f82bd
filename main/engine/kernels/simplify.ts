/** A chain with fewer steps that gives the same: two that one operation does are one, and what nothing needs is left out. */
import type { Chain, Step } from './chain'

/**
 * Where x is not finite there is a difference: x · (y > 0) is NaN for y ≤ 0 then, and what stands in its place is 0.
 */
export function simplified(chain: Chain): Chain {
  return withoutUnused({ ...chain, steps: chain.steps.map((step, i) => merged(chain, step, i)) })
}

/** A step as one that reads what the step before it has read. */
function merged(chain: Chain, step: Step, at: number): Step {
  const { operands, steps } = chain
  const stepOf = (value: number) => steps[value - operands.length]
  const isZero = (value: number | undefined) => {
    const operand = value === undefined ? undefined : operands[value]
    return operand !== undefined && 'constant' in operand && operand.constant === 0
  }
  const [a, b] = step.of
  if (step.op === 'sigmoid') return sharing(chain, step, at)
  if (a === undefined || b === undefined) return step
  const eitherWay = [[a, b], [b, a]] as const // prettier-ignore
  for (const [x, y] of eitherWay) {
    const made = stepOf(y)
    const [source, other] = made?.of ?? []
    // what is stored may lie where something lay that it was made of
    if (!made || made.to !== undefined || source === undefined || isStoredBetween(chain, y, at)) continue
    if (step.op === 'mul' && made.op === 'greater' && isZero(other)) return { ...step, op: 'gate', of: [x, source] }
    if (step.op === 'mul' && made.op === 'hardSigmoid' && made.attributes?.every((number) => number === 1))
      return { ...step, op: 'eluGrad', of: [x, source] }
    if (step.op === 'add' && made.op === 'mul' && other !== undefined && !isReadElsewhere(steps, y, at))
      return { ...step, op: 'mulAdd', of: [source, other, x] }
  }
  return step
}

/** A sigmoid of a number of which e^−|x| is there, as a cross entropy with logits has it. */
function sharing(chain: Chain, step: Step, at: number): Step {
  const { operands, steps } = chain
  const made = (value: number | undefined, op: Step['op']) => {
    const by = value === undefined ? undefined : steps[value - operands.length]
    return by?.op === op ? by.of[0] : undefined
  }
  const decay = steps.findIndex(({ op, of }) => op === 'exp' && made(made(of[0], 'neg'), 'abs') === step.of[0])
  const value = operands.length + decay
  if (decay < 0 || decay >= at || isStoredBetween(chain, value, at)) return step
  return { ...step, op: 'sigmoidBy', of: [...step.of, value] }
}

/** Whether something is stored after a step and before another one: what it reads may not be there any more. */
function isStoredBetween({ operands, steps }: Chain, value: number, at: number): boolean {
  return steps.slice(value - operands.length + 1, at).some(({ to }) => to !== undefined)
}

/** Whether a value is read by another step than this one. */
function isReadElsewhere(steps: readonly Step[], value: number, at: number): boolean {
  return steps.some(({ of }, i) => i !== at && of.includes(value))
}

/** Without steps of which nothing is stored, added up or read; values have other numbers then. */
function withoutUnused(chain: Chain): Chain {
  const { operands, steps, sums = [] } = chain
  const used = new Set(sums.map(({ of }) => of))
  for (const [i, step] of [...steps.entries()].toReversed())
    if (step.to !== undefined || used.has(operands.length + i)) for (const value of step.of) used.add(value)
  const stays = (step: Step, i: number) => step.to !== undefined || used.has(operands.length + i)
  const numbers = new Map<number, number>()
  operands.forEach((_, i) => numbers.set(i, i))
  let next = operands.length
  for (const [i, step] of steps.entries()) if (stays(step, i)) numbers.set(operands.length + i, next++)
  const renumbered = (value: number) => numbers.get(value) ?? value
  const left = steps.filter(stays).map((step): Step => Object.assign({}, step, { of: step.of.map(renumbered) }))
  return { ...chain, steps: left, sums: sums.map((sum) => Object.assign({}, sum, { of: renumbered(sum.of) })) }
}
