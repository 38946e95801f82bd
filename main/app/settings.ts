/** What a person has set, kept between starts. A file that cannot be used is put aside and reported, never emptied. */
import { renameSync, writeFileSync } from 'node:fs'
import { appSettings, type AppSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { diskError } from '../files/disk-error'

/** What `conf` and `electron-store` have in common: a JSON file, read at each look, written whole and atomically. */
export interface SettingsStore {
  readonly path: string
  store: Record<string, unknown>
}

export interface Settings {
  readonly current: AppSettings
  /** What was wrong with the file at the start, if anything was; the file itself was kept under another name. */
  readonly problem: AppError | null
  /** @throws AppError `settings/not-saved`; the change holds until the app is closed. */
  change(patch: Partial<AppSettings>): AppSettings
  /** Puts fields back to their defaults; without `fields` all of them. @throws AppError `settings/not-saved` */
  reset(fields?: readonly (keyof AppSettings)[]): AppSettings
}

const defaults: AppSettings = appSettings.parse({})

/**
 * Opens the settings. Fields that cannot be used get their defaults, the others are kept.
 *
 * @param open makes the store; it must read its file with the `deserialize` it is given.
 */
export function openSettings(
  open: (deserialize: (text: string) => Record<string, unknown>) => SettingsStore,
): Settings {
  let text = ''
  let unreadable: unknown
  const deserialize = (content: string): Record<string, unknown> => {
    text = content
    try {
      const value: unknown = JSON.parse(content)
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('not an object')
      return value as Record<string, unknown>
    } catch (error) {
      unreadable = error
      return {}
    }
  }
  let store: SettingsStore
  let found: Record<string, unknown>
  try {
    store = open(deserialize)
    found = store.store
  } catch (error) {
    return keeping(defaults, diskError(error, 'read', 'The settings file'), null)
  }
  const { settings, wrong } = usable(found)
  if (unreadable === undefined && wrong.length === 0) return keeping(settings, null, store)
  return keeping(settings, putAside(store.path, text, wrong), store)
}

function keeping(initial: AppSettings, problem: AppError | null, store: SettingsStore | null): Settings {
  let current = initial
  const keep = (settings: AppSettings): AppSettings => {
    current = settings
    try {
      if (store !== null) store.store = { ...settings }
    } catch (error) {
      const { message, details, remedy } = diskError(error, 'written', store?.path ?? '')
      throw new AppError(
        'settings/not-saved',
        `The change holds until the app is closed, but could not be saved: ${message}`,
        remedy,
        details === undefined ? {} : { details },
      )
    }
    return current
  }
  return {
    get current() {
      return current
    },
    problem,
    change: (patch) => keep(appSettings.parse({ ...current, ...patch })),
    reset: (fields = Object.keys(defaults) as (keyof AppSettings)[]) =>
      keep({ ...current, ...Object.fromEntries(fields.map((field) => [field, defaults[field]])) }),
  }
}

/** Each field that its schema accepts, the others at their defaults; fields of other versions are wrong, too. */
function usable(found: Record<string, unknown>): { settings: AppSettings; wrong: string[] } {
  const wrong: string[] = []
  const kept = Object.entries(found).filter(([name, value]) => {
    const good =
      Object.hasOwn(appSettings.shape, name) && appSettings.shape[name as keyof AppSettings].safeParse(value).success
    if (!good) wrong.push(name)
    return good
  })
  return { settings: appSettings.parse(Object.fromEntries(kept)), wrong }
}

/** Keeps the file's content beside it, under a name that is free. */
function putAside(path: string, text: string, wrong: readonly string[]): AppError {
  const aside = path.replace(/(\.json)?$/, `.unusable-${new Date().toISOString().replace(/[:.]/g, '-')}.json`)
  const what =
    wrong.length === 0
      ? 'The settings file could not be read, so the app starts with the default settings.'
      : `Some settings could not be used and have their defaults again: ${wrong.join(', ')}.`
  try {
    if (wrong.length === 0) renameSync(path, aside)
    else writeFileSync(aside, text, { flag: 'wx' })
  } catch (cause) {
    return new AppError(
      'settings/unusable',
      what,
      `Copy ${path} now if you want to mend it: a change here replaces it.`,
      {
        cause,
      },
    )
  }
  return new AppError('settings/unusable', what, `The file as it was is kept as ${aside}.`)
}
