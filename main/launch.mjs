/**
 * Runs a door of the app from its sources: `node main/launch.mjs cli train` builds the app where the sources are not
 * those of a build there is, then loads its cli.js into this process, so that signals and exit codes are the door's own.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startedByNohup } from './process/nohup.mjs'

const [door, ...args] = process.argv.slice(2)
// by default a hangup would end this process, whatever nohup has set
if (startedByNohup()) process.on('SIGHUP', () => undefined)

try {
  assertNode(process.versions.node)
  const { buildFor } = await import('./build.mjs')
  const program = join(await buildFor(door), 'main', `${door}.js`)
  // what the door finds there as its program is what a person can type again
  process.argv.splice(2, 1)
  await import(pathToFileURL(program).href)
} catch (error) {
  fail(error)
}

/** npm only warns of a Node that is too old. */
function assertNode(version) {
  const [major, minor] = version.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw Object.assign(new Error(`This is Node ${version}; VLAE Studio needs 20.19 or newer.`), {
    code: 'node/too-old',
    remedy: 'Install a newer Node, then run `npm ci` again.',
  })
}

/** As the doors tell their errors (main/cli/errors). */
function fail({ code, message, remedy, details, stack }) {
  const error = {
    code: remedy === undefined ? 'internal' : code,
    message,
    remedy: remedy ?? 'Try again; if it happens again, report it with what `--details` adds.',
    ...(args.includes('--details') && { details: details ?? stack }),
  }
  if (args.includes('--json'))
    console.log(JSON.stringify({ type: 'failure', run: null, error, resumable: false, waits: false }))
  console.error([error.message, error.remedy, error.details].filter(Boolean).join('\n'))
  process.exit(1)
}
