/** Where the window keeps what it remembers: electron-store's files in the person's own folder. */
import { app } from 'electron'
import ElectronStore from 'electron-store'
import { openSettingsIn, type Settings } from '../app/settings'
import type { BoundsStore } from './bounds'

export function openWindowSettings(): Promise<Settings> {
  return openSettingsIn(app.getPath('userData'), (deserialize) => new ElectronStore({ name: 'settings', deserialize }))
}

/**
 * A damaged file is worth nothing here: the window then opens as the first time.
 *
 * @param kept whether there is a folder for it
 */
export function openBoundsStore(kept: boolean): BoundsStore {
  if (!kept) return new Map()
  return new ElectronStore<{ bounds: unknown }>({ name: 'window', clearInvalidConfig: true })
}
