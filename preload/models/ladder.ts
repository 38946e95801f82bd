/** The card of `ladder`: its settings, what it is measured by, and the words for it. */
import { z } from 'zod'
import type { ModelCard } from './card'
import { valuesOf, type Settings, type ValuesOf } from './setting'

const settings = {
  /** `label`: p(z2|y) and p(z1|z2,y) depend on the digit's class. `none`: p(z2) = N(0, I), p(z1|z2). */
  condition: {
    schema: z.enum(['label', 'none']).default('label'),
    title: 'Prior',
    explain:
      'With classes, the prior knows which class it is asked for: p(z2|y) and p(z1|z2,y). Without, p(z2) is N(0, I).',
    about: 'whether the prior depends on the class',
    choices: { label: 'With classes', none: 'Without classes' },
  },
  /**
   * Epochs over which the KL weight rises linearly from 0 to 1, counted in steps, with those behind a checkpoint that the
   * run was continued from; 0: weight 1 from the start.
   */
  klWarmup: {
    schema: z.number().min(0).max(10_000).default(10),
    title: 'KL warm-up',
    explain: 'Over how many epochs the KL weight rises from 0 to 1; 0 starts with 1.',
    about: 'epochs over which the KL weight rises from 0 to 1',
  },
} satisfies Settings

export type LadderSettings = ValuesOf<typeof settings>

/** The ladder's own settings out of a run's; what is left out has its default. */
export function ladderSettings(all: Readonly<Record<string, unknown>>): LadderSettings {
  return valuesOf(settings, all)
}

export const ladder: ModelCard = {
  title: 'Ladder',
  kind: 'a variational lossy autoencoder',
  settings,
  parts: [
    {
      name: 'reconstruction',
      title: 'Reconstruction',
      explain: 'Reconstruction, −log p(x|z): what it costs to describe the image once its code is known.',
    },
    {
      name: 'klZ1',
      title: 'KL z1',
      code: true,
      explain:
        'KL of z1: what the lower code costs, measured against the prior: p(z1|z2, y), or p(z1|z2) without classes.',
      withoutClasses: 'KL of z1: what the lower code costs, measured against the prior p(z1|z2).',
    },
    {
      name: 'klZ2',
      title: 'KL z2',
      code: true,
      explain:
        'KL of z2: what the upper code costs, measured against its prior: the class’s p(z2|y), or N(0, I) without classes.',
      withoutClasses: 'KL of z2: what the upper code costs, measured against the prior p(z2), N(0, I).',
    },
  ],
  scalars: [
    {
      name: 'klWeight',
      title: 'KL weight',
      weighsCode: true,
      unit: 'factor',
      range: [0, 1],
      explain:
        'How much the two codes’ cost counts in what training minimises: it rises from 0 to 1 over the first epochs. The loss counts all of it at any time.',
    },
  ],
  priorOf: () => ({ learned: true, depends: 'those of z1 move with z2' }),
  objective: 'What training minimises: reconstruction, plus the KL terms weighted by the current KL weight',
  optimizer: 'Adam',
  learningRate: 1e-3,
  batch: 128,
  images: 'grey',
  hasClasses: (settings) => settings['condition'] === 'label',
  ofWeights: (names) =>
    names.has('prior_net.net.0.weight') ? { condition: names.has('prior_net.mu2') ? 'label' : 'none' } : undefined,
  collapsed: 'Try a longer KL warm-up: the code is then found useful before it has to be paid for.',
  offPrior:
    'Train it longer: prior and codes move towards each other. A prior that knows the classes follows them closer.',
  goesOn(settings, behind) {
    const { klWarmup } = ladderSettings(settings)
    const left = Math.ceil(klWarmup - behind)
    if (left <= 0) return 'The KL weight stays 1: the warm-up is done.'
    const weight = (behind / klWarmup).toFixed(2)
    return `The KL weight goes on from ${weight} and reaches 1 after ${left} more ${left === 1 ? 'epoch' : 'epochs'}.`
  },
}
