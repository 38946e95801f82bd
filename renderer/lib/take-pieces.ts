/** A file that comes in pieces, as one. */
import type { Taken } from '../../preload/contract'
import { AppError } from '../../preload/errors'

/**
 * @param ask for a piece, the first is 0
 * @throws AppError `run/changed` where the pieces are not of one state of the run; the signal's reason; as `ask` does
 */
export async function gathered(
  ask: (piece: number) => Promise<Taken>,
  progress: (share: number) => void,
  signal: AbortSignal,
): Promise<{ name: string; file: Blob }> {
  const { name, pieces, state, bytes } = await ask(0)
  const parts = [new Blob([bytes as BlobPart])]
  while (parts.length < pieces) {
    signal.throwIfAborted()
    progress(parts.length / pieces)
    const next = await ask(parts.length)
    if (next.state !== state)
      throw new AppError('run/changed', 'The run changed while it was packed. Nothing was saved.', 'Try again.')
    parts.push(new Blob([next.bytes as BlobPart]))
  }
  signal.throwIfAborted()
  return { name, file: new Blob(parts) }
}
