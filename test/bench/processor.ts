/** Processor time as Linux counts it, in milliseconds: of a process, of its threads, and of all that a process has begun. */
import { readdir, readFile } from 'node:fs/promises'

/** A tick of /proc, `USER_HZ`. */
const tick = 10

interface Stat {
  readonly parent: number
  readonly spent: number
}

/** @param path a process's or a thread's folder. Null: it has ended */
async function statOf(path: string): Promise<Stat | null> {
  const text = await readFile(`${path}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  // after the name, which may hold anything: the state, the parent, …, 12th user time, 13th system time
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { parent: Number(fields[1]), spent: tick * (Number(fields[11]) + Number(fields[12])) }
}

/** Of a whole process, threads that have ended among it. */
export async function spentBy(pid: number): Promise<number> {
  return (await statOf(`/proc/${pid}`))?.spent ?? 0
}

/** By thread, of those that there are. */
export async function spentByThread(pid: number): Promise<Map<number, number>> {
  const found = new Map<number, number>()
  for (const name of await readdir(`/proc/${pid}/task`)) {
    const stat = await statOf(`/proc/${pid}/task/${name}`)
    if (stat !== null) found.set(Number(name), stat.spent)
  }
  return found
}

/** By process, of all below one. @param but one that is left out, with all below it */
export async function spentBelow(pid: number, but: number): Promise<Map<number, number>> {
  const stats = new Map<number, Stat>()
  for (const name of await readdir('/proc')) {
    const stat = /^\d+$/.test(name) ? await statOf(`/proc/${name}`) : null
    if (stat !== null) stats.set(Number(name), stat)
  }
  const isBelow = (one: number): boolean => {
    for (let at = one; at !== 0 && at !== but; at = stats.get(at)?.parent ?? 0) if (at === pid) return true
    return false
  }
  return new Map([...stats].flatMap(([one, { spent }]) => (one !== pid && isBelow(one) ? [[one, spent]] : [])))
}
