/**
 * Whether this process was started to outlive its terminal, as `nohup` does it. Plain JavaScript: main/launch.cjs needs
 * it before anything is built.
 *
 * nohup ignores SIGHUP and starts the program; Node (and npm, which is Node) then sets every ignored signal back to its
 * default, so the one who asks finds nothing. What is left are traces: a shell on the way that still ignores the signal,
 * the shell's `_` (the program that it started), and GNU's nohup makes the standard input an unreadable /dev/null.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'

/**
 * What of a process bears on this.
 * @typedef {object} Traces
 * @property {number} parent
 * @property {number} group
 * @property {string} environment its variables, after a NUL or a space each
 * @property {boolean} ignores SIGHUP, as far as the system tells
 */

export function startedByNohup() {
  if (process.platform === 'win32') return false
  // nohup leaves neither of them on the terminal; whoever writes there ends with it
  if (process.stdout.isTTY || process.stderr.isTTY) return false
  if (/(^|\/)nohup$/.test(process.env['_'] ?? '') || unreadableInput()) return true
  // the terminal's signal goes to the whole process group, and nohup is felt by those in it
  let traces = tracesOf(process.pid)
  const group = traces?.group
  while (traces !== null && traces.parent > 1) {
    traces = tracesOf(traces.parent)
    if (traces === null || traces.group !== group) return false
    if (traces.ignores || /(^|[\0 ])_=(\S*\/)?nohup([\0 ]|$)/.test(traces.environment)) return true
  }
  return false
}

function unreadableInput() {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync('/proc/self/fdinfo/0', 'utf8'))?.[1] ?? '0'
    const writeOnly = (Number.parseInt(flags, 8) & 3) === 1
    return writeOnly && readlinkSync('/proc/self/fd/0') === '/dev/null'
  } catch {
    return false
  }
}

/**
 * @param {number} pid
 * @returns {Traces | null} null where the process is gone, or another's
 */
function tracesOf(pid) {
  try {
    return process.platform === 'linux' ? fromProc(pid) : fromPs(pid)
  } catch {
    return null
  }
}

/** @returns {Traces} */
function fromProc(pid) {
  const read = (name) => readFileSync(`/proc/${pid}/${name}`, 'utf8')
  const stat = read('stat')
  // the name in the second field may hold anything, also spaces and brackets
  const [, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ignored = /^SigIgn:\s*([0-9a-f]+)/m.exec(read('status'))?.[1] ?? '0'
  return {
    parent: Number(parent),
    group: Number(group),
    environment: read('environ'),
    ignores: (BigInt(`0x${ignored}`) & 1n) === 1n,
  }
}

/** macOS and the BSDs: `-E` shows the environment behind the command. @returns {Traces} */
function fromPs(pid) {
  const ps = (...args) => execFileSync('ps', [...args, '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }).trim()
  const [parent, group] = ps('-o', 'ppid=,pgid=').split(/\s+/).map(Number)
  return { parent, group, environment: ps('-E', '-ww', '-o', 'command='), ignores: false }
}
