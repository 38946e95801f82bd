/** A digit out of a picture that is chosen, dropped or pasted. */
import { AppError } from '../../preload/errors'
import { asMnist, inkOf } from '../lib/ink'
import type { Digit } from '../stores/hand'

/** A picture's longer side, made smaller to this: a digit needs no more. */
const most = 400

/** @throws AppError `explore/no-picture`, `explore/no-ink` */
export async function digitOf(file: Blob & { readonly name?: string }): Promise<Digit> {
  const bitmap = await createImageBitmap(file).catch((cause: unknown) => {
    throw new AppError(
      'explore/no-picture',
      'That is no picture that can be shown.',
      'Take a PNG, JPEG, WebP or GIF.',
      {
        cause,
      },
    )
  })
  try {
    const scale = Math.min(1, most / Math.max(bitmap.width, bitmap.height))
    const [width, height] = [bitmap.width, bitmap.height].map((size) => Math.max(1, Math.round(size * scale))) as [
      number,
      number,
    ]
    const context = new OffscreenCanvas(width, height).getContext('2d')
    context?.drawImage(bitmap, 0, 0, width, height)
    const ink = context && inkOf(context.getImageData(0, 0, width, height).data, width, height)
    const pixels = ink && asMnist(ink)
    if (pixels !== null)
      return { pixels, name: file.name === undefined ? 'Your picture' : file.name, label: null, of: null }
  } finally {
    bitmap.close()
  }
  throw new AppError(
    'explore/no-ink',
    'There is nothing to see in that picture.',
    'Take one of a digit, dark on light or light on dark, with some room around it.',
  )
}

/** The picture among what is dropped or pasted. */
export function pictureIn(data: DataTransfer | null): File | undefined {
  return [...(data?.files ?? [])].find(({ type }) => type.startsWith('image/'))
}
