/** `export`: a run, or a checkpoint of it, as files that others open. */
import { basename, dirname, join, resolve } from 'node:path'
import type { WeightFormat } from '../../preload/contract'
import { makeFolder } from '../files/make-folder'
import { askStudio } from './ask-studio'
import { defaultResultFolder, findRunFolder } from './run-names'
import { exitCode, print, printJson, type Terminal } from './terminal'

export interface ExportOptions {
  readonly epoch?: number
  readonly format: WeightFormat
  readonly out?: string
  readonly json?: boolean
}

/** Writes the files, and says what is in them. */
export async function exportRun(terminal: Terminal, run: string, options: ExportOptions): Promise<number> {
  const { epoch, format, out, json = false } = options
  const runFolder = await findRunFolder(run, defaultResultFolder())
  const { writeAtomic } = await import('../files/atomic')
  const exported = await askStudio(terminal, { runFolder, epoch }, { type: 'export', format })
  const { name, files, about, optimizerSteps } = exported.answer
  const isFile = files[0]?.name === name
  // a folder is no part of a run's own, which is deleted with it
  const place = out ?? (isFile ? join(runFolder, name) : resolve(`${basename(runFolder)}-${name}`))
  for (const file of files) {
    const path = isFile ? place : join(place, file.name)
    if (!isFile) await makeFolder(dirname(path))
    await writeAtomic(path, file.bytes, { verify: true })
  }
  if (json)
    printJson(terminal, { type: 'export', run: runFolder, epoch: exported.epoch, format, optimizerSteps, file: place })
  else print(terminal, `${about}: ${place}`)
  return exitCode.done
}
