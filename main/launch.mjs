/**
 * Runs a door of the app from its sources: `node main/launch.mjs cli train` builds what is newer than the last
 * build, then loads out/main/cli.js into this process, so that signals and exit codes are the door's own.
 */
import { spawn } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname, '..')
const [door, ...args] = process.argv.slice(2)
const built = join('out', 'main', `${door}.js`)
const packages = ['package.json', 'package-lock.json']

/** What is built, from what, and a file that every build of it writes. The terminal's door shows no page. */
const parts = [
  { config: 'main', sources: ['main', 'preload'], product: built },
  { config: 'preload', sources: ['preload'], product: join('out', 'preload', 'index.cjs') },
  { config: 'renderer', sources: ['renderer', 'preload'], product: join('out', 'renderer', 'index.html') },
].slice(0, door === 'cli' ? 1 : undefined)

const stale = parts.filter(({ sources, product }) => [...sources, ...packages].some((file) => isNewer(file, product)))
const codes = await Promise.all(stale.map(build))
const failure = codes.find((code) => code !== 0)
if (failure !== undefined) process.exit(failure)

if (process.env.npm_lifecycle_event !== undefined) endWithParent()
process.argv = [process.execPath, join(root, built), ...args]
await import(pathToFileURL(join(root, built)).href)

/**
 * npm that is asked to end (SIGTERM) ends the shell it started us with, and the shell passes nothing on: being left
 * alone is the signal.
 */
function endWithParent() {
  const { ppid } = process
  const watch = setInterval(() => {
    if (process.ppid === ppid) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 500)
  watch.unref()
}

function build({ config }) {
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  const child = spawn(process.execPath, [vite, 'build', '--config', join(root, config, 'vite.config.ts')], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 130)))
}

function isNewer(file, product) {
  return newest(join(root, file)) >= newest(join(root, product))
}

/** When a file, or the newest file in a folder, was written; −∞ where there is none. */
function newest(path) {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return Number.NEGATIVE_INFINITY
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(...readdirSync(path).map((name) => newest(join(path, name))))
}
