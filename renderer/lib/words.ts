/** What things are called, and what they mean in one sentence. */
import type { RunSettings, RunStatus } from '../../preload/contract'
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
  loss: 'The negative ELBO: nats it costs to describe an image, reconstruction and code together. Lower is better.',
  testLoss: 'The negative ELBO on the test images, which training never sees: all parts of the loss together.',
  trainingLoss:
    'The negative ELBO on the training images as they were seen, over the whole epoch: the model was younger then than in the test.',
  temperature:
    'Scales the noise that samples start from: 1 is the prior itself, 0 its mean, above 1 more unusual digits.',
  bound: 'An upper bound on what an image costs: the negative ELBO with one sample per image.',
  marginal:
    'The same without being told the class: summed over all ten, so that it compares with models without classes.',
} as const

export const digits = Array.from({ length: 10 }, (_, digit) => String(digit))

/** The names of a run's settings, in the order in which they are shown. */
export const settingNames: Record<keyof RunSettings, string> = {
  model: 'Model',
  condition: 'Prior',
  epochs: 'Epochs',
  batch: 'Batch size',
  learningRate: 'Learning rate',
  klWarmup: 'KL warm-up',
  seed: 'Seed',
  lanes: 'Lanes',
  limit: 'Image limit',
  engine: 'Engine',
}

/** What each of them means to a person who sets it. */
export const settingMeaning: Record<keyof RunSettings, string> = {
  model: 'The network that is trained.',
  condition:
    'With classes, the prior knows which digit it is asked for: p(z2|y) and p(z1|z2,y). Without, p(z2) is N(0, I).',
  epochs: 'How many times training goes over all images.',
  batch: 'How many images one step learns from.',
  learningRate: 'How far one step of Adam goes. 0.001 suits this model.',
  klWarmup: 'Over how many epochs the KL weight rises from 0 to 1; 0 starts with 1.',
  seed: 'Where all chance comes from: the same settings and seed give the same run.',
  lanes: 'How many threads share a step. 0: one for each core, at most 8.',
  limit: 'Train on the first so many images only, to try things out; 0 means all.',
  engine: 'What computes. Automatic takes the fastest that this machine has.',
}
