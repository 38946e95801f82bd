/** The archive that ./archive packs a run as, in pieces, for those who cannot be handed it at once. */
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../preload/errors'
import { diskError } from '../files/disk-error'
import { joined, ZipWriter } from '../files/zip'
import { filesToPack, fileToPack } from './archive'

/** Bytes of a piece's files, where it is not one larger file alone. */
const pieceBytes = 16 << 20

export interface PackedPiece {
  readonly pieces: number
  /** The same of all pieces, as long as the run is. */
  readonly state: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

interface Which {
  /** Of the checkpoint that is wanted alone. */
  readonly epoch?: number | undefined
  /** Bytes of a piece's files. */
  readonly most?: number
}

/**
 * Nothing is kept between two pieces: each is made of what is there.
 *
 * @param piece 0: the first. Some files each, and the list of all at the end
 * @throws AppError as `filesToPack` does; `run/changed` where there is no such piece
 */
export async function packedPiece(
  folder: string,
  piece: number,
  { epoch, most = pieceBytes }: Which = {},
): Promise<PackedPiece> {
  const names = await filesToPack(folder, epoch)
  const writer = new ZipWriter()
  try {
    const files = await Promise.all(names.map(async (name) => ({ name, ...(await sizeAndTime(join(folder, name))) })))
    const groups = grouped(files, most)
    if (piece > groups.length) throw new AppError('run/changed', 'The run changed while it was packed.', 'Try again.')
    const told = {
      pieces: groups.length + 1,
      state: createHash('sha256').update(JSON.stringify(files)).digest('hex'),
    }
    // a file's head does not say where it stands; the list does, and has all checksums
    const parts: Uint8Array[] = []
    for (const name of groups[piece] ?? names) {
      const written = writer.add(await fileToPack(folder, name))
      if (piece < groups.length) parts.push(...written)
    }
    return { ...told, bytes: piece < groups.length ? joined(parts) : writer.end() }
  } catch (error) {
    throw diskError(error, 'packed', folder)
  }
}

async function sizeAndTime(path: string): Promise<{ size: number; time: number }> {
  const { size, mtimeMs } = await stat(path)
  return { size, time: mtimeMs }
}

/** The files' names in their order, as many together as `most` bytes hold, and one at least. */
function grouped(files: readonly { name: string; size: number }[], most: number): string[][] {
  const groups: string[][] = []
  let left = 0
  for (const { name, size } of files) {
    const last = groups.at(-1)
    if (last === undefined || size > left) {
      groups.push([name])
      left = most - size
    } else {
      last.push(name)
      left -= size
    }
  }
  return groups
}
