/** Numbers of runs as tables that spreadsheets and pandas read: CSV as RFC 4180 has it, a heading for each column. */
import type { RunSummary } from '../../preload/contract'
import type { MetricsLine } from './metrics-line'

type Cell = string | number | null
type Row = Readonly<Record<string, Cell>>

/** A row an epoch: `train_…` are means over its training images, `test_…` over the test set; nats per image. */
export function epochsCsv(lines: readonly MetricsLine[]): string {
  return csv(lines.filter(({ type }) => type === 'epoch').map(flat))
}

/** A row a step. */
export function stepsCsv(lines: readonly MetricsLine[]): string {
  return csv(lines.filter(({ type }) => type === 'step').map(flat))
}

/** A row a run: what it is, how far it is, and each of its settings. */
export function runsCsv(runs: readonly RunSummary[]): string {
  return csv(
    runs.map(({ id, name, startedAt, status, epoch, curve, best, engine, data, settings }) => ({
      run: id,
      name,
      started: startedAt,
      status,
      epoch,
      last_loss: curve.at(-1) ?? null,
      best_loss: best?.loss ?? null,
      best_epoch: best?.epoch ?? null,
      ran_on: engine,
      data: data?.name ?? null,
      // of one that cannot be read they are not known
      ...(data === null ? {} : settings),
    })),
  )
}

function flat(line: object): Row {
  const cells = Object.entries(line).flatMap(([name, value]): [string, Cell][] => {
    if (name === 'type') return []
    if (typeof value === 'number') return [[name, value]]
    if (typeof value !== 'object' || value === null) return []
    return Object.entries(flat(value as object)).map(([inner, cell]) => [`${name}_${inner}`, cell])
  })
  return Object.fromEntries(cells)
}

/** Columns in the order in which they come; what a row lacks is empty. */
function csv(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const lines = rows.map((row) => columns.map((column) => cell(row[column])))
  return [columns.map(cell), ...lines].map((cells) => `${cells.join(',')}\r\n`).join('')
}

/** A spreadsheet would compute what begins like a formula: a name that does is set apart by an apostrophe. */
function cell(value: Cell | undefined): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
