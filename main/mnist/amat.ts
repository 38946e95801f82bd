/**
 * Reads `.amat`, the text format of the fixed binarization of MNIST (Larochelle & Murray 2011): an image a line, 784 numbers
 * 0 or 1 with blanks between them.
 */
import { AppError } from '../../preload/errors'
import { imageSize } from '../../preload/images'

/** Images [count, 784], 0 and 255 as grey levels have them. */
export interface Amat {
  readonly images: Uint8Array
  readonly count: number
}

const [newline, carriageReturn, zero, one] = [0x0a, 0x0d, 0x30, 0x31] as const
const blanks: ReadonlySet<number | undefined> = new Set([0x20, 0x09, carriageReturn])
/** What a number may be written as, besides `0` and `1`: `0.0`, `1.000000e+00`. */
const longer = /^([01])(\.0*)?(e[+-]?0+)?$/i

/**
 * @param name the file's name, for messages
 * @throws AppError `data/amat-…`, one code for each way in which a file can be wrong
 */
export function readAmat(bytes: Uint8Array, name: string): Amat {
  let images = new Uint8Array(imageSize * 1024)
  let [count, line] = [0, 0]
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(newline, start)
    const end = found < 0 ? bytes.length : found
    line++
    if ((count + 1) * imageSize > images.length) images = grown(images)
    const columns = readLine(bytes, start, end, images.subarray(count * imageSize), `Line ${line} of ${name}`)
    // the file may end with empty lines
    if (columns > 0) {
      if (columns !== imageSize) throw wrongColumns(name, line, columns)
      count++
    }
    start = end + 1
  }
  if (count === 0)
    throw new AppError('data/amat-empty', `${name} holds no images.`, 'Pick a file of lines with 784 numbers 0 or 1.')
  return { images: images.slice(0, count * imageSize), count }
}

/** Reads as many numbers as an image has; returns how many there are. */
function readLine(bytes: Uint8Array, start: number, end: number, out: Uint8Array, where: string): number {
  let columns = 0
  const isBlank = (at: number) => blanks.has(bytes[at])
  for (let at = start; at < end;) {
    if (isBlank(at)) {
      at++
      continue
    }
    let stop = at + 1
    while (stop < end && !isBlank(stop)) stop++
    if (columns < imageSize) out[columns] = valueOf(bytes, at, stop, where)
    columns++
    at = stop
  }
  return columns
}

function valueOf(bytes: Uint8Array, start: number, stop: number, where: string): 0 | 255 {
  const first = bytes[start]
  if (stop === start + 1 && (first === zero || first === one)) return first === one ? 255 : 0
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(stop - start, 40)).toString('latin1')
  const match = longer.exec(text)
  if (match) return match[1] === '1' ? 255 : 0
  if (text.trim() !== '' && Number.isFinite(Number(text)))
    throw new AppError(
      'data/amat-grey',
      `${where} has the value ${text}: it holds grey levels, and only 0 and 1 are binary images.`,
      'Pick a binarized set, or train on MNIST itself and let it be binarized.',
    )
  throw new AppError(
    'data/not-amat',
    `${where} has ${JSON.stringify(text)} where a number should be.`,
    'Pick a file of lines with 784 numbers 0 or 1.',
  )
}

function wrongColumns(name: string, line: number, columns: number): AppError {
  const label = columns === imageSize + 1 ? ' The last one is probably a label, as in other .amat files.' : ''
  return new AppError(
    'data/amat-columns',
    `Line ${line} of ${name} has ${columns.toLocaleString('en-US')} numbers; an image of 28×28 pixels has 784.${label}`,
    columns < imageSize && line > 1
      ? 'If it is the last line, the download did not finish: delete the file and download it again.'
      : 'Pick a file of lines with 784 numbers 0 or 1.',
  )
}

function grown(images: Uint8Array): Uint8Array<ArrayBuffer> {
  const twice = new Uint8Array(2 * images.length)
  twice.set(images)
  return twice
}
