/** A home for those who have none: `docker run -u 4711`, a service's user, an empty HOME. */
import { homedir } from 'node:os'
import { isAbsolute } from 'node:path'

/** What Debian gives to users without a home; nothing can be kept there, which is what the app then tells. */
const nowhere = '/nonexistent'

/** To be called before a library asks for the home folder: Node throws where there is none. */
export function settleHome(): void {
  if (!hasHome()) process.env['HOME'] = nowhere
}

function hasHome(): boolean {
  try {
    return isAbsolute(homedir())
  } catch {
    return false
  }
}
