/**
 * `npm run picture -- RUN`: the README's picture, made of a run's own galleries.
 *
 * A row an epoch, from before training to the last one; a column a digit, the same noise in every row.
 */
import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { decode, encode } from 'fast-png'
import { decodeGrid, encodeGrid } from '../../main/files/png'
import { epochsOf, samplesName } from '../../main/runs/names'

const [run] = process.argv.slice(2)
if (run === undefined) throw new Error('Name the folder of a run: npm run picture -- result/RUN')
const file = resolve(import.meta.dirname, '../../docs/epochs.png')
const classes = 10
const pixels = 28 * 28
/** Screens are finer than MNIST. */
const scale = 2

const epochs = epochsOf(await readdir(run), samplesName)
const last = epochs.at(-1) ?? 0
const shown = [0, 1, 2, 5, 10, 20, 30].filter((epoch) => epoch < last && epochs.includes(epoch)).concat(last)
const images = new Uint8Array(shown.length * classes * pixels)
for (const [row, epoch] of shown.entries()) {
  const grid = decodeGrid(await readFile(join(run, samplesName(epoch))))
  for (let digit = 0; digit < classes; digit++) {
    const first = digit * grid.columns * pixels
    images.set(grid.images.subarray(first, first + pixels), (row * classes + digit) * pixels)
  }
}
await writeFile(file, enlarged(encodeGrid({ images, columns: classes })))
console.log(`${file}: epochs ${shown.join(', ')}`)

/** Every pixel as a square of `scale` by `scale`. */
function enlarged(png: Uint8Array): Uint8Array {
  const { width, height, data } = decode(png)
  const large = new Uint8Array(width * height * scale * scale)
  for (let y = 0; y < height * scale; y++)
    for (let x = 0; x < width * scale; x++)
      large[y * width * scale + x] = data[Math.floor(y / scale) * width + Math.floor(x / scale)]!
  return encode({ width: width * scale, height: height * scale, data: large, channels: 1, depth: 8 })
}
