/** `export`: a run, or a checkpoint of it, as files that others open. */
import { basename, dirname, join, resolve } from 'node:path'
import { count } from '../../preload/amounts'
import { weightFormats, type WeightFormat } from '../../preload/contract'
import { makeFolder } from '../files/make-folder'
import { askStudio } from './ask-studio'
import { visible } from './format'
import { defaultResultFolder, findRunFolder, placeFor } from './run-names'
import { exitCode, print, printJson, type Terminal } from './terminal'
import { usageError } from './usage'

/** What a run can be taken along as: a checkpoint's weights, its numbers, or all of it. */
export const exportFormats = [...weightFormats, 'csv', 'svg', 'zip'] as const
type Format = (typeof exportFormats)[number]

export interface ExportOptions {
  readonly epoch?: number
  readonly format: Format
  readonly out?: string
  readonly json?: boolean
}

/** Writes the files, and says what is in them. */
export async function exportRun(terminal: Terminal, run: string, options: ExportOptions): Promise<number> {
  const runFolder = await findRunFolder(run, defaultResultFolder())
  const { format } = options
  if (format === 'csv') return exportNumbers(terminal, runFolder, options)
  if (format === 'svg') return exportCharts(terminal, runFolder, options)
  if (format === 'zip') return exportArchive(terminal, runFolder, options)
  return exportWeights(terminal, runFolder, { ...options, format })
}

async function exportWeights(
  terminal: Terminal,
  runFolder: string,
  { epoch, format, out, json = false }: ExportOptions & { readonly format: WeightFormat },
): Promise<number> {
  const exported = await askStudio(terminal, { runFolder, epoch }, { type: 'export', format })
  const { name, files, about, optimizerSteps } = exported.answer
  const isFile = files[0]?.name === name
  // a folder is no part of a run's own, which is deleted with it
  const place = out ?? (isFile ? placeFor(runFolder, name) : resolve(`${basename(runFolder)}-${name}`))
  for (const file of files) await write(isFile ? place : join(place, file.name), file.bytes)
  if (json)
    printJson(terminal, { type: 'export', run: runFolder, epoch: exported.epoch, format, optimizerSteps, file: place })
  else print(terminal, `${about}: ${place}`)
  return exitCode.done
}

async function exportNumbers(
  terminal: Terminal,
  runFolder: string,
  { epoch, out, json = false }: ExportOptions,
): Promise<number> {
  if (epoch !== undefined) throw usageError('--epoch does not go with --format csv, which has all epochs')
  const [{ readMetrics }, { epochsCsv, stepsCsv }] = await Promise.all([
    import('../runs/metrics'),
    import('../runs/csv'),
  ])
  const lines = await readMetrics(runFolder)
  const place = out ?? resolve(`${basename(runFolder)}-csv`)
  await write(join(place, 'epochs.csv'), epochsCsv(lines))
  await write(join(place, 'steps.csv'), stepsCsv(lines))
  if (json) printJson(terminal, { type: 'export', run: runFolder, format: 'csv', file: place })
  else print(terminal, `The run’s numbers, epochs.csv and steps.csv: ${place}`)
  return exitCode.done
}

async function exportCharts(
  terminal: Terminal,
  runFolder: string,
  { epoch, out, json = false }: ExportOptions,
): Promise<number> {
  if (epoch !== undefined) throw usageError('--epoch does not go with --format svg, which has all epochs')
  const { chartsOf } = await import('../runs/report')
  const place = out ?? resolve(`${basename(runFolder)}-charts`)
  const charts = await chartsOf(runFolder)
  for (const { name, svg } of charts) await write(join(place, name), svg)
  if (json) printJson(terminal, { type: 'export', run: runFolder, format: 'svg', file: place })
  else print(terminal, `The run’s charts, ${charts.map(({ name }) => name).join(' and ')}: ${place}`)
  return exitCode.done
}

async function exportArchive(
  terminal: Terminal,
  runFolder: string,
  { epoch, out, json = false }: ExportOptions,
): Promise<number> {
  const { packRun } = await import('../runs/archive')
  const place = out ?? resolve(`${basename(runFolder)}${epoch === undefined ? '' : `-epoch${epoch}`}.zip`)
  await makeFolder(dirname(place))
  const names = await packRun(runFolder, place, epoch)
  if (json) printJson(terminal, { type: 'export', run: runFolder, format: 'zip', files: names.length, file: place })
  else {
    const what = epoch === undefined ? 'The whole run' : `The checkpoint of epoch ${epoch}`
    print(terminal, `${what}, ${count(names.length)} files; \`import\` takes it in elsewhere: ${place}`)
  }
  return exitCode.done
}

/** `import`: a run that was packed elsewhere becomes one of the result folder. */
export async function importArchive(
  terminal: Terminal,
  file: string,
  { out, json = false }: { readonly out: string; readonly json?: boolean },
): Promise<number> {
  const { importRun } = await import('../runs/archive')
  const { folder, left } = await importRun(resolve(file), out)
  if (json) printJson(terminal, { type: 'import', run: folder, left })
  else {
    if (left.length > 0) print(terminal, `Left out, no files of a run: ${left.slice(0, 5).map(visible).join(', ')}${left.length > 5 ? ' …' : ''}`) // prettier-ignore
    print(terminal, `Taken in: ${folder}`)
  }
  return exitCode.done
}

async function write(path: string, content: Uint8Array | string): Promise<void> {
  const { writeAtomic } = await import('../files/atomic')
  await makeFolder(dirname(path))
  await writeAtomic(path, content, { verify: true })
}
