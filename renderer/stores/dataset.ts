/** What is in the data folder: looked at on request, shown by the Data view and before the first run. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { DataReport } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { useBackend } from '../backend/backend'
import { useConnection } from './connection'
import { useFields } from './fields'
import { useSettings } from './settings'

export const useDataset = defineStore('dataset', () => {
  const backend = useBackend()
  const connection = useConnection()
  const fields = useFields()
  const settings = useSettings()
  const report = shallowRef<DataReport | null>(null)
  const problem = shallowRef<AppError | null>(null)
  const looking = ref(false)
  /** What `report` is of. */
  let reported: string | null = null
  let underway = Promise.resolve(true)
  /** The id of the work under way, for its progress and to stop it. */
  const task = ref('')

  /** What a person has asked for, until it is known to be usable. */
  const asked = ref<string | null | undefined>(undefined)
  /** The folder asked for, or the one of the next run; null: the bundled set. */
  const folder = computed(() => (asked.value === undefined ? settings.current.dataFolder : asked.value))

  /** Looks into a folder (null: the bundled set; without: the one in the settings). Whether MNIST was found there. */
  async function look(folder?: string | null): Promise<boolean> {
    if (looking.value) return false
    return (underway = lookNow(folder))
  }

  async function lookNow(folder: string | null | undefined): Promise<boolean> {
    looking.value = true
    // what is wrong with the folder that is asked for stays so while another one is looked at
    const tell = (found: AppError | null): void => {
      if (asked.value === undefined || asked.value === folder) problem.value = found
    }
    task.value = crypto.randomUUID()
    try {
      const looked = folder === undefined ? settings.current.dataFolder : folder
      report.value = await backend.call.data({ task: task.value, folder: looked })
      reported = looked
      tell(null)
      return true
    } catch (thrown) {
      const error = AppError.from(thrown)
      if (error.code !== 'cancelled') tell(error)
      return false
    } finally {
      looking.value = false
    }
  }

  /** Looks into a folder (null: the bundled set), and makes it the data of the next run where MNIST was found. */
  const use = (folder: string | null): Promise<void> => fields.during(take(folder))

  async function take(folder: string | null): Promise<void> {
    asked.value = folder
    // what is still being looked at makes way for what a person asks for now
    if (looking.value) await stop()
    await underway
    if (asked.value !== folder) return
    const found = await look(folder)
    const wrong = !found && problem.value !== null
    fields.mark('dataFolder', wrong ? { view: 'data', text: folder ?? '' } : null)
    if (found) settings.change({ dataFolder: folder })
    // where a person has stopped it, all is as it was
    if (!wrong) asked.value = undefined
  }

  /** Forgets what was asked for, and looks again where the data of the next run is. */
  async function keep(): Promise<void> {
    asked.value = undefined
    fields.mark('dataFolder', null)
    await look()
  }

  // put back to the default, or chosen in another tab: what is shown follows
  watch(
    () => settings.current.dataFolder,
    (now) => {
      if (report.value !== null && asked.value === undefined && now !== reported) void look()
    },
  )

  const stop = (): Promise<boolean> => connection.cancel(task.value)

  return { report, problem, looking, task, folder, look, use, keep, stop }
})
