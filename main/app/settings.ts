/** What a person has set, kept between starts. A file that cannot be used is put aside and reported, never emptied. */
import { constants, copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { appSettings, type AppSettings } from '../../preload/contract'
import { AppError, quote } from '../../preload/errors'
import { diskError, systemCode } from '../files/disk-error'
import { makeFolder } from '../files/make-folder'
import { decodeText } from '../files/text'

/** What `conf` and `electron-store` have in common: a JSON file, read at each look, written whole and atomically. */
export interface SettingsStore {
  readonly path: string
  store: Record<string, unknown>
}

export interface Settings {
  readonly current: AppSettings
  /** The file that they are kept in; null where they cannot be kept. */
  readonly path: string | null
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
  let store: SettingsStore
  let bytes: Uint8Array | null
  try {
    // it knows UTF-8 only, and a person may have edited the file: what counts is what is read here
    store = open((text) => objectIn(text) ?? {})
    bytes = readIfAny(store.path)
  } catch (error) {
    const { message, remedy } = diskError(error, 'opened', 'The settings file')
    const problem = `${message} The app starts with the default settings; what you change holds until it is closed.`
    return keeping(defaults, new AppError('settings/not-kept', problem, remedy, { cause: error }), null)
  }
  const found = bytes === null ? {} : objectIn(decodeText(bytes))
  if (found === null) return keeping(defaults, putAside(store.path, null), store)
  const { settings, wrong } = usable(found)
  return keeping(settings, wrong.length === 0 ? null : putAside(store.path, wrong), store)
}

/**
 * The same, of a store in a folder that may not be there. The libraries leave making it to Node's own `recursive`, which
 * never comes back from some places (main/files/make-folder).
 */
export async function openSettingsIn(folder: string, open: Parameters<typeof openSettings>[0]): Promise<Settings> {
  const made = await makeFolder(folder).then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  return openSettings((deserialize) => {
    if (made !== undefined) throw made.error
    return open(deserialize)
  })
}

/**
 * The library takes for done what an almost full disk has taken half of: what was there comes back then.
 *
 * @throws the system's error
 */
function save(store: SettingsStore, settings: AppSettings): void {
  const before = readIfAny(store.path)
  store.store = { ...settings }
  const written = readIfAny(store.path)
  if (written === null || objectIn(decodeText(written)) !== null) return
  if (before !== null) writeFileSync(store.path, before)
  throw Object.assign(new Error('The file was not written whole'), { code: 'ENOSPC' })
}

/** Null: it is no JSON object. */
function objectIn(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && !Array.isArray(value) ? (value as Record<string, unknown> | null) : null
  } catch {
    return null
  }
}

function readIfAny(path: string): Uint8Array | null {
  try {
    return readFileSync(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
}

/** The defaults, for a door that keeps none. What is changed holds as long as it is open. */
export function defaultSettings(): Settings {
  return keeping(defaults, null, null)
}

function keeping(initial: AppSettings, problem: AppError | null, store: SettingsStore | null): Settings {
  let current = initial
  const keep = (settings: AppSettings): AppSettings => {
    current = settings
    try {
      if (store !== null) save(store, settings)
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
    path: store?.path ?? null,
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

/** Keeps the file as it was under a name that is free. @param wrong the fields of no use; null: all of it */
function putAside(path: string, wrong: readonly string[] | null): AppError {
  const aside = path.replace(/(\.json)?$/, `.unusable-${new Date().toISOString().replace(/[:.]/g, '-')}.json`)
  const what =
    wrong === null
      ? 'The settings file could not be read, so the app starts with the default settings.'
      : `Some settings could not be used and have their defaults again: ${listed(wrong)}.`
  try {
    if (wrong === null) renameSync(path, aside)
    else copyFileSync(path, aside, constants.COPYFILE_EXCL)
  } catch (cause) {
    const remedy = `Copy ${path} now if you want to mend it: a change here replaces it.`
    return new AppError('settings/unusable', what, remedy, { cause })
  }
  return new AppError('settings/unusable', what, `The file as it was is kept as ${aside}.`)
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).map(quote).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}
