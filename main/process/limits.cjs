/**
 * What this session or container allows a program, where that is too little to begin with: Node aborts then, with pages
 * of addresses or without a word. Linux only. Plain and synchronous: it has to be told before Node needs any of it.
 */
const { readdirSync, readFileSync, statSync } = require('node:fs')

/** Bytes of address space: with less, V8 aborts when a second thread starts. What is used is a small part of it. */
const leastSpace = 2e9
/** The packages are many small files, and those that belong together are opened at once. */
const leastFiles = 128
/** Node makes its threads for files all at once, with the first file that it does not wait for. */
const nodeThreads = Number(process.env['UV_THREADPOOL_SIZE'] ?? 4)
/** Counting a user's threads takes a moment; where so many are allowed, there is room for a few more. */
const plentyOfThreads = 10_000

/**
 * Why the app cannot begin; null: it can.
 *
 * @returns {{ code: string, message: string, remedy: string } | null}
 */
function tooLittle() {
  if (process.platform !== 'linux') return null
  const space = limit('Max address space')
  if (space < leastSpace)
    return {
      code: 'system/out-of-memory',
      message: `This session allows a program ${(space / 1e9).toFixed(1)} GB of address space, which is too little.`,
      remedy: 'Raise the limit (`ulimit -v unlimited`), then start again.',
    }
  const files = limit('Max open files')
  if (files < leastFiles)
    return {
      code: 'disk/too-many-open',
      message: `This session allows a program ${files} open files, which is too few.`,
      remedy: `Raise the limit (\`ulimit -n ${8 * leastFiles}\`), then start again.`,
    }
  if (freeThreads() < nodeThreads)
    return {
      code: 'system/too-many-processes',
      message: 'The system allows no more processes or threads.',
      remedy: 'Close other programs, or raise the limit (`ulimit -u`, a container’s pids limit), then start again.',
    }
  return null
}

/** @returns {number} of this process; Infinity where there is none */
function limit(name) {
  const [, number] = new RegExp(`^${name} +(\\d+)`, 'm').exec(content('/proc/self/limits')) ?? []
  return number === undefined ? Infinity : Number(number)
}

/** @returns {number} how many more this user and this container may have; Infinity where that is plenty, or not known */
function freeThreads() {
  const allowed = limit('Max processes')
  // root may have any number
  const ofUser = process.getuid() === 0 || allowed > plentyOfThreads ? Infinity : allowed - threadsOf(process.getuid())
  return Math.min(
    ofUser,
    ...controlGroups().map((group) => numberIn(`${group}/pids.max`) - numberIn(`${group}/pids.current`)),
  )
}

/** @returns {number} as far as they can be seen */
function threadsOf(user) {
  let threads = 0
  for (const name of readdirSync('/proc'))
    try {
      if (/^\d+$/.test(name) && statSync(`/proc/${name}`).uid === user)
        threads += readdirSync(`/proc/${name}/task`).length
    } catch {
      // it has ended
    }
  return threads
}

/** @returns {string[]} those folders of this process's control groups that limit its number of threads */
function controlGroups() {
  const own = Array.from(content('/proc/self/cgroup').matchAll(/^(?:0:|\d+:pids):(.*)$/gm), ([, path]) => path)
  // a container sees its own group as the root of all
  const paths = ['', ...own].flatMap((path) => [`/sys/fs/cgroup${path}`, `/sys/fs/cgroup/pids${path}`])
  return paths.filter((path) => /^\d/.test(content(`${path}/pids.max`)))
}

function numberIn(file) {
  return Number(content(file))
}

/** Nothing, where it cannot be read. */
function content(file) {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

module.exports = { tooLittle }
