/** What things are called, and what they mean in one sentence. */
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
    'The negative ELBO on the training images as they were seen, over the whole epoch: the model was less trained then than at the test.',
  temperature:
    'Scales the noise that samples start from: 1 is the prior itself, 0 its mean, above 1 more unusual digits.',
  pixelTemperature:
    'Of the pixels, which are drawn one after another: 1 as probable as the model has them, 0 always the likelier value.',
  bound: 'An upper bound on what an image costs: the negative ELBO with one sample per image.',
  likelihood:
    'What an image costs, estimated by importance sampling: the more codes each image is tried with, the closer to the truth, and the lower.',
  conditional: 'The same of a model that is told the class. It compares with nothing that is not told.',
  reconstruction: 'What it costs to describe the image once its code is known.',
  rate: 'What the code itself costs, measured against the prior: what is not lost.',
  activeUnits: 'Those whose mean varies from image to image by more than 0.01: the others say nothing.',
  marginal:
    'The same without being told the class: summed over all ten, so that it compares with models without classes.',
} as const

/** Of classes, whatever they are called. */
export const labels = Array.from({ length: 10 }, (_, label) => label)

/** Ten rows of samples. @param classes what the rows are of, where they are of classes */
export function sampleRows(columns: number, classes: string | null): string {
  const many = columns === 8 ? 'eight' : String(columns)
  return classes === null ? `ten rows of ${many}` : `ten rows, ${classes}, ${many} of each`
}
