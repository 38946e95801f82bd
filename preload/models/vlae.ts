/** The card of `vlae`, the paper's model: its settings, what it is measured by, and the words for it. */
import { z } from 'zod'
import type { ModelCard } from './card'
import { valuesOf, type Settings, type ValuesOf } from './setting'
import { vlaeLossy } from './vlae-lossy'
import { windowSchema } from './vlae-window'

const withCode = { decoder: ['local', 'factorised', 'wide'] }
const withPixels = { decoder: ['local', 'alone'] }

const settings = {
  decoder: {
    schema: z.enum(['local', 'factorised', 'alone', 'wide']).default('local'),
    title: 'Decoder',
    explain:
      'Local: each pixel is predicted from the code and a small window of the pixels before it. Factorised: from the code only, as in most VAEs. Alone: from the window only, without a code. Wide: from the code and 15 rows of pixels, by a network that wants a GPU; its code carries less.',
    about:
      'what a pixel is predicted from: a window of pixels and the code, the code only, the window only, or the code and 15 rows',
    choices: { local: 'Local', factorised: 'Factorised', alone: 'Alone', wide: 'Wide' },
  },
  window: {
    schema: windowSchema.default('triangle'),
    title: 'Window',
    explain:
      'Which earlier pixels a pixel is predicted from: so many columns wide, so many rows up; the paper’s own has 69 pixels. The larger it is, the less is left to the code.',
    about: 'the earlier pixels that one is predicted from, columns x rows above; triangle: the paper’s 69; past: all',
    choices: { '4x2': '4×2', '5x3': '5×3', '7x4': '7×4', triangle: '69 px', past: 'All' },
    only: withPixels,
  },
  tied: {
    schema: z.enum(['no', 'yes']).default('no'),
    title: 'Tied weights',
    explain:
      'Whether the masked layers after the first share one set of weights. In a rectangular window they differ in size and cannot share.',
    about: 'whether the masked layers after the first share their weights',
    choices: { no: 'No', yes: 'Yes' },
    only: { ...withPixels, window: ['triangle'] },
  },
  prior: {
    schema: z.enum(['gaussian', 'flow']).default('flow'),
    title: 'Prior',
    explain:
      'What codes are expected to be: standard normal, or that passed through an autoregressive flow trained along with the rest.',
    about: 'what codes are expected to be: standard normal, or an autoregressive flow',
    choices: { gaussian: 'Gaussian', flow: 'Flow' },
    only: withCode,
  },
  hidden: {
    schema: z.int().min(1).max(4).default(2),
    title: 'Hidden layers',
    explain:
      'Hidden layers in each of the flow’s four networks, 640 units each. The paper’s “3-layer MADE” could mean 2 or 3.',
    about: 'hidden layers of each of the flow’s networks',
    only: { ...withCode, prior: ['flow'] },
  },
  condition: {
    schema: z.enum(['none', 'label']).default('none'),
    title: 'Classes',
    explain: 'With classes, the prior knows which class it is asked for, p(z|y). The paper’s does not.',
    about: 'whether the prior depends on the class',
    choices: { none: 'Without classes', label: 'With classes' },
    only: withCode,
  },
  freeBits: {
    schema: z.enum(['hard', 'soft']).default('hard'),
    title: 'Free bits',
    explain:
      'What keeps the code from being given up early: 7.84 nats of it are free, or its cost is weighted by γ, which falls while the code costs less.',
    about: 'how 7.84 nats of the code are kept: they are free, or its cost is weighted by γ',
    choices: { hard: 'Hard', soft: 'Soft' },
    only: withCode,
  },
} satisfies Settings

export type VlaeOptions = ValuesOf<typeof settings>

/** The model's own settings out of a run's; what is left out has its default. */
export function vlaeOptions(all: Readonly<Record<string, unknown>>): VlaeOptions {
  return valuesOf(settings, all)
}

export const vlae: ModelCard = {
  title: 'VLAE',
  kind: 'the VLAE of the paper',
  settings,
  presets: {
    vlae: {
      title: 'VLAE',
      explain: 'The paper’s model: a local PixelCNN, and a code with an autoregressive flow as its prior.',
      settings: {},
    },
    'gaussian-prior': {
      title: 'VLAE, Gaussian prior',
      explain: 'The same with a standard normal prior: the second row of the paper’s ablation.',
      settings: { prior: 'gaussian' },
    },
    'unconditional-decoder': {
      title: 'Unconditional decoder',
      explain: 'The local PixelCNN alone, without a code: the first row of the paper’s ablation.',
      settings: { decoder: 'alone' },
    },
    'factorised-flow': {
      title: 'AF prior, factorised decoder',
      explain: 'Independent pixels: the code, with the flow as its prior, has to carry everything.',
      settings: { decoder: 'factorised' },
    },
    'factorised-gaussian': {
      title: 'Plain VAE',
      explain: 'A factorised decoder and a standard normal prior.',
      settings: { decoder: 'factorised', prior: 'gaussian' },
    },
    'vlae-wide': {
      title: 'VLAE, wide decoder',
      explain:
        'A decoder that sees 15 rows up, for a GPU: a better likelihood with less in the code. It is not local, so it belongs in no row with the others.',
      settings: { decoder: 'wide' },
    },
  },
  parts: [
    {
      name: 'reconstruction',
      title: 'Reconstruction',
      explain:
        'Reconstruction, −log p(x|z): what it costs to describe the image once its code is known, the pixels before each one helping.',
    },
    {
      name: 'kl',
      title: 'Rate',
      code: true,
      explain:
        'Rate, KL(q(z|x) ‖ p(z)): what the code costs, and so how much it tells. What is lossy stays below what the image costs.',
    },
  ],
  scalars: [
    {
      name: 'rateFactor',
      title: 'Learning rate ×',
      unit: 'factor',
      range: [0, 1],
      explain:
        'What the learning rate is multiplied by: halved, at most three times, when the loss on held-out training images has not improved for 20 epochs.',
    },
    {
      name: 'gamma',
      title: 'γ',
      weighsCode: true,
      unit: 'factor',
      range: [0, 1],
      explain:
        'How much the code’s cost counts in what training minimises: it falls while the code costs less than 7.84 nats, and rises above. The loss counts all of it at any time.',
      only: { ...withCode, freeBits: ['soft'] },
    },
  ],
  priorOf: ({ prior, condition }) =>
    prior === 'flow' ? { learned: true, depends: 'they move with other numbers' } : { learned: condition === 'label' },
  objective: 'What training minimises: reconstruction, plus the part of the code’s cost that free bits count',
  optimizer: 'Adamax',
  averages: true,
  learningRate: 2e-3,
  batch: 100,
  images: 'binary',
  drawsPixels: ({ decoder }) => decoder !== 'factorised',
  holdsOut: true,
  lossy: vlaeLossy,
  collapsed:
    'Free bits keep 7.84 nats of the code for nothing: try the other kind of them, a smaller window, which leaves more to the code, or more epochs.',
  offPrior: 'Train it longer, and with the flow as prior: it follows codes wherever they come to lie.',
  goesOn: ({ freeBits, decoder }) =>
    freeBits === 'soft' && decoder !== 'alone'
      ? 'γ goes on from what it was, and the learning rate keeps the halvings so far, if Adamax’s state was kept.'
      : 'The learning rate keeps the halvings so far, if Adamax’s state was kept.',
  hasClasses: ({ condition, decoder }) => condition === 'label' && decoder !== 'alone',
}
