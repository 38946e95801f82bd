/** What is in the data folder: looked at on request, shown by the Data view and before the first run. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { DataReport } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { useBackend } from '../backend/backend'
import { useConnection } from './connection'
import { useSettings } from './settings'

export const useDataSet = defineStore('data-set', () => {
  const backend = useBackend()
  const connection = useConnection()
  const settings = useSettings()
  const report = shallowRef<DataReport | null>(null)
  const problem = shallowRef<AppError | null>(null)
  const looking = ref(false)
  /** The id of the work under way, for its progress and to stop it. */
  const task = ref('')

  /** What a person has asked for, until it is known to be usable. */
  const asked = ref<string | null | undefined>(undefined)
  /** The folder asked for, or the one of the next run; null: the bundled set. */
  const folder = computed(() => (asked.value === undefined ? settings.current.dataFolder : asked.value))

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

  /** Looks into a folder (null: the bundled set), and makes it the data of the next run where MNIST was found. */
  async function use(folder: string | null): Promise<void> {
    asked.value = folder
    if (!(await look(folder))) return
    settings.change({ dataFolder: folder })
    asked.value = undefined
  }

  /** Forgets what was asked for, and looks again where the data of the next run is. */
  async function keep(): Promise<void> {
    asked.value = undefined
    await look()
  }

  const stop = (): Promise<boolean> => connection.cancel(task.value)

  return { report, problem, looking, task, folder, look, use, keep, stop }
})
