/** The app's one window. */
import { BrowserWindow, nativeTheme, screen } from 'electron'
import { readBounds, smallest, writeBounds, type BoundsStore } from './bounds'
import { bringPageBack } from './page-loss'
import { pageUrl } from './page-scheme'
import { securePreferences } from './security/web-preferences'

export interface WindowFiles {
  /** Absolute path of the built preload script. */
  readonly preload: string
  /** A picture for those systems that have none of the app's: an AppImage's, and the app from its sources. */
  readonly icon: string
}

export function createWindow({ preload, icon }: WindowFiles, store: BoundsStore): BrowserWindow {
  const { maximized, ...bounds } = readBounds(
    store,
    screen.getAllDisplays().map((display) => display.workArea),
  )
  const window = new BrowserWindow({
    ...bounds,
    minWidth: smallest.width,
    minHeight: smallest.height,
    title: 'VLAE Studio',
    icon,
    // shown when the page has something to show; until then no white flash in the dark
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#16181d' : '#ffffff',
    webPreferences: securePreferences(preload),
  })
  if (maximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  window.on('close', () => writeBounds(store, window))
  bringPageBack(window)
  void window.loadURL(pageUrl)
  return window
}

/** Brings the window before the person, wherever it is. */
export function showWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}
