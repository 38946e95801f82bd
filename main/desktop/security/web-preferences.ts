/**
 * What the page's process may do: nothing but show the page.
 *
 * Threat: script that gets into the page (through a library, a crafted file name) reaches Node and with it everything
 * the person may do. Each line is Electron's default today and is written down so that no default can undo it.
 */
import type { WebPreferences } from 'electron'

export function securePreferences(preload: string): WebPreferences {
  return {
    preload,
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    // folders are chosen by the app, not by script in the page
    disableBlinkFeatures: 'FileSystemAccessLocal',
    webviewTag: false,
    navigateOnDragDrop: false,
    safeDialogs: true,
    spellcheck: false,
  }
}
