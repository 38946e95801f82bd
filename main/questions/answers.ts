/** Who answers which question: every type of the contract's `questions` has its function here. */
import { question, type AnswerTo, type Question, type QuestionType } from '../../preload/contract'
import type { Watch } from '../training/evaluate'
import { codeMoments } from './code-moments'
import { compress } from './compress'
import { between, decode, morph } from './decode'
import { encode, testImages } from './encode'
import { evaluate } from './evaluate'
import { exportWeights } from './export'
import { keptLikelihood, likelihood } from './likelihood'
import { map, mapPictures } from './map'
import { pack, packPicture } from './pack'
import type { Answer, Checkpoint } from './question'
import { reconstruct } from './reconstruct'
import { fewSamples, sample } from './sample'

export const answers: { [Type in QuestionType]: Answer<Type> } = {
  sample,
  reconstruct,
  evaluate,
  likelihood,
  keptLikelihood,
  compress,
  pack,
  packPicture,
  export: exportWeights,
  testImages,
  encode,
  decode,
  morph,
  fewSamples,
  between,
  map,
  codeMoments,
  mapPictures,
}

/** @throws AppError as the function that answers it does */
export async function answer<Q extends Question>(
  asked: Q,
  checkpoint: Checkpoint,
  watch: Watch = {},
): Promise<AnswerTo<Q>> {
  const whole = question.parse(asked)
  const answer = answers[whole.type] as Answer<QuestionType>
  return (await answer(whole, checkpoint, watch)) as AnswerTo<Q>
}
