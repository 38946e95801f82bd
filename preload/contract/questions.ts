/**
 * What can be asked of a checkpoint: one schema a question. It crosses as it is, from the page or the terminal to the
 * worker, and its answer comes back as it is; the function that answers it is in main/questions.
 */
import { z } from 'zod'
import { count } from './common'
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

/**
 * A kind of question.
 *
 * @param fields what is asked, beside the checkpoint. Typed arrays cross, too: Uint8Array, Float32Array, Int32Array
 * @param title what is being done while it is answered, for a person
 */
function kind<Type extends string, Fields extends z.ZodRawShape, Answer extends z.ZodType>(
  type: Type,
  fields: Fields,
  { answer, title }: { answer: Answer; title: (epoch: number) => string },
) {
  return { question: z.strictObject({ type: z.literal(type), ...fields }), answer, title }
}

/** Every question, by the `type` that it is asked with. */
export const questions = {
  /**
   * New samples of the prior: `count` a class; `digit` null: all ten, a row each. `temperature` scales the noise: 1 is
   * the prior, 0 its mean. A picture depends on its digit, its place and the seed.
   */
  sample: kind(
    'sample',
    {
      digit: count(0, 9).nullable().default(null),
      count: count(1, 100).default(8),
      temperature: z.number().min(0).max(2).default(1),
      seed: count(0, 2 ** 32 - 1).default(0),
    },
    { answer: tiles, title: () => 'Sampling' },
  ),
  /** Test images (by index) above their reconstructions: 2 rows of images.length; labels as in the data. */
  reconstruct: kind(
    'reconstruct',
    { images: z.array(count(0, 100_000_000)).min(1).max(100) },
    { answer: tiles, title: () => 'Reconstructing' },
  ),
  /** The whole test set. */
  evaluate: kind('evaluate', {}, { answer: evaluation, title: (epoch) => `Testing epoch ${epoch}` }),
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
    context.addIssue({ code: 'custom', path: ['type'], message: 'is no question that can be asked' })
    return z.NEVER
  }
  const { data, error } = questions[type].question.safeParse(asked)
  if (data !== undefined) return data as QuestionOf<QuestionType>
  for (const issue of error.issues) context.addIssue({ ...issue })
  return z.NEVER
})
