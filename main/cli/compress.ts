/** `compress`: test images as one message of real bits, beside the bound that it comes close to and what everybody has. */
import { count, inBits, nats } from '../../preload/amounts'
import { classCount } from '../../preload/classes'
import type { Packing } from '../../preload/contract'
import { locateData } from '../runs/data'
import { askStudio } from './ask-studio'
import { progressOn } from './progress'
import { findRunFolder } from './run-names'
import { exitCode, print, printJson, type Terminal } from './terminal'

export interface CompressOptions {
  readonly out: string
  readonly epoch?: number
  readonly data?: string
  readonly images?: number
  readonly json?: boolean
  readonly details?: boolean
}

export async function compress(terminal: Terminal, run: string, options: CompressOptions): Promise<number> {
  const { images = null, epoch } = options
  const runFolder = await findRunFolder(run, options.out)
  if (options.data !== undefined) await locateData(runFolder, options.data)
  const told = progressOn(terminal)
  const asked = askStudio(terminal, { runFolder, epoch }, { type: 'pack', images }, told.progress)
  const { answer } = await asked.finally(told.end)
  if (options.json === true) printJson(terminal, { type: 'compression', run: runFolder, ...answer })
  else for (const line of lines(runFolder, answer)) print(terminal, line)
  return exitCode.done
}

function lines(runFolder: string, found: Packing): string[] {
  const { images, bytes, borrowed, ideal, bound, classes, png, gzip, together, binarized } = found
  const each = (wholeBytes: number) => wholeBytes / images
  const inBytes = (bits: number) => bits / 8
  const told = classes ? Math.log2(classCount) : 0
  const rows: [number, string][] = [
    [each(bytes), `bits-back coding: ${count(bytes)} bytes in all, ${nats(each(borrowed), 2)} of each for a beginning to draw the first codes with`],
    [inBytes(each(ideal)), 'what the model says that the same codes and pixels cost'],
    [inBytes(inBits(bound) + told), `−ELBO of the same images, ${nats(bound, 2)} nats${classes ? ', and the class' : ''}: a bound by other codes`],
    [png, 'PNG, a file each'],
    [gzip, 'gzip of a bit a pixel, a file each'],
    [each(together), 'gzip of all of them as one file'],
  ] // prettier-ignore
  return [
    `${runFolder}: ${count(images)} test images${binarized ? ', drawn as 0 and 1 for this' : ''}, packed and had again pixel by pixel; bytes an image`,
    ...rows.map(([value, what]) => `${value.toFixed(2).padStart(9)}  ${what}`),
  ]
}
