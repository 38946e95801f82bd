/** What shows that the code of `vlae` is lossy: the rows that are set side by side, and how far each pixel sees. */
import type { LossyStudy, OwnSettings } from './card'
import { pixelsIn, wide } from './vlae-window'

export const vlaeLossy: LossyStudy = {
  rows: [
    {
      preset: 'unconditional-decoder',
      title: 'PixelCNN alone',
      explain: 'each pixel from a small window of those before it, without a code',
      code: 'none',
      work: 2.6,
    },
    {
      preset: 'factorised-gaussian',
      title: 'Factorised decoder',
      explain: 'each pixel from the code alone, as in most VAEs: the code has to tell everything',
      code: 'all',
      work: 3.4,
    },
    {
      preset: 'gaussian-prior',
      title: 'Local decoder',
      explain: 'each pixel from the code and the window: the code tells what the window cannot',
      code: 'rest',
      work: 5.2,
    },
    {
      preset: 'vlae',
      title: 'Local decoder, flow prior',
      explain: 'the same, with a prior that is learned along: the paper’s model',
      code: 'rest',
      work: 5.9,
    },
  ],
  rate: 'kl',
  window: 'window',
  windows: ['4x2', '5x3', '7x4', 'triangle'],
  pixelsSeen: ({ decoder, window }: OwnSettings) =>
    decoder === 'factorised' ? 0 : decoder === 'wide' ? wide : pixelsIn(String(window)),
  hasCode: ({ decoder }: OwnSettings) => decoder !== 'alone',
}
