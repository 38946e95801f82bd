/** A made-up question: its schema. How much ink is in the pictures that come of this noise, drawn one by one. */
import { z } from 'zod'
import { questions } from '../../preload/contract'

export const ink = {
  question: z.strictObject({
    type: z.literal('ink'),
    digit: z.int().min(0).max(9).default(3),
    /** [pictures, model.latentSize], standard normal. */
    noise: z.instanceof(Float32Array),
  }),
  /** [pictures], 0 to 1: the mean of each one's pixels. */
  answer: z.instanceof(Float32Array),
  title: () => 'Weighing ink',
}

Object.assign(questions, { ink })
