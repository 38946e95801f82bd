/**
 * What can be asked of a checkpoint: one schema a question. It crosses as it is, from the page or the terminal to the
 * worker, and its answer comes back as it is; the function that answers it is in main/questions.
 */
import { z } from 'zod'
import { classCount } from '../classes'
import { count, errorData } from './common'
import { codeMap, codeMoments, encoding, exploreFields, packedPicture } from './explore'
import { lossParts } from './metrics'
import { tiles } from './pictures'

/** The test set through one checkpoint: means over its images, nats. */
export const evaluation = lossParts.extend({
  epoch: z.int(),
  images: z.int(),
  /** One-sample bound on −log p(x), summed over the classes; for `none` it equals `loss`. */
  marginal: z.number(),
})
export type Evaluation = z.infer<typeof evaluation>

/** A mean over images, and its standard error; null of a single one. */
const estimate = z.object({ mean: z.number(), error: z.number().nullable() })
export type Estimate = z.infer<typeof estimate>

/** −log p of test images by importance sampling, and what their codes cost; nats per image. */
export const likelihood = z.object({
  epoch: z.int(),
  /** The first so many of the test set. */
  images: z.int(),
  /** K: codes an image. Null: the model has no code, and its likelihood is exact. */
  samples: z.int().nullable(),
  /** The averages that the optimizer keeps, where it keeps some and they were asked for. */
  averaged: z.boolean(),
  /**
   * What an image is: its grey levels, each counted as the probability of ink; ink and none, drawn of them (in training anew
   * at every use); ink and none as the data has it.
   */
  seen: z.enum(['grey', 'dynamic', 'static']),
  /** −log p(x), summed over the classes. */
  marginal: estimate,
  /** −log p(x|y) of a model whose prior knows the class. */
  conditional: estimate.nullable(),
  /** −ELBO, of the image's class: the sum of the two after it. */
  bound: estimate,
  reconstruction: estimate,
  rate: estimate,
  /** Numbers of a code whose posterior mean varies over the images, by more than 0.01; and all of them. */
  activeUnits: z.int(),
  codeSize: z.int(),
  /** Why what was found is not kept in the run's folder, where it is not. */
  unkept: errorData.nullable(),
})
export type Likelihood = z.infer<typeof likelihood>

/** What it takes to keep one test image; nats, but for files. */
const keeping = z.object({
  /** What its code costs, and what it costs then to say each pixel: means over some codes of it. */
  rate: z.number(),
  residual: z.number(),
  /** The image as a file, bytes. */
  png: z.int(),
  gzip: z.int(),
})

/** What is kept of test images, and what is lost of them. */
export const compression = z.object({
  images: z.array(keeping),
  /** [images, 784] nats: what each pixel costs, given the code and the pixels that it sees. */
  pixelCosts: z.instanceof(Float32Array),
  /** [pixels, 2]: the earlier pixels that one is predicted from, seen from it: rows down, columns to the right. */
  sees: z.instanceof(Int32Array),
})

/** What test images take as one message of real bits, from which they were had again pixel by pixel. */
export const packing = z.object({
  images: z.int(),
  /** They were grey levels, and have been drawn as 0 and 1 for it. */
  binarized: z.boolean(),
  /** Of the message, whole: bytes. */
  bytes: z.int(),
  /** Of those: what the first codes were drawn with. */
  borrowed: z.int(),
  /** What the model says that the same codes and pixels cost: bits, all images together. */
  ideal: z.number(),
  /** Its bound on −log p of the same images with other codes, nats per image; told the class where `classes`. */
  bound: z.number(),
  /** The message tells each image's class, since the prior asks for it. */
  classes: z.boolean(),
  /** An image on average as a file of its own, and all of them as one: bytes. */
  png: z.number(),
  gzip: z.number(),
  together: z.int(),
})
export type Packing = z.infer<typeof packing>

/** Test images by their indices. */
const someImages = z.array(count(0, 100_000_000)).min(1).max(100)

/** K that can be asked for, and how many images. */
export const likelihoodSamples = count(1, 100_000)
export const likelihoodImages = count(1, 100_000_000)

/**
 * What weights can be taken along as. `pt`: what torch.save makes of the Python project's dictionary. `onnx`: encoder, decoder
 * and sampler, a file each. `hub`: a folder for a model hub, with a card, and a module that loads it.
 */
export const weightFormats = ['pt', 'onnx', 'hub'] as const
export type WeightFormat = (typeof weightFormats)[number]

/** Files to take along, and what a person should know of them. */
export const exported = z.object({
  /** Of the file; of several, of the folder that they are in, where nobody says another. */
  name: z.string(),
  /** Of the folder: with slashes. The only one has the name above. */
  files: z.array(z.object({ name: z.string(), bytes: z.instanceof(Uint8Array) })).min(1),
  /** What they are, and what is not among them and why: a sentence without its stop. */
  about: z.string(),
  /** Steps of the optimizer whose state is in it; null: there is none of it. */
  optimizerSteps: z.int().nullable(),
})
export type Exported = z.infer<typeof exported>

/**
 * A kind of question.
 *
 * @param fields what is asked, beside the checkpoint. Typed arrays cross, too: Uint8Array, Float32Array, Int32Array
 * @param title what is being done while it is answered, for a person; null: it takes no time worth a word
 */
function kind<Type extends string, Fields extends z.ZodRawShape, Answer extends z.ZodType>(
  type: Type,
  fields: Fields,
  { answer, title }: { answer: Answer; title: ((epoch: number) => string) | null },
) {
  return { question: z.strictObject({ type: z.literal(type), ...fields }), answer, title }
}

/** Every question, by the `type` that it is asked with. */
export const questions = {
  /**
   * New samples of the prior: `count` a class; `digit` null: all ten, a row each. `temperature` scales the noise: 1 is
   * the prior, 0 its mean. `pixelTemperature` is that of pixels which are drawn: 0 takes the likelier value of each. A picture
   * depends on its digit, its place and the seed.
   */
  sample: kind(
    'sample',
    {
      digit: count(0, classCount - 1)
        .nullable()
        .default(null),
      count: count(1, 100).default(8),
      temperature: z.number().min(0).max(2).default(1),
      pixelTemperature: z.number().min(0).max(2).default(1),
      seed: count(0, 2 ** 32 - 1).default(0),
    },
    { answer: tiles, title: () => 'Sampling' },
  ),
  /**
   * Test images (by index) above what their codes are decoded to, a row a decoding, of images.length; labels as in the data. Of
   * pixels that are drawn another seed draws others, at a temperature as in `sample`.
   */
  reconstruct: kind(
    'reconstruct',
    {
      images: someImages,
      pixelTemperature: z.number().min(0).max(2).default(1),
      seed: count(0, 2 ** 32 - 1).default(0),
    },
    { answer: tiles, title: () => 'Reconstructing' },
  ),
  /** The weights as files that others open; `packed`: several as one archive. */
  export: kind(
    'export',
    { format: z.enum(weightFormats).default('pt'), packed: z.boolean().default(false) },
    { answer: exported, title: () => 'Exporting' },
  ),
  /** The whole test set. */
  evaluate: kind('evaluate', {}, { answer: evaluation, title: (epoch) => `Testing epoch ${epoch}` }),
  /**
   * The first `images` of the test set (null: a thousand, or all), `samples` codes each. What is found is kept in the run's
   * folder, image by image: asked again, after a stop or a crash, or for more images, it goes on from there. `weights`: as the
   * checkpoint has them, or raw, as training went on from them, where that has averages of them.
   */
  likelihood: kind(
    'likelihood',
    {
      samples: likelihoodSamples.default(64),
      images: likelihoodImages.nullable().default(null),
      weights: z.enum(['saved', 'raw']).default('saved'),
    },
    { answer: likelihood, title: (epoch) => `Estimating the likelihood of epoch ${epoch}` },
  ),
  /** −log p(x) as `likelihood` with the same has found it, of what is kept of that; null where so many images are not. */
  keptLikelihood: kind(
    'keptLikelihood',
    {
      samples: likelihoodSamples,
      images: likelihoodImages,
      weights: z.enum(['saved', 'raw']).default('saved'),
    },
    { answer: estimate.nullable(), title: null },
  ),
  /** What test images (by index) cost to keep with this model, and where in them it lies. */
  compress: kind('compress', { images: someImages }, { answer: compression, title: () => 'Compressing' }),
  /** The first `images` of the test set (null: a thousand, or all) by bits-back coding, and back. */
  pack: kind(
    'pack',
    { images: likelihoodImages.nullable().default(null) },
    { answer: packing, title: () => 'Compressing' },
  ),
  /* What Explore asks: ./explore says what each is. At every stroke, so they are no tasks. */
  testImages: kind('testImages', exploreFields.testImages, { answer: tiles, title: null }),
  encode: kind('encode', exploreFields.encode, { answer: encoding, title: null }),
  packPicture: kind('packPicture', exploreFields.packPicture, { answer: packedPicture, title: null }),
  decode: kind('decode', exploreFields.decode, { answer: tiles, title: null }),
  morph: kind('morph', exploreFields.morph, { answer: tiles, title: null }),
  fewSamples: kind('fewSamples', exploreFields.fewSamples, { answer: tiles, title: null }),
  between: kind('between', exploreFields.between, { answer: tiles, title: null }),
  map: kind('map', exploreFields.map, { answer: codeMap, title: null }),
  codeMoments: kind('codeMoments', exploreFields.codeMoments, { answer: codeMoments, title: null }),
  mapPictures: kind('mapPictures', exploreFields.mapPictures, { answer: tiles, title: null }),
}

type Kinds = typeof questions
export type QuestionType = keyof Kinds

/** A question as it is asked: what has a default can be left out. */
export type Question = { [Type in QuestionType]: z.input<Kinds[Type]['question']> }[QuestionType]
/** A question as it is answered: checked, defaults filled in. */
export type QuestionOf<Type extends QuestionType> = z.output<Kinds[Type]['question']>
export type AnswerOf<Type extends QuestionType> = z.output<Kinds[Type]['answer']>
/** What comes back of a question. */
export type AnswerTo<Q extends Question> = AnswerOf<Q['type']>

/** Any question, by the schema of its type. */
export const question = z.looseObject({ type: z.string() }).transform((asked, context) => {
  const type = asked.type as QuestionType
  if (!Object.hasOwn(questions, type)) {
    context.addIssue({ code: 'custom', path: ['type'], message: 'is not a question that can be asked' })
    return z.NEVER
  }
  const { data, error } = questions[type].question.safeParse(asked)
  if (data !== undefined) return data as QuestionOf<QuestionType>
  for (const issue of error.issues) context.addIssue({ ...issue })
  return z.NEVER
})
