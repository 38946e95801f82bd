/** What things are called, and what they mean in one sentence. */
import { classCount } from '../../preload/classes'
import type { RunStatus } from '../../preload/contract'
import type { Phase } from '../../preload/life'

export const phaseWords: Record<Phase, string> = {
  idle: 'Ready',
  starting: 'Starting…',
  training: 'Training',
  pausing: 'Pausing…',
  paused: 'Paused',
  resuming: 'Resuming…',
  waiting: 'Paused',
  stopping: 'Stopping…',
  done: 'Done',
  stopped: 'Stopped',
  failed: 'Failed',
}

export const statusWords: Record<RunStatus, string> = {
  training: 'Training',
  paused: 'Paused',
  stopped: 'Stopped',
  interrupted: 'Interrupted',
  done: 'Done',
  failed: 'Failed',
}

export const meaning = {
  loss: 'The negative ELBO: how many nats it costs to describe an image, reconstruction and code together. Lower is better.',
  testLoss: 'The negative ELBO on the test images, which training never sees: all parts of the loss together.',
  trainingLoss:
    'The negative ELBO on the training images as they were seen during the epoch, when the model was less trained than at the test. A model with averaged weights is tested with the averages, on one fixed binarization.',
  temperature:
    'Scales the noise that samples start from: 1 is the prior itself, 0 its mean, above 1 more unusual pictures.',
  pixelTemperature:
    'For pixels drawn one by one: 1 follows the model’s probabilities, 0 always takes the likelier value.',
  bound: 'An upper bound on what an image costs: the negative ELBO with one sample per image.',
  likelihood:
    'What an image costs, estimated by importance sampling: the more codes each image is tried with, the closer to the truth, and the lower.',
  conditional: 'The same for a model that is told the class; not comparable with models that are not.',
  reconstruction: 'What it costs to describe the image once its code is known.',
  rate: 'What the code itself costs, measured against the prior: what is not lost.',
  activeUnits: 'Numbers of the code whose mean varies between images (variance above 0.01); the rest carry nothing.',
  averages:
    'Averaged over the last steps of training, as checkpoints have them; or raw, as training went on from them: those are kept of the last two epochs and the best.',
  marginal:
    'The same without being told the class: summed over all ten, so that it compares with models without classes.',
} as const

/** Of classes, whatever they are called. */
export const labels = Array.from({ length: classCount }, (_, label) => label)

/** Ten rows of samples. @param classes what the rows are of, where they are of classes */
export function sampleRows(columns: number, classes: string | null): string {
  const many = columns === 8 ? 'eight' : String(columns)
  return classes === null ? `ten rows of ${many}` : `ten rows, ${classes}, ${many} of each`
}
