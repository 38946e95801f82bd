/** `npm start`: the app in a window; where none can be had, in a tab, with one sentence why. */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endWithParent } from './process/causes'
import { tryWindow } from './start/window'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const args = process.argv.slice(2)

// the signal that this process would then get is passed to the window; a tab looks for itself
const leaveAlone = endWithParent(false)
const attempt = args.includes('--browser')
  ? null
  : await tryWindow({ electron: electron(), args: [here('..'), ...args] })

if (attempt?.opened) {
  process.exitCode = await attempt.code
} else {
  leaveAlone()
  if (attempt !== null) console.log(`${attempt.reason}, so the app opens in the browser.`)
  await import('./browser')
}

/** The folder of the npm package; null where it is not installed. */
function electron(): string | null {
  try {
    return dirname(createRequire(import.meta.url).resolve('electron/package.json'))
  } catch {
    return null
  }
}
