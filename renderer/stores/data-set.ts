/** What is in the data folder: looked at on request, shown by the Data view and before the first run. */
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import type { DataReport } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { useBackend } from '../backend/backend'
import { useConnection } from './connection'

export const useDataSet = defineStore('data-set', () => {
  const backend = useBackend()
  const connection = useConnection()
  const report = shallowRef<DataReport | null>(null)
  const problem = shallowRef<AppError | null>(null)
  const looking = ref(false)
  /** The id of the work under way, for its progress and to stop it. */
  const task = ref('')

  /** Looks into a folder (null: the bundled set; without: the one in the settings). Whether MNIST was found there. */
  async function look(folder?: string | null): Promise<boolean> {
    if (looking.value) return false
    looking.value = true
    task.value = crypto.randomUUID()
    try {
      report.value = await backend.call.data({ task: task.value, ...(folder !== undefined && { folder }) })
      problem.value = null
      return true
    } catch (thrown) {
      const error = AppError.from(thrown)
      if (error.code !== 'cancelled') problem.value = error
      return false
    } finally {
      looking.value = false
    }
  }

  const stop = (): Promise<boolean> => connection.cancel(task.value)

  return { report, problem, looking, task, look, stop }
})
