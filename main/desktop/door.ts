/** What the window can do for a person that a tab cannot. */
import { dialog, shell, type BrowserWindow } from 'electron'
import type { Door } from '../app/studio'

/**
 * @param window asked when it is needed: the dialog belongs to it
 * @param more what only some packages have
 */
export function windowDoor(window: () => BrowserWindow, more: Pick<Door, 'licences' | 'updates'> = {}): Door {
  return {
    ...more,
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
    openFolder: (path) => shell.openPath(path),
  }
}
