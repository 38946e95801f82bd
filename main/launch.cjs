/**
 * Runs a door of the app from its sources: `node main/launch.cjs cli train` builds the app where the sources are not
 * those of a build there is, then loads its cli.js into this process, so that signals and exit codes are the door's own.
 *
 * CommonJS, which Node loads without a thread: it would end without a word where the system allows it none.
 */
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')
const { tooLittle } = require('./process/limits.cjs')

const [door, ...args] = process.argv.slice(2)

launch().catch(fail)

async function launch() {
  assertNode(process.versions.node)
  const refusal = tooLittle()
  if (refusal !== null) throw failure(refusal)
  const { startedByNohup } = await import('./process/nohup.mjs')
  // by default a hangup would end this process, whatever nohup has set
  if (startedByNohup()) process.on('SIGHUP', () => undefined)
  if (door === 'start') await refuseWrongWords()
  const { buildFor } = await import('./build.mjs')
  const program = join(await buildFor(door), 'main', `${door}.js`)
  // what the door finds there as its program is what a person can type again
  process.argv.splice(2, 1)
  await import(pathToFileURL(program).href)
}

/** Before a build that takes seconds. A window is Electron's, which takes words that nobody here knows. */
async function refuseWrongWords() {
  const { hasDisplay } = await import('./start/display.mjs')
  // without the packages the build says what to do
  const options = await import('./tab/options.mjs').catch(() => null)
  options?.parseTabOptions(args, { others: hasDisplay() && !args.includes('--browser') })
}

/** npm only warns of a Node that is too old. */
function assertNode(version) {
  const [major, minor] = version.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  throw failure({
    code: 'node/too-old',
    message: `This is Node ${version}; VLAE Studio needs 20.19 or newer.`,
    remedy: 'Install a newer Node, then run `npm ci` again.',
  })
}

function failure({ message, ...facts }) {
  return Object.assign(new Error(message), facts)
}

/** As the doors tell their errors (main/cli/errors). */
async function fail(thrown) {
  const { code, message, remedy, details } = thrown.remedy === undefined ? await inWords(thrown) : thrown
  const error = { code, message, remedy, ...(args.includes('--details') && { details: details ?? thrown.stack }) }
  if (args.includes('--json'))
    console.log(JSON.stringify({ type: 'failure', run: null, error, resumable: false, waits: false }))
  console.error([error.message, error.remedy, error.details].filter(Boolean).join('\n'))
  process.exit(1)
}

async function inWords(thrown) {
  const { refusalOf } = await import('../preload/refusals.mjs')
  const refusal = refusalOf(thrown)
  if (refusal !== undefined) return { ...refusal, message: `The app could not be started: ${refusal.reason}.` }
  const remedy = 'Try again; if it happens again, report it with what `--details` adds.'
  return { code: 'internal', message: thrown.message, remedy }
}
