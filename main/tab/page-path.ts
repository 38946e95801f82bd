/**
 * Where the page lies on the tab's server: in a folder whose name nobody guesses, the same at every start.
 *
 * Threat: a browser sends a host's cookies to all of its ports, so that another user's server on this machine gets the
 * tab's token from whoever can be led to it. A cookie that is bound to a folder goes only where the address names that.
 */
import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../files/make-folder'

/**
 * A path that begins and ends with a slash. An open tab belongs to the next start, too, as long as it can be kept.
 *
 * @param folder the person's own, of the app's settings; null: they have none
 */
export async function pagePath(folder: string | null): Promise<string> {
  const fresh = randomBytes(12).toString('base64url')
  if (folder === null) return `/${fresh}/`
  const file = join(folder, 'tab-address')
  const kept = await readFile(file, 'utf8').catch(() => '')
  const name = /^[\w-]{16}$/.exec(kept.trim())?.[0] ?? fresh
  // a folder that cannot be written only costs the tab that is open when the app is started again
  if (name !== kept.trim())
    await makeFolder(folder)
      .then(() => writeFile(file, `${name}\n`, { mode: 0o600 }))
      .catch(() => undefined)
  return `/${name}/`
}
