/** Takes a run along, or one checkpoint of it, as a file that the app packs piece by piece. */
import type { RunFormat, RunSummary } from '../../preload/contract'
import { useBackend } from '../backend/backend'
import { fileStem } from '../lib/run-facts'
import { download } from '../lib/save'
import { gathered } from '../lib/take-pieces'
import { useConnection } from './connection'

/** @returns saves the file; with `epoch` only what belongs to that one. Whether it worked. */
export function useTakeAlong(): (run: RunSummary, format: RunFormat, epoch?: number) => Promise<boolean> {
  const backend = useBackend()
  const connection = useConnection()
  return (run, format, epoch) =>
    connection.attempt(() =>
      connection.during(`Packing ${run.name}`, async (progress, signal) => {
        const only = epoch === undefined ? {} : { epoch }
        const ask = (piece: number) => backend.call.takeAlong({ run: run.id, format, piece, ...only })
        const { name, file } = await gathered(ask, progress, signal)
        download(file, `${fileStem(run)} ${name}`)
      }),
    )
}
