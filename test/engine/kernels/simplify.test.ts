/** Chains with fewer steps: which become fewer, and that nothing else changes. */
import { expect, it } from 'vitest'
import type { Chain, Operation, Step } from '../../../main/engine/kernels/chain'
import { simplified } from '../../../main/engine/kernels/simplify'

const [x, y, z] = [0, 1, 2]
const operands: Chain['operands'] = [{ per: 'place', at: 64 }, { per: 'place', at: 128 }, { constant: 0 }]
const of = (steps: Step[], sums: Chain['sums'] = []) => simplified({ rows: 1, columns: 8, operands, steps, sums })
const to = 192

it.each<[string, Step[], Step[]]>([
  ['a gradient of relu', [{ op: 'greater', of: [y, z] }, { op: 'mul', of: [x, 3], to }], [{ op: 'gate', of: [x, y], to }]], // prettier-ignore
  ['the same the other way round', [{ op: 'greater', of: [y, z] }, { op: 'mul', of: [3, x], to }], [{ op: 'gate', of: [x, y], to }]], // prettier-ignore
  ['a gradient of elu', [{ op: 'hardSigmoid', of: [y], attributes: [1, 1] }, { op: 'mul', of: [x, 3], to }], [{ op: 'eluGrad', of: [x, y], to }]], // prettier-ignore
  ['a product that something is added to', [{ op: 'mul', of: [x, y] }, { op: 'add', of: [z, 3], to }], [{ op: 'mulAdd', of: [x, y, z], to }]], // prettier-ignore
  ['what nothing needs', [{ op: 'exp', of: [x] }, { op: 'neg', of: [3] }, { op: 'abs', of: [y], to }], [{ op: 'abs', of: [y], to }]], // prettier-ignore
])('%s is one step', (_name, steps, fewer) => {
  expect(of(steps).steps).toEqual(fewer)
})

it.each<[string, Step[]]>([
  [
    'another hard sigmoid',
    [
      { op: 'hardSigmoid', of: [y], attributes: [0.2, 0.5] },
      { op: 'mul', of: [x, 3], to },
    ],
  ],
  [
    'a comparison with something else',
    [
      { op: 'greater', of: [y, x] },
      { op: 'mul', of: [x, 3], to },
    ],
  ],
  ['a product that is needed twice', [{ op: 'mul', of: [x, y] }, { op: 'add', of: [3, x], to }, { op: 'sub', of: [3, x], to: 256 }]], // prettier-ignore
  [
    'a sigmoid of another number',
    [
      { op: 'abs', of: [x] },
      { op: 'neg', of: [3] },
      { op: 'exp', of: [4], to },
      { op: 'sigmoid', of: [y], to: 256 },
    ],
  ],
  ['what may have been overwritten', [{ op: 'greater', of: [y, z] }, { op: 'neg', of: [x], to: 128 }, { op: 'mul', of: [x, 3], to }]], // prettier-ignore
])('%s stays', (_name, steps) => {
  expect(of(steps).steps).toEqual(steps)
})

it('a sigmoid of a number takes e^−|x| from where that is computed', () => {
  const steps: Step[] = [
    { op: 'abs', of: [x] },
    { op: 'neg', of: [3] },
    { op: 'exp', of: [4] },
  ]
  const shared = of([...steps, { op: 'sigmoid', of: [x], to }], [{ per: 'all', of: 5, to: 256 }])
  expect(shared.steps).toEqual([...steps, { op: 'sigmoidBy', of: [x, 5], to }])
})

it('a step that is added up stays beside the one that does without it, one that is stored is read', () => {
  const greater: Step = { op: 'greater', of: [y, z] }
  const after: Step[] = [{ op: 'neg', of: [x] }, greater, { op: 'mul', of: [x, 4], to }]
  const { steps, sums } = of(after, [{ per: 'all', of: 4, to: 256 }])
  expect(steps).toEqual([greater, { op: 'gate', of: [x, y], to }])
  expect(sums).toEqual([{ per: 'all', of: 3, to: 256 }])
  expect(of([{ ...greater, to: 256 }, { op: 'mul', of: [x, 3], to }]).steps.map((step): Operation => step.op)).toEqual(['greater', 'mul']) // prettier-ignore
})
