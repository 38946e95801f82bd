/** Folders that a person names. */
import { access, constants, mkdir } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { AppError } from '../../preload/errors'
import { diskError, systemCode } from '../files/disk-error'

/**
 * Makes sure that runs can be kept in a folder; makes it where it is not there.
 *
 * @throws AppError `folder/not-absolute`, `folder/not-a-folder`, `disk/…`
 */
export async function assertUsable(folder: string): Promise<void> {
  if (!isAbsolute(folder))
    throw new AppError('folder/not-absolute', `“${folder}” is not a whole path.`, 'Write it from the root on.')
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
  } catch (error) {
    if (systemCode(error) === 'EEXIST')
      throw new AppError('folder/not-a-folder', `${folder} is a file.`, 'Choose a folder.', { cause: error })
    throw diskError(error, 'used for runs', folder)
  }
}
