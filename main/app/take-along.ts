/** What a run can be taken along as in the page: a file, in pieces where it is large. */
import { basename } from 'node:path'
import type { RunFormat, Taken } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { encodeZip } from '../files/zip'
import { packedPiece } from '../runs/archive-pieces'
import { epochsCsv, stepsCsv } from '../runs/csv'
import { readMetrics } from '../runs/metrics'
import { chartsOf, reportOf } from '../runs/report'

/** Bytes of a piece: a tab is cut off where more than 64 MiB wait for it, and events may wait besides. */
export const mostBytes = 48 << 20

interface Wanted {
  readonly format: RunFormat
  readonly piece: number
  /** Of `zip`: the checkpoint that is wanted alone. */
  readonly epoch?: number | undefined
}

/** @throws AppError `run/too-large`, `run/…`, `disk/…` */
export async function takeAlong(folder: string, { format, piece, epoch }: Wanted, version: string): Promise<Taken> {
  const taken = await pieceOf(folder, { format, piece, epoch }, version)
  if (taken.bytes.length > mostBytes) throw tooLarge(taken, format, basename(folder))
  return taken
}

async function pieceOf(folder: string, { format, piece, epoch }: Wanted, version: string): Promise<Taken> {
  const text = (name: string, content: string) => whole(name, new TextEncoder().encode(content))
  switch (format) {
    case 'epochs':
      return text('epochs.csv', epochsCsv(await readMetrics(folder)))
    case 'steps':
      return text('steps.csv', stepsCsv(await readMetrics(folder)))
    case 'charts': {
      const charts = await chartsOf(folder)
      return whole('charts.zip', encodeZip(charts.map(({ name, svg }) => ({ name, data: Buffer.from(svg) }))))
    }
    case 'report':
      return text('report.html', await reportOf(folder, version))
    case 'zip':
      return {
        name: epoch === undefined ? 'run.zip' : `epoch${epoch}.zip`,
        ...(await packedPiece(folder, piece, { epoch })),
      }
  }
}

function whole(name: string, bytes: Taken['bytes']): Taken {
  return { name, pieces: 1, state: '', bytes }
}

/** How the terminal names them, where nothing is too large. */
const inTerminal: Readonly<Record<RunFormat, (run: string) => string>> = {
  epochs: (run) => `export ${run} --format csv`,
  steps: (run) => `export ${run} --format csv`,
  charts: (run) => `export ${run} --format svg`,
  report: (run) => `report ${run}`,
  zip: (run) => `export ${run} --format zip`,
}

function tooLarge({ name, bytes }: Taken, format: RunFormat, run: string): AppError {
  const what = format === 'zip' ? 'A file of this run' : name
  return new AppError(
    'run/too-large',
    `${what} has ${bytes.length} bytes; ${mostBytes} at most can be handed to the page.`,
    `Copy the run’s folder, or let a terminal write it: \`${inTerminal[format](run)}\`.`,
  )
}
