/** What an epoch drew, from the PNG in the run's folder. */
import { join } from 'node:path'
import { classCount } from '../../preload/classes'
import type { PictureKind, Tiles } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { imageSize } from '../../preload/images'
import { diskError, systemCode } from '../files/disk-error'
import { disk } from '../files/layer'
import { decodeGrid } from '../files/png'
import { reconstructionsName, samplesName } from '../runs/names'

/**
 * @param classes the rows of samples are the classes 0–9
 * @throws AppError `run/no-picture`, `png/…`, `disk/…`
 */
export async function readPicture(
  runFolder: string,
  { epoch, kind, classes }: { epoch: number; kind: PictureKind; classes: boolean },
): Promise<Tiles> {
  const path = join(runFolder, kind === 'samples' ? samplesName(epoch) : reconstructionsName(epoch))
  const bytes = await disk.read(path).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw diskError(error, 'read', path)
    throw new AppError(
      'run/no-picture',
      `There is no picture of epoch ${epoch} in the run’s folder.`,
      'Draw new samples from the checkpoint of that epoch, if it is there.',
    )
  })
  const { images, columns } = decodeGrid(bytes)
  return galleryTiles(images, { columns, kind, classes })
}

/** A gallery's images as tiles, in rows of `columns`; samples come in ten rows. @param classes the rows of samples are the classes 0–9 */
export function galleryTiles(
  images: Uint8Array,
  {
    kind,
    classes,
    columns = kind === 'samples' ? images.length / imageSize / classCount : 8,
  }: { columns?: number; kind: PictureKind; classes: boolean },
): Tiles {
  const rows = images.length / imageSize / columns
  const labels = kind === 'samples' && classes ? rowLabels(rows, columns) : null
  return { rows, columns, pixels: Uint8Array.from(images), labels }
}

/** Row r shows class r. */
function rowLabels(rows: number, columns: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: rows * columns }, (_, i) => Math.floor(i / columns))
}
