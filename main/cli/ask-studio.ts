/** Asks the app something of a checkpoint: Ctrl-C gives it up, and what a person should know is said beside the answer. */
import { dirname } from 'node:path'
import type { Question } from '../../preload/contract'
import type { Answered } from '../trainer/api'
import { onInterrupts } from './interrupt'
import { harmless, type Terminal } from './terminal'

/** @param choice without an epoch: the newest checkpoint that can be used */
export async function askStudio<Q extends Question>(
  terminal: Terminal,
  { runFolder, epoch }: { readonly runFolder: string; readonly epoch: number | undefined },
  question: Q,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<Answered<Q>> {
  const studio = await terminal.studio(dirname(runFolder))
  studio.trainer.on((event) => {
    if (event.type === 'notice') terminal.err.write(`${harmless(event.message)}\n`)
  })
  const { signal, end } = onInterrupts(terminal)
  try {
    return await studio.trainer.ask({
      runFolder,
      ...(epoch === undefined ? {} : { epoch }),
      question,
      signal,
      onProgress,
    })
  } finally {
    end()
    await studio.close()
  }
}
