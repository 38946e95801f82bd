/**
 * What a person has set: the app's copy is the truth; this one is changed at once (optimistic) and saved a moment
 * later (debounced).
 */
import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import {
  cardNamed,
  countingSettings,
  defaultsOf,
  modelNames,
  sharedNames,
  valuesOf,
  type AppSettings,
  type SettingValue,
} from '../../preload/contract'
import { AppError, type ErrorData } from '../../preload/errors'
import { useBackend } from '../backend/backend'
import { defaults } from '../lib/defaults'
import { useConnection } from './connection'
import { useFields } from './fields'

/** Milliseconds after the last change before the app is told. */
const debounceDelay = 250

export const useSettings = defineStore('settings', () => {
  const backend = useBackend()
  const connection = useConnection()
  const fields = useFields()
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
    forgetUnasked()
    clearTimeout(timer)
    timer = setTimeout(() => void save(), debounceDelay)
  }

  /** What was typed wrong of a setting that is not asked for any more: nothing leads to its field, and no start waits for it. */
  function forgetUnasked(): void {
    const asked = countingSettings(current.value.run)
    const own = new Set(modelNames().flatMap((model) => Object.keys(cardNamed(model).settings)))
    for (const name of fields.wrong.keys()) if (own.has(name) && !(name in asked)) fields.mark(name, null)
  }

  /** Changes one of the settings that a run is a function of. */
  function changeRun(name: string, value: SettingValue): void {
    change({ run: { ...current.value.run, [name]: value } })
  }

  /** Another model is to be trained: with its own settings as they are by default, and what all have as it is. */
  function changeModel(model: string): void {
    const { run } = current.value
    const kept = sharedNames
      .filter((name) => run[name] !== defaultsOf(run.model)[name])
      .map((name) => [name, run[name]])
    change({ run: { ...defaultsOf(model), ...Object.fromEntries(kept) } })
  }

  /** The model's own settings become those of one of its presets. */
  function choosePreset(name: string): void {
    const { run } = current.value
    const { settings, presets = {} } = cardNamed(run.model)
    change({ run: { ...run, ...valuesOf(settings, { ...presets[name]?.settings }) } })
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

  /** Why the result folder that was asked for last cannot be it. */
  const resultProblem = shallowRef<ErrorData | null>(null)

  /** Result folders that were asked for: what is said of one before the last counts no more. */
  let moves = 0

  /** Writes the next runs to another folder; null: the app's own. */
  function moveResults(resultFolder: string | null): Promise<void> {
    const move = ++moves
    return fields.during(
      put({ resultFolder }).then(
        () => (move === moves ? keepResults() : undefined),
        (thrown: unknown) => {
          if (move !== moves) return
          resultProblem.value = AppError.from(thrown).toData()
          fields.mark('resultFolder', { view: 'settings', text: resultFolder ?? '' })
        },
      ),
    )
  }

  /** Nothing else is asked for than the result folder in use. */
  function keepResults(): void {
    resultProblem.value = null
    fields.mark('resultFolder', null)
  }

  /** How often everything was put back: fields begin anew then. */
  const resets = ref(0)

  async function reset(): Promise<boolean> {
    clearTimeout(timer)
    const { speeds: _, cutShort: __, ...before } = current.value
    pending = {}
    return connection.attempt(async () => {
      set(await backend.call.resetSettings({}))
      for (const [name, { view }] of fields.wrong) if (view === 'settings') fields.mark(name, null)
      resultProblem.value = null
      resets.value++
      const undo = (): void => void connection.attempt(() => put(before).then(() => resets.value++))
      connection.say({
        kind: 'note',
        message: 'All settings are back at their defaults. Runs and data are as they were.',
        action: { label: 'Undo', run: undo },
      })
    })
  }

  return {
    current,
    set,
    change,
    changeRun,
    changeModel,
    choosePreset,
    put,
    save,
    moveResults,
    keepResults,
    resultProblem,
    reset,
    resets,
  }
})
