/** Asks a checkpoint something whose task nobody follows or gives up. */
import type { AnswerTo, Question, RunId } from '../../preload/contract'
import { useBackend } from './backend'

/** A checkpoint of a run. */
export interface At {
  readonly run: RunId
  readonly epoch: number
}

export type Ask = <Q extends Question>(at: At, question: Q) => Promise<AnswerTo<Q>>

export function useAsk(): Ask {
  const backend = useBackend()
  return ({ run, epoch }, question) => backend.call.ask({ run, epoch, task: crypto.randomUUID(), question })
}
