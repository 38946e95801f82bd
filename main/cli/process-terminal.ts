/** This process as the terminal door sees it: standard streams, signals, and the app, which is loaded when needed. */
import { version } from '../../package.json'
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
    studio: async (resultFolder) => {
      assertRoom()
      const [{ createTrainer }, { Studio }, { defaultSettings }] = await Promise.all([
        import('../trainer/trainer'),
        import('../app/studio'),
        import('../app/settings'),
      ])
      return new Studio({
        trainer: createTrainer({ worker }),
        // what is not typed has its default, whatever was set in the window
        settings: defaultSettings(),
        door: { kind: 'terminal' },
        resultFolder,
        version,
      })
    },
  }
}
