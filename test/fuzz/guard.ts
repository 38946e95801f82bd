/** What an input may cost and touch, checked around every one of them. */
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Trial } from './target'

/** Inputs of one seed: a seed and a number below this name an input. */
export const chunk = 2000
/** Milliseconds that an input may take. */
export const mostTime = 1000
/** Bytes that an input may take beyond what was held before it. */
export const mostMemory = 128 << 20

export interface Place {
  /** The target's own folder: the only one that may be written to. */
  readonly inside: string
  /** Throws where something lies outside of it, or an object has what it should not inherit. */
  check(): void
}

/** Makes a folder for a target between others that must stay empty, the current one among them. */
export function makePlace(folder: string): Place {
  const [inside, home, here] = ['inside', 'home', 'here'].map((name) => join(folder, name)) as [string, string, string]
  for (const path of [inside, home, here]) mkdirSync(path, { recursive: true })
  for (const name of ['HOME', 'USERPROFILE', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'LOCALAPPDATA', 'APPDATA'])
    process.env[name] = home
  process.chdir(here)
  const inherited = [Object.prototype, Array.prototype, Function.prototype]
  const before = inherited.map((prototype) => Reflect.ownKeys(prototype).length)
  return {
    inside,
    check() {
      const written = [...readdirSync(here), ...readdirSync(home), ...readdirSync(folder)]
      if (written.length > 3) throw new Error(`written outside of its folder: ${written.join(', ')}`)
      if (inherited.some((prototype, i) => Reflect.ownKeys(prototype).length !== before[i]))
        throw new Error('a prototype was changed')
    },
  }
}

/** What was thrown where nobody waits for it: it would end the app. */
export function watchStray(): () => void {
  let stray: { error: unknown } | null = null
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error: unknown) => (stray ??= { error }))
  return () => {
    const found = stray
    stray = null
    if (found !== null) throw new Error('an error that nobody handles', { cause: found.error })
  }
}

/** One input with all that is watched around it. @throws what the trial throws, and for what it costs */
export async function tryGuarded(trial: Trial, input: unknown, check: () => void, most = mostTime): Promise<void> {
  const took = await cost(trial, input)
  check()
  // another program may have had the processor, or the collector of garbage its moment: only what stays slow is
  for (let again = 0, fastest = took; fastest > most; again++) {
    if (again === 4) throw new Error(`took ${Math.round(fastest)} ms, at least, of five tries`)
    await sleep(mostTime)
    fastest = Math.min(fastest, await cost(trial, input))
  }
}

async function cost(trial: Trial, input: unknown): Promise<number> {
  const { rss, ...before } = process.memoryUsage()
  const peak = process.resourceUsage().maxRSS
  const start = performance.now()
  await trial.try(input)
  const took = performance.now() - start
  const after = process.memoryUsage()
  const kept = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed
  const newPeak = process.resourceUsage().maxRSS
  // kibibytes; a peak that was there before tells nothing of this input
  const reached = newPeak > peak ? newPeak * 1024 - rss : 0
  const most = Math.max(kept, reached)
  if (most > mostMemory) throw new Error(`took ${Math.round(most / 2 ** 20)} MB of memory`)
  return took
}
