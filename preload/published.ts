/** What others have published of MNIST's likelihood, and which of it a number found here may be compared with. */
import { count } from './amounts'
import type { Likelihood } from './contract'

/** −log p(x) of a test image, nats. */
export interface Published {
  readonly model: string
  /** On Larochelle & Murray's binarization, the same for training and test; and on one drawn anew at every use. */
  readonly static?: number
  readonly dynamic?: number
  /** How it was found. */
  readonly how: string
  /** What there is to check it by. */
  readonly checked: string
  readonly source: string
}

/** The best first, by the dynamic number, and by the other where there is none. */
export const published: readonly Published[] = [
  {
    model: 'CR-NVAE',
    dynamic: 76.93,
    how: '–',
    checked: 'neither code nor checkpoint',
    source: 'Sinha & Dieng 2021, arXiv 2105.14859',
  },
  {
    model: 'LMConv, 8 orders',
    dynamic: 77.56,
    how: 'exact',
    checked: 'public checkpoint',
    source: 'Jain et al. 2020, arXiv 2006.12486',
  },
  {
    model: 'Bayesian flow network',
    dynamic: 77.87,
    how: 'bound',
    checked: 'public checkpoint',
    source: 'Graves et al. 2023, arXiv 2308.07037',
  },
  {
    model: 'MAE',
    dynamic: 77.98,
    how: 'K = 4096',
    checked: 'public code',
    source: 'Ma et al. 2019, arXiv 1901.01498',
  },
  {
    model: 'NVAE',
    dynamic: 78.01,
    how: 'K = 1000',
    checked: 'public code and checkpoint',
    source: 'Vahdat & Kautz 2020, arXiv 2007.03898',
  },
  {
    model: 'LVAE, 12 layers',
    static: 78.3,
    how: 'K = 1000',
    checked: 'public code',
    source: 'Dittadi, github.com/addtt/ladder-vae-pytorch',
  },
  {
    model: 'VLAE',
    static: 79.03,
    dynamic: 78.53,
    how: 'K = 4096',
    checked: 'paper only',
    source: 'Chen et al. 2016, arXiv 1611.02731',
  },
  {
    model: 'VLAE, ablation',
    dynamic: 78.94,
    how: 'K = 4096',
    checked: 'paper only',
    source: 'Chen et al. 2016, app. D: with the flow prior, rate 11.73',
  },
  {
    model: 'IAF VAE',
    static: 79.88,
    dynamic: 79.1,
    how: 'K = 128',
    checked: 'paper only',
    source: 'Kingma et al. 2016, arXiv 1606.04934',
  },
  {
    model: 'PixelRNN',
    static: 79.2,
    how: 'exact',
    checked: 'paper only',
    source: 'van den Oord et al. 2016, arXiv 1601.06759',
  },
  {
    model: 'Flow prior, factorised decoder',
    static: 79.3,
    how: 'K = 4096',
    checked: 'paper only',
    source: 'Chen et al. 2016, arXiv 1611.02731',
  },
  {
    model: 'VLAE, Gaussian prior',
    dynamic: 79.48,
    how: 'K = 4096',
    checked: 'paper only',
    source: 'Chen et al. 2016, app. D: rate 10.60',
  },
  {
    model: 'Local PixelCNN alone',
    dynamic: 87.55,
    how: 'exact',
    checked: 'paper only',
    source: 'Chen et al. 2016, app. D: no code',
  },
]

/** What a number found here may be set beside: a sentence each. @param testImages of the whole test set */
export function comparisons(found: Likelihood, testImages: number): string[] {
  const { seen, samples, images, marginal, conditional } = found
  if (seen === 'grey')
    return [
      'This model sees grey levels, each as the probability of ink: its numbers are not comparable with the published ones, only with other runs that see grey levels.',
    ]
  const told = [
    `Compare −log p(x) with the column “${seen}” only${seen === 'dynamic' ? ', where images are binarized anew at every use' : ''}, and only where the data is MNIST.`,
    samples === null
      ? 'It is exact, so it can be compared at any K; estimates lie above the truth.'
      : `Found with K = ${count(samples)}; a smaller K gives a larger value, so compare only rows with the same K.`,
    'The bound, −ELBO, is not comparable with any row: it lies above −log p(x).',
  ]
  if (conditional !== null)
    told.push('−log p(x|y) is not comparable either: being told the class is worth up to log 10 = 2.30 nats.')
  if (images < testImages)
    told.push(
      `Measured on ${count(images)} of ${count(testImages)} test images; over all of them it may differ by ${(2 * (marginal.error ?? 0)).toFixed(2)} nats.`,
    )
  return told
}

/** Nats of an image of 28×28 as bits per pixel. */
export function bitsPerPixel(nats: number): number {
  return nats / (784 * Math.LN2)
}
