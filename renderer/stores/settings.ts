/** What a person has set: the app's copy is the truth, this one follows it. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { appSettings, type AppSettings, type RunSettings } from '../../preload/contract'
import { useBackend } from '../backend/backend'
import { useConnection } from './connection'

export const defaults: AppSettings = appSettings.parse({})

export const useSettings = defineStore('settings', () => {
  const backend = useBackend()
  const connection = useConnection()
  const current = shallowRef<AppSettings>(defaults)

  function set(settings: AppSettings): void {
    current.value = settings
  }

  function change(fields: Partial<AppSettings>): Promise<boolean> {
    return connection.attempt(async () => set(await backend.call.changeSettings(fields)))
  }

  /** Changes one of the settings that a run is a function of. */
  function changeRun<K extends keyof RunSettings>(field: K, value: RunSettings[K]): Promise<boolean> {
    return change({ run: { ...current.value.run, [field]: value } })
  }

  return { current, set, change, changeRun }
})
