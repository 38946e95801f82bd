/** Makes a folder with those above it. */
import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { systemCode } from './disk-error'

/**
 * Node's own `recursive` never ends where the system says that a folder's parent is missing although it is there:
 * in /proc, and on some network disks.
 *
 * @throws the system's error
 */
export async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return
  try {
    await mkdir(path)
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return assertFolder(path, error)
    if (systemCode(error) !== 'ENOENT' || dirname(path) === path) throw error
    await makeFolder(dirname(path))
    await mkdir(path).catch((again: unknown) => assertFolder(path, again))
  }
}

/** Another process may have been faster. @throws why a link that is there leads to none; else what making it has thrown */
async function assertFolder(path: string, thrown: unknown): Promise<void> {
  if (systemCode(thrown) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw thrown
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}
