/** Likelihoods while they are estimated and as they were found: leaving a view neither ends nor loses what takes minutes. */
import { defineStore } from 'pinia'
import { ref, shallowReactive, shallowRef } from 'vue'
import type { AnswerTo, Estimate, Likelihood, Question } from '../../preload/contract'
import type { At } from '../backend/ask'
import { useBackend } from '../backend/backend'
import { useConnection } from './connection'
import { useRunData } from './run-data'

type LikelihoodQuestion = Extract<Question, { type: 'likelihood' }>

export const useEstimates = defineStore('estimates', () => {
  const backend = useBackend()
  const connection = useConnection()
  const data = useRunData()
  /** Of a checkpoint: under way, and what was found last. */
  const task = ref<string | null>(null)
  const found = shallowRef<(At & { likelihood: Likelihood }) | null>(null)
  /** Of a study's rows: under way, and −log p(x) by number of images and run. */
  const rowTask = ref<string | null>(null)
  const ofRows = shallowReactive(new Map<string, Estimate>())

  async function ask(at: At, id: string, question: LikelihoodQuestion): Promise<AnswerTo<LikelihoodQuestion>> {
    const likelihood = await data.need(at.run, () => backend.call.ask({ ...at, task: id, question }))
    if (likelihood.unkept) connection.report(likelihood.unkept)
    return likelihood
  }

  async function estimate(at: At, question: LikelihoodQuestion): Promise<void> {
    if (task.value !== null) return
    const id = crypto.randomUUID()
    task.value = id
    await connection.attempt(async () => {
      found.value = { ...at, likelihood: await ask(at, id, question) }
    })
    task.value = null
  }

  return { task, found, estimate, rowTask, ofRows, ask }
})
