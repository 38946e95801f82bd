/**
 * The app built from its sources. Each state of them has a folder of its own in out/builds, which appears whole and is
 * never changed: who runs from it finds all its files for as long as it runs, whatever is built meanwhile.
 */
import { spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import fs from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { refusalOf } from '../preload/refusals.mjs'
import { isRunning } from './files/is-running.mjs'
import { startedByNohup } from './process/nohup.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const builds = join(root, 'out', 'builds')
const packages = ['package.json', 'package-lock.json']
/** A build that was used so recently (in milliseconds) may be in use by a process that cannot be seen from here. */
const recently = 3_600_000
/** So many builds stay although nobody uses them: going back to those sources costs nothing. */
const spare = 2

/**
 * The folder of a build of the sources as they are, which this process counts as a user of; built where it is not there.
 *
 * @param {string} door the terminal's door, `cli`, shows no page, so it needs none
 * @returns {Promise<string>}
 * @throws Error with a `code` and a `remedy`
 */
export async function buildFor(door) {
  for (;;) {
    const name = nameOf(door)
    const found = list(builds).find((build) => build.startsWith(name) && use(join(builds, build)))
    if (found !== undefined) return join(builds, found)
    await make(name, door)
    removeUnused(name)
  }
}

/** The hash of the main part's sources, then the page's: the terminal's door can use either build. */
function nameOf(door) {
  const main = hashOf([...packages, 'main', 'preload'])
  return door === 'cli' ? main : `${main}-${hashOf(['renderer', 'preload'])}`
}

function hashOf(sources) {
  const hash = createHash('sha256')
  for (const file of sources.flatMap(filesIn)) hash.update(`${file}\0`).update(contentOf(file)).update('\0')
  return hash.digest('hex').slice(0, 16)
}

/** By name. What begins with a dot is an editor's or the system's; what has gone meanwhile makes another build. */
function filesIn(path) {
  const stats = fs.statSync(join(root, path), { throwIfNoEntry: false })
  if (!stats?.isDirectory()) return stats ? [path] : []
  const names = list(join(root, path)).filter((name) => !name.startsWith('.'))
  return names.toSorted().flatMap((name) => filesIn(join(path, name)))
}

/** Builds beside the other builds. It takes its place among them when it is whole, if it is still what is wanted. */
async function make(name, door) {
  const folder = join(builds, `.new-${process.pid}-${randomUUID()}`)
  const saying = setTimeout(() => console.error('Building…'), 1000)
  try {
    writing(() => fs.mkdirSync(folder, { recursive: true }))
    writing(() => fs.writeFileSync(join(folder, 'package.json'), packageFile()))
    const parts = door === 'cli' ? ['main'] : ['main', 'preload', 'renderer']
    const ends = await Promise.allSettled(parts.map((part) => vite(part, join(folder, part))))
    for (const { reason } of ends) if (reason !== undefined) throw reason
    if (nameOf(door) === name) writing(() => put(folder, join(builds, name)))
  } finally {
    clearTimeout(saying)
    remove(folder)
  }
}

/** What Electron knows the app by. */
function packageFile() {
  const { name, version, type } = JSON.parse(contentOf('package.json'))
  return JSON.stringify({ name, version, type, main: 'main/index.js' })
}

/** Another command may have been faster. */
function put(folder, place) {
  try {
    fs.renameSync(folder, place)
  } catch (error) {
    if (!fs.existsSync(place)) throw error
  }
}

async function vite(part, outDir) {
  const program = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  if (!fs.existsSync(program))
    throw failure('build/no-packages', 'The packages that the app needs are not installed.', installThem)
  const config = join(root, part, 'vite.config.ts')
  // the default loader would write a file into node_modules
  const args = [program, 'build', '--configLoader', 'runner', '--config', config, '--outDir', outDir, '--emptyOutDir']
  // a terminal that closes does not reach another session
  const detached = startedByNohup()
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'], detached })
  let said = ''
  child.stderr.on('data', (text) => (said += text))
  const end = await new Promise((resolve) => {
    child.once('error', resolve)
    child.once('close', (code, signal) => resolve(code ?? signal))
  })
  if (end === 0) return
  const error = end instanceof Error ? end : Object.assign(new Error(said), { code: codeIn(said) })
  if (ofMachine.has(refusalOf(error)?.code)) throw refused(error)
  said = stripVTControlCharacters(said).trim() || `Vite ended with ${end.message ?? end}.`
  const missing = packageMissing(said)
  if (missing)
    throw failure('build/no-packages', `A package that the app needs is not installed: ${missing}.`, installThem, said)
  throw failure(
    'build/failed',
    `The app could not be built from its sources. ${reasonIn(said)}`,
    'Undo the last change of the sources, or mend what is named above: builds of them as they were are still there.',
    said,
  )
}

const installThem = 'Run `npm ci` in its folder.'

/** One that package.json names and Vite has not found: it came with the newest sources, most likely. */
function packageMissing(said) {
  const name = /resolve import "((?:@[^/"]+\/)?[^/"]+)/.exec(said)?.[1]
  const { dependencies, devDependencies } = JSON.parse(String(contentOf('package.json') || '{}'))
  return name !== undefined && name in { ...dependencies, ...devDependencies } ? name : undefined
}

/** What Vite says, without its heading and where in Vite it has said so. */
function reasonIn(said) {
  const [reason] = said.split(/\n {4}at /)
  return reason.replace(/^[^]*?Build failed with \d+ errors?:\n/, '').trim()
}

/** What is no fault of the sources; that something is not there, say, can be. */
const ofMachine = new Set([
  'disk/denied',
  'disk/full',
  'disk/file-too-large',
  'disk/io',
  'disk/too-many-open',
  'system/too-many-processes',
  'system/out-of-memory',
])

/** The code of the system's error in what Vite says: by its name where Node met it, by its number where Rolldown did. */
function codeIn(said) {
  const [, name, number] = /\b(E[A-Z]{3,})\b|\(os error (\d+)\)/.exec(said) ?? []
  return name ?? Object.entries(constants.errno).find(([, value]) => value === Number(number))?.[0]
}

/** What has kept a build from being written: why, and what to do. The app's own folder is no matter of choice. */
function refused(error) {
  const refusal = refusalOf(error) ?? { reason: error.message, remedy: 'Try again, or get the app anew.' }
  const remedy =
    refusal.code === 'disk/denied'
      ? 'Start it as the user who owns that folder, or give yourself the right to write there.'
      : refusal.remedy
  const message = `The app has to be built once, in ${join(root, 'out')}, and that is not possible: ${refusal.reason}.`
  return failure('build/not-written', message, remedy, error.stack)
}

function writing(write) {
  try {
    write()
  } catch (error) {
    throw refused(error)
  }
}

function failure(code, message, remedy, details) {
  return Object.assign(new Error(message), { code, remedy, details })
}

/** Counts this process as a user of a build. False where the build is not there any more. */
function use(folder) {
  const mark = join(folder, 'users', String(process.pid))
  try {
    fs.mkdirSync(join(folder, 'users'), { recursive: true })
    fs.writeFileSync(mark, '')
    process.once('exit', () => fs.rmSync(mark, { force: true }))
    setInterval(() => fs.utimes(mark, new Date(), new Date(), () => undefined), recently / 6).unref()
  } catch {
    // it can be used where it cannot be written, too
  }
  return fs.existsSync(join(folder, 'package.json'))
}

/** Removes what was begun and never finished, and the builds that nobody uses, but for the newest. */
function removeUnused(name) {
  const unused = list(builds)
    .filter((build) => build !== name && !inUse(join(builds, build)))
    .toSorted((a, b) => lastUse(join(builds, b)) - lastUse(join(builds, a)))
  const whole = unused.filter((build) => !build.startsWith('.'))
  for (const build of unused) if (!whole.slice(0, spare).includes(build)) remove(join(builds, build))
}

function inUse(build) {
  return lastUse(build) > Date.now() - recently || list(join(build, 'users')).some((pid) => isRunning(Number(pid)))
}

/** When a process was last known to use it, in milliseconds since 1970. */
function lastUse(build) {
  const marks = list(join(build, 'users')).map((pid) => join(build, 'users', pid))
  return Math.max(...[build, ...marks].map((path) => fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0))
}

/** What cannot be removed stays. A folder disappears at once, whole. */
function remove(path) {
  try {
    const going = join(path, '..', `.old-${randomUUID()}`)
    fs.renameSync(path, going)
    fs.rmSync(going, { recursive: true, force: true })
  } catch {
    return
  }
}

function list(folder) {
  try {
    return fs.readdirSync(folder)
  } catch {
    return []
  }
}

function contentOf(file) {
  try {
    return fs.readFileSync(join(root, file))
  } catch {
    return ''
  }
}
