/** What is packed with the app beside its code. */
import { join } from 'node:path'

/**
 * Where the installed app's own resources would have something of this name; null where the app is run from its sources.
 *
 * Ask for it in the main thread of the process: Electron's worker threads do not know the resources' path.
 */
export function inResources(name: string): string | null {
  const { resourcesPath } = process as NodeJS.Process & { resourcesPath?: string }
  return resourcesPath === undefined ? null : join(resourcesPath, name)
}
