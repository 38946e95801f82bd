/** Why samples look as they do: each reason by numbers that real runs have left. */
import { describe, expect, it } from 'vitest'
import { runSettings, type EpochMetrics } from '../../../preload/contract'
import { whySamples } from '../../../renderer/lib/why'

const nothing = { type: 'epoch', epoch: 0, step: 0, train: null, test: null } as const

/** An epoch of a ladder: training loss, test reconstruction, KL z1 and KL z2. */
function line(
  epoch: number,
  step: number,
  klWeight: number,
  train: number,
  test: readonly [number, number, number],
): EpochMetrics {
  const [reconstruction, klZ1, klZ2] = test
  const loss = reconstruction + klZ1 + klZ2
  return {
    type: 'epoch',
    epoch,
    step,
    klWeight,
    train: { loss: train, objective: train },
    test: { loss, reconstruction, klZ1, klZ2 },
  } as EpochMetrics
}

const ladder = (lines: EpochMetrics[], epoch = lines.length, settings = {}) =>
  whySamples({ settings: runSettings.parse(settings), lines: [{ ...nothing }, ...lines], epoch, meanPicture: 206.4 })
const told = (...of: Parameters<typeof ladder>) =>
  ladder(...of)
    .map(({ why, tries }) => `${why} ${tries}`)
    .join('\n')

// 6,000 images, KL weight rising over ten epochs
const usual = [
  line(1, 47, 0.1, 270.32, [202.82, 1.01, 2.68]),
  line(2, 94, 0.2, 201.63, [191.71, 3.08, 2.0]),
  line(3, 141, 0.3, 192.05, [173.56, 4.76, 4.8]),
  line(4, 188, 0.4, 171.76, [147.74, 5.61, 8.02]),
  line(5, 235, 0.5, 153.6, [135.68, 5.9, 8.03]),
  line(6, 282, 0.6, 143.63, [126.09, 6.68, 7.94]),
]

describe('of a ladder', () => {
  it('before anything was learnt', () => {
    expect(told(usual, 0)).toContain('Nothing has been learnt yet')
    expect(told(usual, 1)).toMatch(
      /taken 47 steps so far, and does not even know the mean of all pictures: .* 206\.40 nats, and it costs 206\.51/,
    )
    expect(told([line(1, 94, 1, 220, [190, 1, 2])])).toMatch(/hardly knows more than the mean of all pictures/)
    // nothing is said of a mean picture that is not known
    const old = whySamples({ settings: runSettings.parse({}), lines: [{ ...nothing }, ...usual], epoch: 1 })
    expect(old.map(({ why }) => why).join()).not.toContain('mean of all pictures')
    // no line of an epoch that is just being tested
    expect(ladder(usual, 9)).toEqual([])
  })

  it('while the code’s cost does not count whole, and it is still learning', () => {
    const [first, second] = ladder(usual)
    expect(first!.why).toContain('The code’s cost counts 0.60 times so far')
    expect(first!.tries).toContain('as codes come to lie where the prior expects them')
    expect(second!.why).toMatch(/took (5\.9|6\.0) % off what a test image costs, 140\.71 nats/)
  })

  it('with a learning rate that is too high: stuck at the mean picture, or worse than it was', () => {
    const stuck = [line(1, 200, 1, 212.4, [206.4, 0.3, 0.2]), line(2, 400, 1, 206.9, [206.3, 0.2, 0.1])]
    expect(told(stuck, 2, { learningRate: 0.05 })).toMatch(
      /0\.05, is 50 times what suits this model.*Try a learning rate of 0\.001\./s,
    )
    // far above what suits the model, it shows early; a little above, only when others have long learnt
    const early = [line(1, 60, 1, 212.4, [208.4, 0.3, 0.2])]
    expect(told(early, 1, { learningRate: 0.05 })).toContain('Try a learning rate of 0.001.')
    expect(told(early, 1, { learningRate: 0.0025 })).toContain('Let it train')
    expect(told(stuck, 2, { learningRate: 0.0025 })).toContain('Try a learning rate of 0.001.')
    const worse = [line(1, 469, 1, 140, [110, 7, 13]), line(2, 938, 1, 150, [118, 7, 13])]
    expect(told(worse, 2, { learningRate: 0.003 })).toMatch(
      /got worse: 138\.00 nats a test image, 130\.00 in epoch 1.*Continue from epoch 1/s,
    )
  })

  it('that diverged, at once or later', () => {
    const settings = runSettings.parse({ learningRate: 0.05 })
    const why = (epoch: number) => whySamples({ settings, lines: [{ ...nothing }, ...usual], epoch, diverged: true })
    expect(why(0)).toEqual([
      {
        why: 'After epoch 0 the loss was no number any more: steps were so large that the weights grew beyond all bounds.',
        tries: 'Start again with a lower learning rate, such as 0.005.',
      },
    ])
    expect(why(3)[0]?.tries).toBe('Continue from epoch 3, or an earlier one, with a lower learning rate, such as 0.01.')
  })

  it('with a code that says nothing, or half of it', () => {
    expect(told([line(1, 900, 1, 190, [186, 0.3, 0.4]), line(2, 1800, 1, 189.9, [186, 0.3, 0.4])])).toMatch(
      /has collapsed: it costs 0\.700 nats.*longer KL warm-up/s,
    )
    expect(told([line(1, 900, 1, 100, [80, 20, 0.02]), line(2, 1800, 1, 100, [80, 20, 0.02])])).toContain(
      'A part of the code is unused: KL z2 is 0.020 nats.',
    )
  })

  it('that knows its training images by heart', () => {
    const heart = [
      line(1, 500, 1, 120, [100, 7, 13]),
      line(2, 1000, 1, 101, [97, 7, 13]),
      line(3, 1500, 1, 90, [99, 7, 13]),
    ]
    expect(told(heart)).toMatch(
      /by heart: one costs 90\.00 nats, a test image 119\.00, and since epoch 2.*Look at epoch 2/s,
    )
  })

  // all 60,000 images: the training loss rises with the weight, which is nothing bad
  it('that is done, with nothing that stands out', () => {
    const done = [
      line(3, 1407, 0.3, 83.6, [58, 13, 22]),
      line(10, 4690, 1, 97.8, [75.4, 7.4, 15.6]),
      line(29, 13_601, 1, 94.7, [71.9, 7.7, 15.5]),
      line(30, 14_070, 1, 94.5, [71.8, 7.7, 15.5]),
    ]
    const lines: (EpochMetrics | undefined)[] = [{ ...nothing }]
    for (const one of done) lines[one.epoch] = one
    const [only, ...more] = whySamples({ settings: runSettings.parse({}), lines, epoch: 30 })
    expect(only!.why).toContain('Nothing in its numbers stands out: a test image costs 95.00 nats')
    expect(more).toEqual([])
  })
})

it('of a model without a code, nothing is said of one', () => {
  const settings = runSettings.parse({ model: 'vlae', decoder: 'alone' })
  const epoch = (at: number, loss: number): EpochMetrics =>
    ({
      type: 'epoch',
      epoch: at,
      step: at * 500,
      train: { loss, objective: loss },
      test: { loss, reconstruction: loss, kl: 0 },
    }) as EpochMetrics
  const reasons = whySamples({ settings, lines: [{ ...nothing }, epoch(1, 105), epoch(2, 104.8)], epoch: 2 })
  expect(reasons.map(({ why }) => why).join()).not.toContain('code')
})
