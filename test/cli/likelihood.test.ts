/** What the terminal says of a likelihood, while it is estimated and at its end. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { AskOptions } from '../../main/trainer/api'
import type { Likelihood } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { standIn, type } from './stand-in'

const folder = join(import.meta.dirname, '../fixtures/runs-0.1/none')
const answer: Likelihood = {
  epoch: 2,
  images: 1000,
  samples: 64,
  averaged: true,
  seen: 'dynamic',
  marginal: { mean: 83.7, error: 0.48 },
  conditional: null,
  bound: { mean: 87.27, error: 0.5 },
  reconstruction: { mean: 78.54, error: 0.49 },
  rate: { mean: 8.73, error: 0.1 },
  activeUnits: 12,
  codeSize: 64,
  unkept: null,
}

async function tell(found: Likelihood, words: readonly string[] = []) {
  const asked: AskOptions[] = []
  const terminal = standIn({
    ask: async (options) => {
      asked.push(options as AskOptions)
      return { epoch: 2, answer: found as never }
    },
  })
  return { ...(await type(['likelihood', folder, ...words], terminal)), asked }
}

it('tells each number with its error, what it was found with, and the published ones', async () => {
  const { code, out, asked } = await tell(answer, ['-K', '16', '--images', '200'])
  expect(code).toBe(0)
  expect(asked[0]!.question).toEqual({ type: 'likelihood', samples: 16, images: 200, weights: 'saved' })
  const lines = out.split('\n')
  expect(lines.slice(0, 6)).toEqual([
    `${folder}, epoch 2: 1,000 test images, K = 64, averaged weights, binarized dynamically; nats per image, ± one standard error`,
    '    83.70 ± 0.48  −log p(x), 0.1540 bits per pixel',
    '    87.27 ± 0.50  −ELBO, a bound: the two below',
    '    78.54 ± 0.49  reconstruction, −log p(x|z)',
    '     8.73 ± 0.10  rate, what the code costs: 12.6 bits',
    '        12 of 64  numbers of the code vary between images (variance above 0.01)',
  ])
  expect(out).toContain('Compare −log p(x) with the column “dynamic” only')
})

it('tells a model without a code by its one exact number', async () => {
  const zero = { mean: 0, error: 0 }
  const { out } = await tell({ ...answer, samples: null, codeSize: 0, activeUnits: 0, rate: zero })
  expect(out).toContain('1,000 test images, exact, averaged weights')
  for (const word of ['−ELBO, a bound: the', 'numbers of the code', 'rate,']) expect(out).not.toContain(word)
})

it('says that nothing could be kept, and that what was given up goes on', async () => {
  const unkept = { code: 'disk/full', message: 'The disk is full.', remedy: 'Free some space.' }
  expect((await tell({ ...answer, unkept })).err).toBe(
    'What was found could not be kept for another time. The disk is full. Free some space.\n',
  )
  const terminal = standIn({ ask: () => Promise.reject(new AppError('cancelled', 'Stopped.', 'Again.')) })
  const given = await type(['likelihood', folder], terminal)
  expect([given.code, given.err]).toEqual([130, 'What was found is kept: the same command goes on from there.\n'])
})
