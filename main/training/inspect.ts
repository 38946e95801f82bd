/** Looks at a run's checkpoints: samples, reconstructions, how good they are. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Evaluation, RunFile } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { diskError } from '../files/disk-error'
import { readRunFile } from '../runs/folder'
import { weightsName } from '../runs/names'
import { namedWeights, newestWeights, noCheckpoint, weightsProblem } from '../runs/weights'
import type { Reconstructions, Samples } from '../trainer/api'
import type { EvaluateCall, ReconstructCall, SampleCall } from '../trainer/calls'
import { imageSize } from './batches'
import { readWeights } from './checkpoint'
import type { DataSets } from './data-sets'
import { evaluate, type Watch } from './evaluate'
import { drawReconstructions, drawSamples } from './gallery'
import type { Machines } from './machines'
import type { Programs } from './programs'

const size = { width: 28, height: 28 }

interface Opened {
  readonly file: RunFile
  readonly programs: Programs
  readonly parameters: Float32Array
  readonly epoch: number
}

export class Inspector {
  constructor(
    private readonly machines: Machines,
    private readonly data: DataSets,
    /** A sentence for the person who asked. */
    private readonly tell: (message: string) => void,
  ) {}

  async sample({ labels, seed, temperature, ...from }: SampleCall, watch: Watch): Promise<Samples> {
    const { programs, parameters, epoch } = await this.open(from)
    const pixels = await drawSamples(programs, parameters, { labels, seed, temperature }, watch)
    return { epoch, ...size, labels, pixels }
  }

  async reconstruct({ images, bundledFolder, ...from }: ReconstructCall, watch: Watch): Promise<Reconstructions> {
    const { file, programs, parameters, epoch } = await this.open(from)
    const { test } = await this.data.of(file.data, bundledFolder, { fresh: false })
    const originals = new Uint8Array(images.length * imageSize)
    for (const [i, image] of images.entries()) {
      if (!Number.isInteger(image) || image < 0 || image >= test.count)
        throw new AppError(
          'data/no-such-image',
          `There is no test image ${image}: the data set has ${test.count}.`,
          `Give numbers from 0 to ${test.count - 1}.`,
        )
      originals.set(test.images.subarray(image * imageSize, (image + 1) * imageSize), i * imageSize)
    }
    const labels = Uint8Array.from(images, (image) => test.labels[image]!)
    const pixels = await drawReconstructions(programs, parameters, originals, watch)
    return { epoch, ...size, labels, originals, pixels }
  }

  async evaluate({ bundledFolder, ...from }: EvaluateCall, watch: Watch): Promise<Evaluation> {
    const { file, programs, parameters, epoch } = await this.open(from)
    const { test } = await this.data.of(file.data, bundledFolder, { fresh: false })
    return { epoch, ...(await evaluate(programs, parameters, test, watch)) }
  }

  /** @throws AppError `run/no-checkpoint`, and as reading the files does */
  private async open({ folder, epoch: wanted }: { folder: string; epoch?: number }): Promise<Opened> {
    const file = await readRunFile(folder)
    const names = await readdir(folder).catch((error: unknown) => {
      throw diskError(error, 'read', folder)
    })
    const epoch = wanted === undefined ? await this.newest(folder, names, file.epoch) : namedWeights(wanted, names)
    const { model, condition, lanes } = file.settings
    // On the CPU, wherever it was trained: a GPU may be gone, or busy
    const { programs } = await this.machines.get({ model, condition, lanes })
    return {
      file,
      programs,
      parameters: await readWeights(join(folder, weightsName(epoch)), file.settings),
      epoch,
    }
  }

  /** Says so where it is not the last one. */
  private async newest(folder: string, names: readonly string[], finished: number): Promise<number> {
    const newest = await newestWeights(folder, names)
    if (newest.epoch === null) throw noCheckpoint(newest, finished)
    const problem = weightsProblem(newest, finished)
    if (problem !== null) this.tell(`${problem.message} ${problem.remedy}`)
    return newest.epoch
  }
}
