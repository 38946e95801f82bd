/** What can be wrong between files that are each good: mixed up, or not of one dataset. */
import { AppError } from '../../preload/errors'
import type { SplitName } from './folder'
import type { Idx } from './idx'

export interface SplitFiles {
  readonly images: Idx
  readonly labels: Idx
}

/** Training and test files in each other's place: training on test images would go unnoticed. */
export function findMixUp(train: SplitFiles, test: SplitFiles): AppError | undefined {
  const fitting = fits(train) && fits(test)
  const crossed = train.images.count === test.labels.count && test.images.count === train.labels.count
  if (!fitting && crossed) {
    return mixed(
      `Training and test files are mixed: ${count(train.images)} training images with ${count(train.labels)} labels, ` +
        `${count(test.images)} test images with ${count(test.labels)} labels.`,
      'Give the two image files each other’s names (train-… is the larger one), or the two label files.',
    )
  }
  if (fitting && train.images.count === 10_000 && test.images.count === 60_000) {
    return mixed(
      'Training and test files are mixed: 10,000 training images and 60,000 test images.',
      'Give the train-… files the t10k-… names, and the other way round.',
    )
  }
  if (fitting && Buffer.compare(train.images.data, test.images.data) === 0) {
    return mixed(
      'The training and the test images are the same: results on them would mean nothing.',
      'One of the two files is a copy of the other. Download it again under its own name.',
    )
  }
  return undefined
}

export function findMismatch(files: SplitFiles, split: SplitName): AppError | undefined {
  if (fits(files)) return undefined
  const set = split === 'train' ? 'training' : 'test'
  return new AppError(
    'data/count-mismatch',
    `The ${set} set has ${count(files.images)} images but ${count(files.labels)} labels.`,
    'The two files are not of one dataset. Download both again from one place.',
  )
}

function fits({ images, labels }: SplitFiles): boolean {
  return images.count === labels.count
}

function mixed(message: string, remedy: string): AppError {
  return new AppError('data/mixed', message, remedy)
}

function count(idx: Idx): string {
  return idx.count.toLocaleString('en-US')
}
