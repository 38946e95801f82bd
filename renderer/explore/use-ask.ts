/** Asks a checkpoint something that takes no time worth a word. */
import type { AnswerTo, Question } from '../../preload/contract'
import { useBackend } from '../backend/backend'
import type { Wanted } from './use-newest'

export type Ask = <Q extends Question>(at: Wanted, question: Q) => Promise<AnswerTo<Q>>

export function useAsk(): Ask {
  const backend = useBackend()
  return ({ run, epoch }, question) => backend.call.ask({ run, epoch, task: crypto.randomUUID(), question })
}
