/** What `ladder` is measured by, and the words for it. Knows no tensors. */
import type { ModelCard } from './card'

export const ladderCard: ModelCard = {
  parts: [
    {
      name: 'reconstruction',
      title: 'Reconstruction',
      explain: 'Reconstruction, −log p(x|z): what it costs to describe the image once its code is known.',
    },
    {
      name: 'klZ1',
      title: 'KL z1',
      explain: 'KL of z1: what the lower code costs, measured against the prior p(z1|z2, y).',
      withoutClasses: 'KL of z1: what the lower code costs, measured against the prior p(z1|z2).',
    },
    {
      name: 'klZ2',
      title: 'KL z2',
      explain: 'KL of z2: what the upper code costs, measured against the class’s prior p(z2|y).',
      withoutClasses: 'KL of z2: what the upper code costs, measured against the prior p(z2), N(0, I).',
    },
  ],
  scalars: [
    {
      name: 'klWeight',
      title: 'KL weight',
      unit: 'factor',
      range: [0, 1],
      explain:
        'How much the two codes’ cost counts in what training minimises: it rises from 0 to 1 over the first epochs. The loss counts all of it at any time.',
    },
  ],
  objective: 'What training minimises: the KL terms count at the KL weight of the moment',
}
