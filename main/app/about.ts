/** What the app tells of itself beside its versions: where it keeps things, what it is made of, whom it calls. */
import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { About, OwnFolder } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { Studio } from './studio'

export function aboutOf({ door, resultFolder, settings }: Studio): About {
  return {
    folders: { results: resultFolder, settings: settings.path && dirname(settings.path) },
    updates: door.updates ?? null,
    licences: door.licences !== undefined,
  }
}

/** The licences of all that the installed app is made of. @throws AppError `about/no-licences`, `disk/…` */
export async function licencesOf({ door }: Studio): Promise<string> {
  if (door.licences === undefined)
    throw new AppError(
      'about/no-licences',
      'Here the app runs from its sources.',
      'Each of its packages brings its licence: look in the folder node_modules.',
    )
  return readFile(door.licences, 'utf8')
}

/**
 * Opens a folder of the app's own in the file manager, where there is one, and gives its path.
 *
 * @throws AppError `about/no-folder` where it does not exist, or cannot be shown
 */
export async function showFolder(studio: Studio, which: OwnFolder): Promise<string> {
  const path = aboutOf(studio).folders[which]
  if (path === null)
    throw new AppError(
      'about/no-folder',
      'Settings are not being saved; they last until the app is closed.',
      'The notice at its start says why.',
    )
  const found = await stat(path).catch(() => null)
  if (!found?.isDirectory())
    throw new AppError('about/no-folder', `There is no folder ${path} yet.`, 'The app makes it when it is needed.')
  const problem = await studio.door.openFolder?.(path)
  if (problem)
    throw new AppError('about/no-folder', `${path} could not be shown.`, 'Open it yourself.', { cause: problem })
  return path
}
