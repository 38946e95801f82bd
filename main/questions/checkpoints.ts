/** Opens checkpoints for questions: what a run and its weights are is kept, as long as their files are what they were. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../preload/errors'
import { diskError } from '../files/disk-error'
import type { Model } from '../models/model'
import { readRunFile } from '../runs/folder'
import { dataName, epochsOf, nameName, optimizerName, runFileName, weightsName } from '../runs/names'
import type { RunFile } from '../runs/run-file'
import { namedWeights, newestWeights, noCheckpoint, weightsProblem } from '../runs/weights'
import type { CheckpointChoice } from '../trainer/calls'
import { readWeights } from '../training/checkpoint'
import type { Datasets } from '../training/datasets'
import type { PreparedEngines } from '../training/prepared-engines'
import { readState } from '../training/saved-state'
import { asSeen } from '../training/seen'
import { FileCache } from './file-cache'
import type { Checkpoint } from './question'

/** Bytes of weights that are kept: nine of the ladder's. */
const mostBytes = 64 * 2 ** 20
const mostRuns = 20
/** Milliseconds without a question after which nothing is kept. */
const patience = 5 * 60_000

export class Checkpoints {
  private readonly runs = new FileCache<RunFile>(mostRuns)
  private readonly weights: FileCache<Float32Array>
  private waiting: NodeJS.Timeout | undefined

  constructor(
    private readonly engines: PreparedEngines,
    private readonly datasets: Datasets,
    /** A sentence for the person who asked. */
    private readonly tell: (message: string) => void,
    most = mostBytes,
  ) {
    this.weights = new FileCache(most)
  }

  /**
   * The caller says when it is `done`.
   *
   * @throws AppError `run/no-checkpoint`, and as reading the files does
   */
  async open({ folder, epoch: wanted, bundledFolder }: CheckpointChoice): Promise<Checkpoint> {
    clearTimeout(this.waiting)
    this.waiting = setTimeout(() => this.release(), patience).unref()
    const files = [runFileName, nameName, dataName].map((name) => join(folder, name))
    const run = await this.runs.get(folder, { files, size: 1 }, () => readRunFile(folder))
    const epoch = wanted ?? (await this.newest(folder, run.epoch))
    // On the CPU, wherever it was trained: a GPU may be gone, or busy
    const { programs, done } = await this.engines.get({ ...run.settings, engine: 'onnx-cpu' })
    try {
      const path = join(folder, weightsName(epoch))
      const size = programs.model.layout.size * Float32Array.BYTES_PER_ELEMENT
      const parameters = await this.weights.get(
        `${path} ${JSON.stringify(run.settings)}`,
        { files: [path], size },
        async () => readWeights(join(folder, weightsName(namedWeights(epoch, await list(folder)))), run.settings),
      )
      const data = async () => {
        const all = await this.datasets.of(run.data, bundledFolder, { fresh: false })
        return { ...all, test: asSeen(programs.model, all.test) }
      }
      const averaged = programs.model.optimizer.averages !== undefined
      const raw = () => readRaw(folder, epoch, run, programs.model)
      return { folder, run, epoch, parameters, averaged, raw, programs, data, done }
    } catch (error) {
      done()
      throw error
    }
  }

  /** Lets go of everything. */
  release(): void {
    clearTimeout(this.waiting)
    this.runs.clear()
    this.weights.clear()
  }

  /** Says so where it is not the last one. */
  private async newest(folder: string, finished: number): Promise<number> {
    const newest = await newestWeights(folder, await list(folder))
    if (newest.epoch === null) throw noCheckpoint(newest, finished)
    const problem = weightsProblem(newest, finished)
    if (problem !== null) this.tell(`${problem.message} ${problem.remedy}`)
    return newest.epoch
  }
}

/** They are kept with the optimizer's state, of the last two epochs and the best. */
async function readRaw(folder: string, epoch: number, run: RunFile, model: Model): Promise<Float32Array> {
  if (model.optimizer.averages === undefined)
    throw new AppError(
      'run/no-averages',
      `${model.optimizer.title} keeps no averages: this checkpoint’s weights are those that training went on from.`,
      'Ask for the weights as they are saved.',
    )
  const names = await list(folder)
  const kept = epochsOf(names, optimizerName)
  if (!kept.includes(epoch))
    throw new AppError(
      'run/no-raw-weights',
      `Of epoch ${epoch} only the averaged weights are kept.`,
      kept.length === 0
        ? 'Raw ones are kept of no epoch of this run.'
        : `Raw ones are kept of epochs ${kept.join(', ')}.`,
    )
  const { learner } = await readState(join(folder, optimizerName(epoch)), model, run)
  return learner.parameters
}

function list(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: unknown) => {
    throw diskError(error, 'read', folder)
  })
}
