/** How many bytes a picture of 28×28 takes in the formats that everybody has. */
import { gzipSync } from 'node:zlib'
import { encode } from 'fast-png'
import { side } from '../../preload/images'

/** @param pixels [784]; of 0 and 255 only, a pixel is a bit in both formats, else a byte */
export function pictureSizes(pixels: Uint8Array): { readonly png: number; readonly gzip: number } {
  const binary = isBinary(pixels)
  const [lines, whole] = binary ? [bitsOf(pixels, side), bitsOf(pixels, pixels.length)] : [pixels, pixels]
  const image = { width: side, height: side, channels: 1, depth: binary ? 1 : 8, data: lines } as const
  return { png: encode(image, { zlib: { level: 9 } }).length, gzip: gzipSync(whole, { level: 9 }).length }
}

/** Of 0 and 255 only. */
export const isBinary = (pixels: Uint8Array): boolean => pixels.every((level) => level === 0 || level === 255)

/** A bit a pixel, the first one the highest; each line of pixels begins with a byte of its own. */
export function bitsOf(pixels: Uint8Array, line: number): Uint8Array {
  const bytes = new Uint8Array((pixels.length / line) * Math.ceil(line / 8))
  for (const [i, level] of pixels.entries())
    if (level > 0) bytes[Math.floor(i / line) * Math.ceil(line / 8) + ((i % line) >> 3)]! |= 0x80 >> ((i % line) & 7)
  return bytes
}
