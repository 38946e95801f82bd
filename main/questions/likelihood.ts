/** How likely are test images to a checkpoint: −log p by importance sampling, and what their codes cost and carry. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { hasClasses, type Estimate, type QuestionOf } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { Dataset } from '../mnist/types'
import { estimate, Mean, type ImageCosts, type Row } from '../models/likelihood'
import { entryOf } from '../optimizers/named'
import { assertOwn } from '../runs/folder'
import { readCosts, writeCosts, type CostRow, type Of } from '../runs/likelihood-file'
import { likelihoodName } from '../runs/names'
import { imageSize } from '../training/batches'
import { overflown, pass } from '../training/evaluate'
import { versions } from '../training/prepared-engines'
import { codesOf, posteriorsOf, weigherOf } from './codes'
import { firstImages } from './images'
import type { Answer, Checkpoint } from './question'

const usualImages = 1000
/** Milliseconds between two writings of what was found. */
const keepEvery = 10_000
/** Var_x E_q[z] above which a number of the code counts as active (Burda et al. 2016, §5.2). */
const active = 0.01

export const likelihood: Answer<'likelihood'> = async ({ samples, images: wanted, weights }, checkpoint, watch) => {
  const { programs, epoch, run } = checkpoint
  const { size: codeSize } = codesOf(programs.model)
  const raw = weights === 'raw' ? await checkpoint.raw() : null
  const parameters = raw ?? checkpoint.parameters
  const dataset = await checkpoint.data()
  const images = firstImages(wanted, usualImages, dataset.test)
  const { images: all, labels } = dataset.test
  const posteriors = await posteriorsOf(programs, parameters, all.subarray(0, images * imageSize), watch)

  const kept = new Kept(run, ...keptOf(checkpoint, parameters, { samples, weights }))
  const costs = (await kept.read()).slice(0, images)
  const weigher = await weigherOf(programs, parameters, { images: all, labels, posteriors })
  const codes = codeSize === 0 ? 1 : samples
  let weighed = costs.length * codes
  const watched = {
    ...weigher,
    async weigh(rows: readonly Row[]) {
      // what was weighed before is in `costs`: nothing of it is lost where this ends it
      await pass(watch, Math.floor(weighed / codes), images)
      weighed += rows.length
      return weigher.weigh(rows)
    },
  }
  try {
    const rest = Array.from({ length: images - costs.length }, (_, i) => costs.length + i)
    for await (const found of estimate(watched, rest, { samples })) {
      costs.push(listed(found))
      await kept.soon(costs)
    }
    watch.progress?.(images, images)
  } finally {
    // also of what was given up
    await kept.now(costs)
  }

  const mean = (of: (costs: CostRow) => number): Estimate => meanOf(costs.map(of))
  return {
    epoch,
    images,
    samples: codeSize === 0 ? null : samples,
    averaged: raw === null && checkpoint.averaged,
    seen: seenBy(programs.model.images, dataset),
    marginal: mean(([marginal]) => marginal),
    conditional: hasClasses(run.settings) ? mean(([, conditional]) => conditional) : null,
    bound: mean(([, , reconstruction, rate]) => reconstruction + rate),
    reconstruction: mean(([, , reconstruction]) => reconstruction),
    rate: mean(([, , , rate]) => rate),
    activeUnits: activeUnits(posteriors.mean, codeSize),
    codeSize,
    unkept: kept.problem?.toData() ?? null,
  }
}

/** Nothing is computed: what was found before, of as many images. */
export const keptLikelihood: Answer<'keptLikelihood'> = async ({ images, ...how }, checkpoint) => {
  const parameters = how.weights === 'raw' ? await checkpoint.raw() : checkpoint.parameters
  const costs = await readCosts(...keptOf(checkpoint, parameters, how))
  return costs.length < images ? null : meanOf(costs.slice(0, images).map(([marginal]) => marginal))
}

/** Where what is found is kept, and what it depends on. */
function keptOf(
  { programs, folder, epoch, run }: Checkpoint,
  parameters: Float32Array,
  { samples, weights }: Pick<QuestionOf<'likelihood'>, 'samples' | 'weights'>,
): [path: string, of: Of] {
  const name = likelihoodName(epoch, codesOf(programs.model).size === 0 ? null : samples, weights)
  return [
    join(folder, name),
    { weights: digest(parameters), data: run.data.fingerprint, app: entryOf(versions, 'app') },
  ]
}

/** What was found so far, on disk. That it cannot be kept is no reason to lose it: it is told with the answer. */
class Kept {
  problem: AppError | null = null
  private known = 0
  private at = performance.now()

  constructor(
    private readonly run: Checkpoint['run'],
    private readonly path: string,
    private readonly of: Of,
  ) {}

  async read(): Promise<CostRow[]> {
    const costs = await readCosts(this.path, this.of)
    this.known = costs.length
    return costs
  }

  async soon(costs: readonly CostRow[]): Promise<void> {
    if (performance.now() - this.at > keepEvery) await this.now(costs)
  }

  /** A file that knows more images than were asked for stays. */
  async now(costs: readonly CostRow[]): Promise<void> {
    this.at = performance.now()
    if (costs.length <= this.known) return
    try {
      assertOwn(this.run)
      await writeCosts(this.path, this.of, costs)
      this.known = costs.length
      this.problem = null
    } catch (thrown) {
      this.problem = AppError.from(thrown)
    }
  }
}

/** @throws AppError `run/overflown` */
function listed({ marginal, conditional, reconstruction, rate }: ImageCosts): CostRow {
  const costs = [marginal, conditional, reconstruction, rate] as const
  if (!costs.every(Number.isFinite)) throw overflown()
  return costs
}

function meanOf(values: readonly number[]): Estimate {
  const mean = new Mean()
  for (const value of values) mean.add(value)
  return { mean: mean.mean, error: mean.count > 1 ? mean.standardError : null }
}

/** @param means [images, codeSize] of the posteriors */
function activeUnits(means: Float32Array, codeSize: number): number {
  let count = 0
  for (let unit = 0; unit < codeSize; unit++) {
    const over = new Mean()
    for (let at = unit; at < means.length; at += codeSize) over.add(means[at]!)
    if (over.variance > active) count++
  }
  return count
}

/** Data that has no grey in it is binary for every model. */
function seenBy(images: 'grey' | 'binary', { train }: Dataset): 'grey' | 'dynamic' | 'static' {
  const isBinary = train.images.every((level) => level === 0 || level === 255)
  if (isBinary) return 'static'
  return images === 'grey' ? 'grey' : 'dynamic'
}

function digest({ buffer, byteOffset, byteLength }: Float32Array): string {
  return createHash('sha256')
    .update(Buffer.from(buffer, byteOffset, byteLength))
    .digest('hex')
}
