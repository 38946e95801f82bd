/** The app's folder for what can be made again, in the user's cache folder: it can be deleted at any time. */
import { homedir } from 'node:os'
import { join } from 'node:path'

export function cacheFolder(env = process.env, platform = process.platform): string {
  const home = homedir()
  if (platform === 'win32') return join(env['LOCALAPPDATA'] || home, 'vlae-studio', 'Cache')
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'vlae-studio')
  return join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'vlae-studio')
}
