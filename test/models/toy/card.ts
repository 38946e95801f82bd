/** The card of a made-up model, as unlike `ladder`'s as a card may be; registered as any other is. */
import { z } from 'zod'
import type { ModelCard } from '../../../preload/models/card'
import { registerModel } from '../../../preload/models/registry'
import { valuesOf, type Settings } from '../../../preload/models/setting'

const settings = {
  floor: {
    schema: z.number().min(0).max(10).default(0.3),
    title: 'Free nats',
    explain: 'What the code may cost for nothing.',
    about: 'nats that the code may cost for nothing',
  },
  squash: {
    schema: z.enum(['tanh', 'none']).default('tanh'),
    title: 'Squashing',
    explain: 'Whether the encoder’s numbers are kept between −1 and 1.',
    about: 'whether the encoder’s numbers are squashed',
    choices: { tanh: 'Squashed', none: 'Not squashed' },
  },
} satisfies Settings

export function toySettings(all: Readonly<Record<string, unknown>>) {
  return valuesOf(settings, all)
}

export const toyCard: ModelCard = {
  title: 'Toy',
  kind: 'a toy of an autoencoder',
  settings,
  parts: [
    { name: 'pixels', title: 'Pixels', explain: 'What the pixels cost once the code is known.' },
    { name: 'code', title: 'Code', explain: 'What the code costs.' },
  ],
  scalars: [{ name: 'gamma', title: 'Gamma', unit: 'factor', range: [0, 2], explain: 'How much the code counts.' }],
  objective: 'What the toy minimises: the code counts as much as Gamma says, and nothing below its free nats',
  optimizer: 'Averaged Adamax',
  learningRate: 0.01,
  batch: 128,
  images: 'binary',
  priorOf: () => ({ learned: false }),
  hasClasses: () => false,
  goesOn: (_settings, behind) => `Gamma goes on from what it was after ${behind} epochs.`,
}

registerModel('toy', toyCard)
