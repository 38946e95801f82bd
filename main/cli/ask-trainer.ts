/** Asks the trainer something of a run: Ctrl-C gives it up, and what a person should know is said beside the answer. */
import type { Trainer } from '../trainer/api'
import { onInterrupts } from './interrupt'
import { harmless, type Terminal } from './terminal'

export async function askTrainer<T>(
  terminal: Terminal,
  ask: (trainer: Trainer, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const trainer = await terminal.trainer()
  trainer.on((event) => {
    if (event.type === 'notice') terminal.err.write(`${harmless(event.message)}\n`)
  })
  const { signal, end } = onInterrupts(terminal)
  try {
    return await ask(trainer, signal)
  } finally {
    end()
    await trainer.close()
  }
}
