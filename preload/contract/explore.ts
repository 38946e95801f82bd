/** What the view Explore asks of a checkpoint and hears: a picture as a code, and codes as pictures. */
import { z } from 'zod'
import { classCount } from '../classes'
import { imageSize } from '../images'
import { count, epochNumber, runName } from './common'
import { tiles } from './pictures'

/** One picture, [784] grey levels. */
export const picturePixels = z
  .instanceof(Uint8Array)
  .refine(({ length }) => length === imageSize, `must be ${imageSize} grey levels`)

/** Numbers of one code or more, one after another. */
const codeNumbers = z
  .instanceof(Float32Array)
  .refine((numbers) => numbers.length > 0 && numbers.length <= 100_000, 'must be some codes')
  .refine((numbers) => numbers.every(Number.isFinite), 'must be numbers')

export const classLabel = count(0, classCount - 1)

/** Steps from one picture to another, both ends counted. */
export const pathSteps = count(3, 64)

/** How one code becomes another: by a straight line, or along what the prior expects. */
export const pathKind = z.enum(['straight', 'prior'])
export type PathKind = z.infer<typeof pathKind>

/** A picture as a code, and what it costs; nats. `classes` is 10, or 1 where the prior knows none. */
export const encoding = z.object({
  /** [784] as the model sees it: its grey levels, or 0 and 255 drawn of them. */
  seen: picturePixels,
  /** What the code is made of, in order. */
  latents: z.array(z.object({ name: z.string(), size: z.int() })),
  /** [size] of the posterior q(z|x). */
  mean: z.instanceof(Float32Array),
  logVariance: z.instanceof(Float32Array),
  /** [classes, size]: what each number of the code costs with the prior of each class; a mean over some codes. */
  costs: z.instanceof(Float32Array),
  /**
   * [classes, size]: q(z|x) as the prior of each class sees it: its mean as the noise that the prior would make it of, and its
   * standard deviation beside the prior's. What costs nothing has 0 and 1. Where the prior of a number depends on others, means over
   * the codes: that it moves with them costs more than these two say.
   */
  standardised: z.object({ mean: z.instanceof(Float32Array), deviation: z.instanceof(Float32Array) }),
  /** p(y|x), [10]: with the same codes, each class as likely beforehand. Null: the prior knows no classes. */
  classes: z.instanceof(Float32Array).nullable(),
  /** The likeliest of them. */
  likeliest: classLabel.nullable(),
  /** What the pixels cost once the code is known: a mean over the codes. */
  residual: z.number(),
  /** What comes back of the code's mean, a decoding a column. */
  back: tiles,
})
export type Encoding = z.infer<typeof encoding>

/** A code that a person has saved of a run, at an epoch of it. */
export const savedCode = z.object({
  /** Its own, chosen by who saves it. */
  id: z.string().min(1).max(64),
  name: runName,
  epoch: epochNumber,
  /** ISO 8601. */
  savedAt: z.iso.datetime(),
  /** The class whose prior it was looked at with; null: there was none. */
  label: classLabel.nullable(),
  numbers: z.array(z.number()).min(1).max(4096),
})
export type SavedCode = z.infer<typeof savedCode>

/** Of one run. */
export const mostSavedCodes = 500

/** A picture of 0 and 1 that was put at the end of a message by bits-back coding, and had again pixel by pixel; bits. */
export const packedPicture = z.object({
  /** [784], 0 and 255: the one drawing of the picture that was packed. */
  seen: picturePixels,
  /** By how much the message has grown. */
  bits: z.number(),
  /** What the model says that its code, its pixels given that, and its class cost: together the same, but for rounding. */
  code: z.number(),
  pixels: z.number(),
  classes: z.number(),
  /** As a file, bytes. */
  png: z.int(),
  gzip: z.int(),
  /** The picture itself, with its greys, as a file, bytes; null: it has none. */
  grey: z.object({ png: z.int(), gzip: z.int() }).nullable(),
})

/** The codes of the first test images, and the plane that shows most of how they differ. */
export const codeMap = z.object({
  /** Numbers of a code. */
  size: z.int(),
  /** [images, size] of the posteriors q(z|x). */
  means: z.instanceof(Float32Array),
  /** [images]; null: the data says none. */
  labels: z.instanceof(Uint8Array).nullable(),
  /** By PCA: [size] the means' mean, [2, size] directions, and the shares of all variance that lie along them. */
  centre: z.instanceof(Float32Array),
  axes: z.instanceof(Float32Array),
  shares: z.tuple([z.number(), z.number()]),
})
export type CodeMap = z.infer<typeof codeMap>

/** Codes of test images, each as the noise that its class's prior would make it of: standard normal where codes follow it. */
export const codeMoments = z.object({
  /** What the code is made of, in order. */
  latents: z.array(z.object({ name: z.string(), size: z.int() })),
  /** A class each, in order; one, of label null, where the prior knows none. `mean` and `variance`: [size], of one code an image. */
  groups: z.array(
    z.object({
      label: classLabel.nullable(),
      images: z.int(),
      mean: z.instanceof(Float32Array),
      variance: z.instanceof(Float32Array),
    }),
  ),
})
export type CodeMoments = z.infer<typeof codeMoments>

/** Of the test set; null: two thousand, or all. */
const mappedImages = count(1, 5000).nullable().default(null)

/** The fields of the questions, by their types. */
export const exploreFields = {
  /** Test images (by index) as the model sees them. */
  testImages: { images: z.array(count(0, 100_000_000)).min(1).max(100) },
  /** A picture through the encoder. */
  encode: { pixels: picturePixels },
  /** A picture as real bits; its class where the prior knows classes. */
  packPicture: { pixels: picturePixels, label: classLabel },
  /** Codes, [n, size], through the decoder; drawn pixels meet the same noise each time, so that only the codes tell. */
  decode: { codes: codeNumbers },
  /** A code of this class, as the priors of all ten classes would have it: the same noise, another class. */
  morph: { code: codeNumbers, label: classLabel },
  /** The first samples of a class, or of a prior without classes, beside other things: `sample` is a task that a person waits for. */
  fewSamples: { label: classLabel },
  /** From one code to another, each with its class where the prior knows classes. */
  between: {
    from: codeNumbers,
    to: codeNumbers,
    labels: z.tuple([classLabel, classLabel]).nullable().default(null),
    steps: pathSteps,
    path: pathKind,
  },
  /** The first test images through the encoder. */
  map: { images: mappedImages },
  /** What of the same images' codes the prior did not expect. */
  codeMoments: { images: mappedImages },
  /** The same images, as the model sees them. */
  mapPictures: { images: mappedImages },
}
