/** What the window can do for a person that a tab cannot. */
import { dialog, shell, type BrowserWindow } from 'electron'
import type { Door } from '../app/studio'

/** @param window asked when it is needed: the dialog belongs to it */
export function windowDoor(window: () => BrowserWindow): Door {
  return {
    kind: 'window',
    async chooseFolder({ title, start }) {
      const { canceled, filePaths } = await dialog.showOpenDialog(window(), {
        title,
        properties: ['openDirectory', 'createDirectory'],
        ...(start === null ? {} : { defaultPath: start }),
      })
      return canceled ? null : (filePaths[0] ?? null)
    },
    reveal: (path) => shell.showItemInFolder(path),
  }
}
