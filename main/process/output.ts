/** Standard output and standard error, whatever becomes of what they lead to. */
import { Socket } from 'node:net'
import type { AppError } from '../../preload/errors'
import { diskError } from '../files/disk-error'
import { ask, asked } from './end'

/** Milliseconds that a reader who has stopped reading is waited for once the process was asked to end. */
const patience = 1000

/** What could not be written to a file, where one of the two leads there. */
let lost: AppError | null = null

/**
 * A terminal that is gone, and a reader that is (`| head`, a pager that was left, a `tee` that died), are as good as
 * being asked to end. A file that cannot be written to is said, and work goes on: its disk may be full.
 */
export function guardOutput(): void {
  guard(process.stdout, process.stderr, 'Standard output')
  guard(process.stderr, process.stdout, 'Standard error')
}

/** Resolves when all is written that can be: with whether that is everything. What is missing is said. */
export async function flushOutput(): Promise<boolean> {
  if (lost !== null) console.error(`What was printed is not complete. ${lost.message}`)
  const flushed = Promise.all([process.stdout, process.stderr].map(flush))
  await (asked() === null ? flushed : Promise.race([flushed, new Promise((late) => setTimeout(late, patience))]))
  return lost === null
}

function guard(stream: NodeJS.WriteStream, other: NodeJS.WriteStream, name: string): void {
  stream.on('error', (error) => {
    // terminals, pipes and sockets are sockets to Node; all else is a file
    if (stream instanceof Socket) return ask(stream.isTTY ? 'hangup' : 'interrupt')
    if (lost !== null) return
    lost = diskError(error, 'written', name)
    other.write(`${lost.message} Work goes on.\n`)
  })
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()))
}
