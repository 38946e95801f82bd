/** The data of a run where it is needed and is not where it was: a person is asked, once, and then what was wanted is done. */
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { shippedId, type RunId } from '../../preload/contract'
import { AppError, type ErrorData } from '../../preload/errors'
import { useBackend } from '../backend/backend'
import { useConnection } from './connection'

interface Question {
  readonly run: RunId
  readonly problem: ErrorData
  readonly answer: (found: boolean) => void
}

export const useRunData = defineStore('run-data', () => {
  const backend = useBackend()
  const connection = useConnection()
  const question = shallowRef<Question | null>(null)
  /** Why the folder that was named last is not it. */
  const problem = shallowRef<ErrorData | null>(null)
  const looking = ref(false)
  let task = ''

  /**
   * Does what needs a run's data. Rejects as that does, or with the code `cancelled` where nobody knows where it is. Of the model
   * that comes with the app nobody is asked: nothing is kept with it.
   */
  async function need<T>(run: RunId, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (thrown) {
      const gone = AppError.from(thrown)
      const canBeFound = run !== shippedId && ['run/data-gone', 'run/data-changed'].includes(gone.code)
      if (!canBeFound || question.value !== null) throw gone
      const found = await new Promise<boolean>((answer) => {
        problem.value = null
        question.value = { run, problem: gone.toData(), answer }
      })
      if (!found) throw new AppError('cancelled', 'The search for the data was given up.', gone.remedy)
      return need(run, work)
    }
  }

  /** Looks into a folder; with the run's data in it, it is kept with the run, and what was wanted goes on. */
  async function look(folder: string): Promise<void> {
    const asked = question.value
    if (asked === null || looking.value) return
    const { run } = asked
    looking.value = true
    problem.value = null
    task = crypto.randomUUID()
    try {
      await backend.call.locateData({ run, folder, task })
      if (question.value === asked) close(true)
    } catch (thrown) {
      const error = AppError.from(thrown)
      if (question.value === asked) problem.value = error.toData()
    } finally {
      looking.value = false
    }
  }

  function giveUp(): void {
    if (looking.value) void connection.cancel(task)
    close(false)
  }

  function close(found: boolean): void {
    question.value?.answer(found)
    question.value = null
  }

  return { question, problem, looking, need, look, giveUp }
})
