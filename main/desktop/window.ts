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
  const others = screen.getAllDisplays().map(({ workArea }) => workArea)
  const { maximized, ...bounds } = readBounds(store, [screen.getPrimaryDisplay().workArea, ...others])
  const window = new BrowserWindow({
    ...bounds,
    minWidth: smallest.width,
    minHeight: smallest.height,
    title: 'VLAE Studio',
    icon,
    // shown when the page has something to show; until then no white flash in the dark
    show: false,
    backgroundColor: backgroundColor(),
    webPreferences: securePreferences(preload),
  })
  if (maximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  window.on('close', () => writeBounds(store, window))
  nativeTheme.on('updated', () => window.setBackgroundColor(backgroundColor()))
  bringPageBack(window)
  void window.loadURL(pageUrl)
  return window
}

/** The page’s ground (renderer/styles/tokens.css): seen before the page is, and beside it while the window grows. */
function backgroundColor(): string {
  return nativeTheme.shouldUseDarkColors ? '#121213' : '#f4f4f2'
}

/** Brings the window before the person, wherever it is. */
export function showWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}
