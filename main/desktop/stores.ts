/** Where the window keeps what it remembers: electron-store's files in the person's own folder. */
import ElectronStore from 'electron-store'
import { openSettings, type Settings } from '../app/settings'
import type { BoundsStore } from './bounds'

export function openWindowSettings(): Settings {
  return openSettings((deserialize) => new ElectronStore({ name: 'settings', deserialize }))
}

/** A damaged file is worth nothing here: the window then opens as the first time. */
export function openBoundsStore(): BoundsStore {
  return new ElectronStore<{ bounds: unknown }>({ name: 'window', clearInvalidConfig: true })
}
