/** What every model of the app offers: pure functions over tensors, and the layout of its parameters. */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { RunSettings } from '../../preload/contract'
import type { Optimizer } from '../optimizers/optimizer'
import type { Gaussian } from './gaussian'

/** Tensors by name. */
export type Tensors = Record<string, Tensor>

/** One parameter tensor: where it lies in the flat vector, and how PyTorch stores it. */
export interface ParameterSpec {
  /** PyTorch's name: `encoder.conv.0.weight`. */
  readonly name: string
  /** Our shape: convolutions [height, width, in, out], dense [in, out], feature maps NHWC. */
  readonly shape: readonly number[]
  /** First element in the flat vector. */
  readonly offset: number
  readonly size: number
  readonly torch: {
    /** The shape of PyTorch's tensor. */
    readonly shape: readonly number[]
    /** PyTorch's tensor seen as this shape, then permuted by `permute`, is ours (reshaped to `shape`). */
    readonly view: readonly number[]
    readonly permute: readonly number[]
  }
}

export interface ParameterLayout {
  readonly entries: readonly ParameterSpec[]
  /** Elements of the flat vector. */
  readonly size: number
}

/** Tensors that a loss is computed from. B: images in the batch. */
export interface Batch {
  /** [B, 784] int32, grey levels 0–255. */
  readonly images: Tensor
  /** [B] int32, 0–9. */
  readonly labels: Tensor
  /** [B, noiseSize]: standard normal numbers, then those that are uniform between 0 and 1. */
  readonly noise: Tensor
}

/** Numbers by name: the parts of a loss, or what training is steered by. */
export type Numbers = Readonly<Record<string, number>>

/** How training is steered from step to step. */
export interface Schedule {
  /** The numbers that go on from step to step, as they are before the first; none where the step alone decides. */
  readonly start: Numbers
  /**
   * The scalars of a step.
   * @param step from 1; 0: before training
   * @param state after the step before it
   */
  scalars(step: number, state: Numbers): Numbers
  /** The state after a step whose whole batch had these means. */
  next(state: Numbers, means: Numbers): Numbers
  /** What the learning rate that was set is multiplied by; 1 if not given. */
  learningRate?(state: Numbers): number
  /** The state after an epoch. @param means over the images that the model's card holds out */
  afterEpoch?(state: Numbers, means: Numbers): Numbers
}

/** How images are drawn, of a model that draws each pixel given those before it. */
export interface Drawing {
  /** What a code is decoded to, [B, …mapShape]: one of the prior, of the inputs of `sample`; null without a code. */
  readonly sampled: ((parameters: Tensors, inputs: Pick<Batch, 'labels' | 'noise'>) => Tensor) | null
  /** The same of the posterior's mean, of the inputs of `reconstruct`. */
  readonly encoded: ((parameters: Tensors, inputs: Pick<Batch, 'images' | 'noise'>) => Tensor) | null
  readonly mapShape: readonly number[]
  /** Draws images of uniform numbers [B, 784], as one function; or row by row, where that would be too long. */
  readonly draw: ((parameters: Tensors, uniforms: Tensor, map: Tensor | undefined) => Tensor) | RowDrawing
}

/** Images drawn from their first row to their last, all by the same function, each of what the rows above it have made. */
export interface RowDrawing {
  /** What is kept of so many rows above, by name, and how many numbers of each of their 28 pixels; zeros above the image. */
  readonly kept: Readonly<Record<string, { readonly rows: number; readonly numbers: number }>>
  /** What a map tells each row, [28, B, told]. */
  tell(parameters: Tensors, map: Tensor): Tensor
  readonly told: number
  /**
   * @param given uniform numbers [B, 28], with a code what its map tells this row [B, told], and what is kept [rows, B, 28, numbers]
   * @returns the row's pixels [B, 28], and of what is kept this row's part, [B, 28, numbers]
   */
  row(
    parameters: Tensors,
    given: { readonly uniforms: Tensor; readonly told: Tensor | undefined; readonly above: Tensors },
  ): { readonly pixels: Tensor; readonly made: Tensors }
}

/** One of the latents that a code is made of. */
export interface Latent {
  /** As formulas have it: `z1`. */
  readonly name: string
  /** Numbers of it. */
  readonly size: number
}

/** A code as the noise that the prior would make it of. Both [B, size]. */
export interface Standardised {
  /** Standard normal where codes are the prior's. */
  readonly noise: Tensor
  /** By what each number of the noise is scaled, as its logarithm: log p(z|y) = Σ log N(noise; 0, 1) − logScale. */
  readonly logScale: Tensor
}

/**
 * A model's code, and what it costs and spares: what judging asks for. Several latents lie side by side in one code.
 * Images are [B, 784] int32, as the model sees them; codes [B, size]; costs nats.
 */
export interface Codes {
  /** Numbers of a code; 0: there is none, q and prior are never asked for, and the pixels' costs are −log p(x) itself. */
  readonly size: number
  /** What it is made of, in order: together `size` numbers. */
  readonly latents: readonly Latent[]
  /** The earlier pixels that a pixel is predicted from besides the code, seen from it: rows down, columns to the right. */
  readonly sees: readonly (readonly [row: number, column: number])[]
  /** q(z|x), a diagonal Gaussian. */
  encode(parameters: Tensors, images: Tensor): Gaussian
  /** log p(z|y) of every class y, [B, 10]; [B, 1] where the prior knows no classes. */
  logPrior(parameters: Tensors, z: Tensor): Tensor
  /** Of each pixel being 1, given the code and the pixels that it sees: [B, 784]. */
  pixelLogits(parameters: Tensors, images: Tensor, z?: Tensor): Tensor
  /** −log p of each pixel, given the same: [B, 784]. */
  pixelCosts(parameters: Tensors, images: Tensor, z?: Tensor): Tensor
  /** What each number of a code is, seen from the prior p(z|y); labels [B] int32, ignored where the prior knows no classes. */
  standardise(parameters: Tensors, z: Tensor, labels: Tensor): Standardised
  /** Its inverse: the code that the prior p(z|y) makes of noise [B, size]. */
  codeOf(parameters: Tensors, noise: Tensor, labels: Tensor): Tensor
  /** Pixel probabilities [B, 784] of codes; of a model that draws pixels, the map that they are drawn with (`Drawing`). */
  decode(parameters: Tensors, z: Tensor): Tensor
  readonly telling: Telling
}

/** How an image is told number by number, so that whoever hears it can follow: bits-back coding. Groups are of places. */
export interface Telling {
  /** Steps z ← z − shift that come first: each number's shift is a function of numbers of earlier groups. */
  readonly shifts: readonly {
    readonly groups: readonly (readonly number[])[]
    of(parameters: Tensors, z: Tensor, labels: Tensor): Tensor
  }[]
  /** What is left are Gaussian numbers, each given those of earlier groups. */
  readonly groups: readonly (readonly number[])[]
  given(parameters: Tensors, z: Tensor, labels: Tensor): Gaussian
  /** Pixels, each given the code and pixels of earlier waves. */
  readonly waves: readonly (readonly number[])[]
}

/** A function of a model that other programs run by itself, without this app. */
export interface Standalone {
  /** The folder of it in a repository: Hugging Face's names for VAEs, where it has one. */
  readonly name: string
  /** What it computes, in a sentence. */
  readonly about: string
  /** Shapes behind the batch. Images are float32 between 0 and 1, [1, 28, 28]; labels int32. */
  readonly inputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly dtype: 'float32' | 'int32' }>>
  /** Inputs [B, …] → outputs [B, …]. */
  run(parameters: Tensors, inputs: Tensors): Tensors
}

export interface Model {
  /** With what of its settings decides what it computes: `ladder label`. Models of one name are one. */
  readonly name: string
  /** What it is trained by. */
  readonly optimizer: Optimizer
  readonly layout: ParameterLayout
  /** What the loss is the sum of, as the model's card names it, in its order. */
  readonly parts: readonly string[]
  /** What it sees of an image: its grey levels, or 0 and 255 only, drawn with them as probabilities. */
  readonly images: 'grey' | 'binary'
  /** Random numbers that the posterior needs for an image; standard normal ones, but for the last `noiseUniforms`. */
  readonly noiseSize: number
  /** How many of them are uniform between 0 and 1; none where it is left out. */
  readonly noiseUniforms?: number
  /**
   * Random numbers that a sample from the prior needs, and how many, the last ones, are uniform: those that its pixels are
   * drawn by, where they are.
   */
  readonly latentSize: number
  readonly latentUniforms?: number
  /** Fresh parameters, a function of the seed: [layout.size]. */
  initialise(seed: number): Float32Array
  /** Of how many of the first training images, if any are there, `find` makes the rest of fresh parameters. */
  readonly firstImages?: number
  /** Values of some parameters, by their names, in the place of those that `initialise` gave. */
  find?(parameters: Tensors, batch: Batch): Tensors
  /** The parts of one posterior sample per image, each [B], nats: what is measured. */
  losses(parameters: Tensors, batch: Batch): Tensors
  /** What training minimises, in nats per image, of means over images and the scalars of the moment. */
  objective(means: Numbers, scalars: Numbers): number
  /**
   * ∂objective/∂mean of each of `parts`: how much it counts in a step's gradient.
   * @param means of the whole batch, of the parts that are `measuredFirst`
   */
  partWeights(scalars: Numbers, means: Numbers): readonly number[]
  /** The parts whose means over the whole batch decide on a step's weights (free bits): taken before the gradient is. */
  readonly measuredFirst: readonly string[]
  /** @param settings of the run */
  schedule(settings: RunSettings, stepsPerEpoch: number): Schedule
  /** One-sample bound on −log p(x), summed over the classes (models.md §3), [B] nats; for `none` equal to −ELBO. */
  marginal(parameters: Tensors, batch: Batch): Tensor
  /** Samples of the prior, decoded: labels [B] int32, noise [B, latentSize] → pixel probabilities [B, 784], or pixels. */
  sample(parameters: Tensors, labels: Tensor, noise: Tensor): Tensor
  /** Uniform numbers that the pixels of a decoded code are drawn by; none where they are probabilities. */
  readonly decodingUniforms?: number
  /** Decoded posterior means: images [B, 784] int32, noise [B, decodingUniforms] → pixel probabilities [B, 784], or pixels. */
  reconstruct(parameters: Tensors, images: Tensor, noise: Tensor): Tensor
  /** What `sample` and `reconstruct` are made of, of a model that draws pixels. */
  readonly drawing?: Drawing
  /** Without them its likelihood cannot be estimated, nor what it loses be shown. */
  readonly codes?: Codes
  /** What of it can be taken along as functions; none where it is left out. */
  readonly standalone?: readonly Standalone[]
  /** A module of Python's whose `load()` reads config.json and model.safetensors beside it, with PyTorch. */
  readonly pytorch?: string
}
