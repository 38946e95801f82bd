/** Folders that a person names. */
import { mkdtemp, rmdir } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { AppError } from '../../preload/errors'
import { diskError, systemCode } from '../files/disk-error'
import { makeFolder } from '../files/make-folder'

/**
 * Makes sure that runs can be kept in a folder; makes it where it is not there.
 *
 * @throws AppError `folder/not-absolute`, `folder/not-a-folder`, `folder/not-writable`, `disk/…`
 */
export async function assertUsable(folder: string): Promise<void> {
  if (!isAbsolute(folder))
    throw new AppError(
      'folder/not-absolute',
      `“${folder}” is not an absolute path.`,
      'Write the whole path, from the root.',
    )
  try {
    await makeFolder(folder)
    // what the rights say is not what counts: a read-only disk, or a place that holds no files, shows when it is tried
    await rmdir(await mkdtemp(join(folder, '.trial-')))
  } catch (error) {
    if (systemCode(error) === 'EEXIST')
      throw new AppError('folder/not-a-folder', `${folder} is a file.`, 'Choose a folder.', { cause: error })
    if (systemCode(error) === 'ENOENT')
      throw new AppError(
        'folder/not-writable',
        `Runs cannot be kept in ${folder}: no files can be made there.`,
        'Choose another folder.',
        { cause: error },
      )
    throw diskError(error, 'used for runs', folder)
  }
}
