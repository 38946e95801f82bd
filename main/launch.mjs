/**
 * Runs a door of the app from its sources: `node main/launch.mjs cli train` builds what is newer than the last
 * build, then loads out/main/cli.js into this process, so that signals and exit codes are the door's own.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname, '..')
const [door, ...args] = process.argv.slice(2)
const built = join(root, 'out', 'main', `${door}.js`)
const sources = ['main', 'preload', 'package.json', 'package-lock.json']

if (sources.some((source) => newest(join(root, source)) >= newest(built))) {
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  const { status } = spawnSync(process.execPath, [vite, 'build', '--config', join(root, 'main', 'vite.config.ts')], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) process.exit(status ?? 130)
}
process.argv = [process.execPath, built, ...args]
await import(pathToFileURL(built).href)

/** When a file, or the newest file in a folder, was written; −∞ where there is none. */
function newest(path) {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return Number.NEGATIVE_INFINITY
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(...readdirSync(path).map((name) => newest(join(path, name))))
}
