/** Pictures of a run: grids of 28×28 grey tiles as PNG, pixel for pixel, and back. */
import { inflateSync } from 'node:zlib'
import { decode, encode } from 'fast-png'
import { AppError } from '../../preload/errors'
import { imageSize, side } from '../../preload/images'

export interface Grid {
  /** [n, 784] grey levels 0–255, tiles row by row. */
  readonly images: Uint8Array
  readonly columns: number
  /** Black pixels between tiles and around all of them. */
  readonly gap?: number
  /** Text kept inside the PNG (tEXt chunks): keyword → text. */
  readonly text?: Record<string, string>
}

export interface DecodedGrid extends Required<Grid> {
  readonly rows: number
}

const defaultGap = 2
/** Of one side of a picture that is read. */
const maxSide = 4096
/** Chunks that `encodeGrid` writes. Of others some hold compressed data, which a decoder would unpack to any size. */
const known = new Set(['IHDR', 'tEXt', 'IDAT', 'IEND'])

/**
 * An 8-bit greyscale PNG. Tile (row r, column c) has its first pixel at (gap + c·(28+gap), gap + r·(28+gap)), the
 * layout of torchvision's `make_grid`; the last row may be incomplete.
 */
export function encodeGrid({ images, columns, gap = defaultGap, text = {} }: Grid): Uint8Array {
  const count = images.length / imageSize
  if (!Number.isInteger(count) || count === 0) throw new Error(`${images.length} numbers are no 28×28 images`)
  const rows = Math.ceil(count / columns)
  const width = gap + columns * (side + gap)
  const height = gap + rows * (side + gap)
  const data = new Uint8Array(width * height)
  for (let tile = 0; tile < count; tile++) {
    const corner = cornerOf(tile, columns, gap, width)
    for (let y = 0; y < side; y++) {
      const line = tile * imageSize + y * side
      data.set(images.subarray(line, line + side), corner + y * width)
    }
  }
  // level 9 makes noise of two greys, as untrained models draw it, 3 % smaller in ten times the time
  return encode({ width, height, data, channels: 1, depth: 8, text: latin1(text) }, { zlib: { level: 6 } })
}

/**
 * The tiles of a grid written by `encodeGrid`; places left empty in the last row come back as black tiles.
 *
 * @throws AppError `png/unreadable`, `png/not-a-grid`
 */
export function decodeGrid(bytes: Uint8Array, gap: number = defaultGap): DecodedGrid {
  const { width, height, data, text } = decodeGrey(bytes)
  const columns = (width - gap) / (side + gap)
  const rows = (height - gap) / (side + gap)
  if (!Number.isInteger(columns) || !Number.isInteger(rows) || columns < 1 || rows < 1) {
    throw new AppError(
      'png/not-a-grid',
      `The picture has ${width}×${height} pixels, which no grid of 28×28 tiles with gaps of ${gap} has.`,
      'Open a picture that this app wrote, unscaled.',
    )
  }
  const images = new Uint8Array(columns * rows * imageSize)
  for (let tile = 0; tile < columns * rows; tile++) {
    const corner = cornerOf(tile, columns, gap, width)
    for (let y = 0; y < side; y++) {
      const line = corner + y * width
      images.set(data.subarray(line, line + side), tile * imageSize + y * side)
    }
  }
  return { images, columns, rows, gap, text }
}

function decodeGrey(bytes: Uint8Array): {
  width: number
  height: number
  data: Uint8Array
  text: Record<string, string>
} {
  try {
    checkSize(bytes)
    const { width, height, data, text } = decode(bytes, { checkCrc: true })
    return { width, height, data: Uint8Array.from(data), text }
  } catch (cause) {
    throw new AppError(
      'png/unreadable',
      'The picture cannot be read: it is not a complete 8-bit greyscale PNG.',
      'Let the app draw it again from the checkpoint of that epoch.',
      { cause },
    )
  }
}

/** Throws for a picture that unpacks to more than its sides say: the decoder would take memory for all of it. */
function checkSize(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const packed: Uint8Array[] = []
  const types: string[] = []
  // a chunk: its length, its type, so many bytes, a checksum
  for (let at = 8; at < bytes.length; at += 12 + view.getUint32(at)) {
    types.push(String.fromCharCode(...bytes.subarray(at + 4, at + 8)))
    if (types.at(-1) === 'IDAT') packed.push(bytes.subarray(at + 8, at + 8 + view.getUint32(at)))
  }
  if (types.lastIndexOf('IHDR') !== 0) throw new Error('The picture does not start with its one header')
  const odd = types.find((type) => !known.has(type))
  if (odd !== undefined) throw new Error(`The picture has a chunk ${odd}`)
  const [width, height, kind] = [view.getUint32(16), view.getUint32(20), view.getUint32(24)]
  if (width > maxSide || height > maxSide) throw new Error('The picture is too large')
  // depth 8, colour type 0, compression 0, filters 0; then: not interlaced
  if (kind !== 0x08000000 || view.getUint8(28) !== 0) throw new Error('Not 8-bit greyscale')
  inflateSync(Buffer.concat(packed), { maxOutputLength: Math.max(1, height * (width + 1)) })
}

function cornerOf(tile: number, columns: number, gap: number, width: number): number {
  const row = Math.floor(tile / columns)
  const column = tile % columns
  return (gap + row * (side + gap)) * width + gap + column * (side + gap)
}

/** tEXt chunks hold Latin-1 only. */
function latin1(text: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(text).map(([keyword, value]) => [keyword, value.replace(/[^\n\x20-\x7e\xa0-\xff]/gu, '?')]),
  )
}
