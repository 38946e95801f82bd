/** Pictures as files: a PNG of one epoch, a GIF through all of them. Grey values are kept exactly. */
import { GIFEncoder } from 'gifenc'
import type { Tiles } from '../../preload/contract'
import { side } from '../../preload/images'
import { compose, contextOf, palettes, ramp, sheet } from './tiles'

type Theme = 'light' | 'dark'

/** How long a frame stays, and the last one, in milliseconds. */
const frameStays = 140
const lastFrameStays = 1600

/** The pictures as a PNG, each pixel `scale` pixels. */
export async function toPng(tiles: Tiles, theme: Theme, scale: number, gap = 2, before?: Tiles | null): Promise<Blob> {
  const source = sheet(tiles, theme, before)
  const pitch = side * scale + gap
  const canvas = new OffscreenCanvas(tiles.columns * pitch - gap, tiles.rows * pitch - gap)
  const context = contextOf(canvas)
  context.fillStyle = `rgb(${palettes[theme].paper.join(' ')})`
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.imageSmoothingEnabled = false
  for (let row = 0; row < tiles.rows; row++)
    for (let column = 0; column < tiles.columns; column++)
      context.drawImage(
        source,
        ...([column * side, row * side, side, side] as const),
        ...([column * pitch, row * pitch, side * scale, side * scale] as const),
      )
  return canvas.convertToBlob({ type: 'image/png' })
}

/**
 * Frames as a GIF that plays forever. Gives way between frames, so that the page stays alive.
 *
 * @param frame the pictures of frame i; all frames have the same rows and columns
 */
export async function toGif(
  frames: number,
  frame: (i: number) => Promise<Tiles>,
  theme: Theme,
  scale: number,
  progress: (share: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  // 256 colours for 256 grey values: nothing is rounded
  const words = ramp(palettes[theme].paper, palettes[theme].ink)
  const palette = Array.from(words, (word): [number, number, number] => [
    word & 255,
    (word >> 8) & 255,
    (word >> 16) & 255,
  ])
  const gif = GIFEncoder()
  for (let i = 0; i < frames; i++) {
    signal.throwIfAborted()
    const { values, width, height } = compose(await frame(i), scale, 2)
    gif.writeFrame(values, width, height, {
      delay: i === frames - 1 ? lastFrameStays : frameStays,
      ...(i === 0 && { palette, repeat: 0 }),
    })
    progress((i + 1) / frames)
    await new Promise((resolve) => setTimeout(resolve))
  }
  gif.finish()
  return new Blob([gif.bytes()], { type: 'image/gif' })
}

/** Hands a file to the browser's or the window's own way of saving. */
export function download(file: Blob, name: string): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = name.replace(/[/\\:*?"<>|]/g, '-')
  link.click()
  // the download has taken hold of it long before
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
