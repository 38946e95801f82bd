/** Asks the app something of a run: Ctrl-C gives it up, and what a person should know is said beside the answer. */
import { dirname } from 'node:path'
import type { Studio } from '../app/studio'
import { onInterrupts } from './interrupt'
import { harmless, type Terminal } from './terminal'

export async function askStudio<T>(
  terminal: Terminal,
  runFolder: string,
  ask: (studio: Studio, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const studio = await terminal.studio(dirname(runFolder))
  studio.trainer.on((event) => {
    if (event.type === 'notice') terminal.err.write(`${harmless(event.message)}\n`)
  })
  const { signal, end } = onInterrupts(terminal)
  try {
    return await ask(studio, signal)
  } finally {
    end()
    await studio.close()
  }
}
