/** Why samples look as they do: each reason by numbers that real runs have left. */
import { describe, expect, it } from 'vitest'
import { runSettings, type CodeMoments, type EpochMetrics } from '../../../preload/contract'
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

  // 6,000 images in steps of 50, one seed, with a hundredth and a thousandth of the usual learning rate
  it('with a learning rate that is too low, or that does not learn at all', () => {
    const low = [
      line(1, 120, 0.1, 532.32, [515.9, 0.81, 0.4]),
      line(2, 240, 0.2, 479.69, [355.84, 54.32, 36.13]),
      line(3, 360, 0.3, 398.63, [277.74, 39.53, 35.8]),
      line(4, 480, 0.4, 322.31, [246.82, 23.88, 27.0]),
    ]
    expect(told(low, 4, { learningRate: 1e-5 })).toMatch(
      /^After 480 steps a test image still costs 297\.70 nats; .* 206\.40\. The learning rate, 0\.00001, is a 100th of what suits this model: its steps are too small.* Try a learning rate of 0\.001\.$/,
    )
    const lower = [
      line(1, 120, 0.1, 542.36, [541.16, 0.2, 0.04]),
      line(2, 240, 0.2, 540.45, [539.23, 0.18, 0.04]),
      line(3, 360, 0.3, 538.44, [537.17, 0.18, 0.04]),
      line(4, 480, 0.4, 536.3, [534.93, 0.18, 0.05]),
    ]
    expect(told(lower, 4, { learningRate: 1e-6 })).toContain('is a 1,000th of what suits')
    // the same with the usual rate: that is not blamed
    const still = told(lower, 4)
    expect(still).toMatch(/hardly changed that: it does not learn\. Train again with another seed/)
    expect(still).not.toContain('suits this model')
    // a loss that is bad and gets better is still learning, whatever the steps
    expect(told([line(1, 300, 1, 260, [230, 3, 3]), line(2, 600, 1, 220, [190, 3, 3])])).toContain('still learning')
  })

  describe('and where its codes lie', () => {
    const done = [line(1, 469, 1, 101, [80, 8, 14]), line(2, 938, 1, 100.5, [79.6, 8, 14])]
    const why = (moments: CodeMoments | null, lines = done) =>
      whySamples({
        settings: runSettings.parse({}),
        lines: [{ ...nothing }, ...lines],
        epoch: lines.length,
        moments,
        classes: Array.from({ length: 10 }, (_, label) => String(label)),
      })
    /** All codes as the prior has them, but for one number of one class. */
    const moments = (mean: number, variance: number): CodeMoments => ({
      latents: [
        { name: 'z1', size: 32 },
        { name: 'z2', size: 16 },
      ],
      groups: Array.from({ length: 10 }, (_, label) => ({
        label,
        images: 200,
        mean: Float32Array.from({ length: 48 }, (_, i) => (label === 7 && i === 35 ? mean : 0)),
        variance: Float32Array.from({ length: 48 }, (_, i) => (label === 7 && i === 35 ? variance : 1)),
      })),
    })

    it('which the prior follows: nothing is said of it, and a low weight alone is no reason', () => {
      expect(why(moments(0, 1))[0]?.why).toContain('Nothing in its numbers stands out')
      const rising = why(moments(0, 1), usual)
      expect(rising.map(({ why }) => why).join()).not.toContain('code’s cost counts')
      expect(why(null, usual)[0]?.why).toContain('code’s cost counts 0.60 times so far')
    })

    it('which it does not follow: how far, and where most', () => {
      const [first] = why(moments(6, 0.25))
      expect(first!.why).toMatch(
        /^The prior does not follow the codes: .* lie 1\.\d\d nats off it, of the 22\.00 that they cost; furthest off is z2\[4\] of a 7, 6\.0 ± 0\.5 where/,
      )
      expect(first!.tries).toContain('A prior that knows the classes')
      expect(why(moments(6, 0.25), usual)[0]).toEqual({
        why: expect.stringContaining('The code’s cost counts 0.60 times so far') as unknown,
        tries: expect.stringContaining('Train on') as unknown,
      })
    })
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
