/** This process as the terminal door sees it: standard streams, signals, and a trainer that is loaded when needed. */
import { heedTerminal } from '../process/causes'
import { die, onAsked } from '../process/end'
import { assertRoom } from '../process/room'
import type { Terminal } from './terminal'

/** @param worker the built file of the trainer's thread */
export function processTerminal(worker: URL): Terminal {
  heedTerminal()
  return {
    out: process.stdout,
    err: process.stderr,
    onInterrupt: onAsked,
    die,
    trainer: async () => {
      assertRoom()
      return (await import('../trainer/trainer')).createTrainer({ worker })
    },
  }
}
