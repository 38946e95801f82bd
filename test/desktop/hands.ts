/** A person's hands at the window: the keyboard, the menu, the system's dialogs, something dropped on it. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { ElectronApplication, Page } from 'playwright-core'
import { vi } from 'vitest'
import { patience, type RunningApp, type Stage } from './app'
import { isThere } from './display'

/** Keys go through the system, as a person's do: those that a page is sent never reach the menu. */
export const keyboardIsThere = process.platform === 'linux' && isThere('xdotool') && isThere('openbox')
if (!keyboardIsThere) console.info('The menu’s keys are not tested. Install xdotool and openbox.')

/** Presses one combination, as xdotool writes it: `ctrl+shift+r`. */
export async function press(stage: Stage, { electron }: RunningApp, keys: string): Promise<void> {
  await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.focus())
  await vi.waitUntil(() => isFocused(electron), patience)
  await promisify(execFile)('xdotool', ['key', '--clearmodifiers', keys], { env: stage.environment, timeout: 60_000 })
}

export const isFocused = (electron: ElectronApplication): Promise<boolean> =>
  electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.isFocused())

/** Chooses an entry of the menu by its labels, without what marks their keys. */
export function choose({ electron }: RunningApp, ...labels: string[]): Promise<void> {
  return electron.evaluate(({ Menu, BrowserWindow }, labels) => {
    const [window] = BrowserWindow.getAllWindows()
    let { items } = Menu.getApplicationMenu()!
    for (const [depth, label] of labels.entries()) {
      const item = items.find((item) => item.label.replace('&', '') === label)
      if (item === undefined) throw new Error(`There is no ${labels.join(' > ')} among ${items.map((i) => i.label)}.`)
      if (depth === labels.length - 1) item.click(undefined, window, window!.webContents)
      else ({ items } = item.submenu!)
    }
  }, labels)
}

/** From now on the folder dialog gives this folder, or is cancelled. Gives what it was opened with since. */
export async function answerFolder({ electron }: RunningApp, folder: string | null) {
  await electron.evaluate(({ dialog }, folder) => {
    const opened: Electron.OpenDialogOptions[] = []
    Object.assign(globalThis, { opened })
    dialog.showOpenDialog = (async (...args: unknown[]) => {
      opened.push(args.at(-1) as Electron.OpenDialogOptions)
      return { canceled: folder === null, filePaths: folder === null ? [] : [folder] }
    }) as never
  }, folder)
  return () => electron.evaluate(() => (globalThis as unknown as { opened: Electron.OpenDialogOptions[] }).opened)
}

/** Drops what lies at these paths in the middle of the page. */
export async function drop(page: Page, ...files: string[]): Promise<void> {
  const client = await page.context().newCDPSession(page)
  const data = { items: [], files, dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await client.send('Input.dispatchDragEvent', { type, x: 600, y: 400, data })
  await client.detach()
}
