/** What a person has set: the app's copy is the truth, this one follows it. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import { appSettings, type AppSettings, type RunSettings } from '../../preload/contract'
import { useBackend } from '../backend/backend'
import { useConnection } from './connection'

export const defaults: AppSettings = appSettings.parse({})

/** Milliseconds after the last change before the app is told. */
const WAIT = 250

export const useSettings = defineStore('settings', () => {
  const backend = useBackend()
  const connection = useConnection()
  const current = shallowRef<AppSettings>(defaults)

  let kept = defaults
  let pending: Partial<AppSettings> = {}
  let timer: ReturnType<typeof setTimeout> | undefined

  /** The app's own copy has changed. What is being changed here right now stays as it is. */
  function set(settings: AppSettings): void {
    kept = settings
    current.value = { ...settings, ...pending }
  }

  /** Changes these fields: seen at once, and told to the app after a short while, several at a time. */
  function change(fields: Partial<AppSettings>): void {
    current.value = { ...current.value, ...fields }
    Object.assign(pending, fields)
    clearTimeout(timer)
    timer = setTimeout(() => void save(), WAIT)
  }

  /** Changes one of the settings that a run is a function of. */
  function changeRun<K extends keyof RunSettings>(field: K, value: RunSettings[K]): void {
    change({ run: { ...current.value.run, [field]: value } })
  }

  /** Changes these fields now, and shows them only once the app has taken them. Throws what it has against them. */
  async function put(fields: Partial<AppSettings>): Promise<void> {
    await save()
    set(await backend.call.changeSettings(fields))
  }

  /** Tells the app what has changed, now. */
  async function save(): Promise<boolean> {
    clearTimeout(timer)
    const fields = pending
    pending = {}
    if (Object.keys(fields).length === 0) return true
    return connection.attempt(async () => {
      try {
        kept = await backend.call.changeSettings(fields)
      } finally {
        // what the app has not taken is put back
        if (Object.keys(pending).length === 0) current.value = kept
      }
    })
  }

  async function reset(): Promise<boolean> {
    return connection.attempt(async () => set(await backend.call.resetSettings({})))
  }

  return { current, set, change, changeRun, put, save, reset }
})
