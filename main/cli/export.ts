/** `export`: a checkpoint's weights as a file that others open. */
import { join } from 'node:path'
import { count } from '../../preload/amounts'
import { cardOf, type exportFormats } from '../../preload/contract'
import { readRunFile } from '../runs/folder'
import { askStudio } from './ask-studio'
import { defaultResultFolder, findRunFolder } from './run-names'
import { exitCode, print, printJson, type Terminal } from './terminal'

export interface ExportOptions {
  readonly epoch?: number
  readonly format: (typeof exportFormats)[number]
  readonly out?: string
  readonly json?: boolean
}

/** Writes the file, and says what is in it. */
export async function exportRun(terminal: Terminal, run: string, options: ExportOptions): Promise<number> {
  const { epoch, format, out, json = false } = options
  const runFolder = await findRunFolder(run, defaultResultFolder())
  const { writeAtomic } = await import('../files/atomic')
  const exported = await askStudio(terminal, { runFolder, epoch }, { type: 'export', format })
  const { name, bytes, optimizerSteps } = exported.answer
  const file = out ?? join(runFolder, name)
  await writeAtomic(file, bytes, { verify: true })
  if (json) printJson(terminal, { type: 'export', run: runFolder, epoch: exported.epoch, format, optimizerSteps, file })
  else {
    const { optimizer } = cardOf((await readRunFile(runFolder)).settings)
    const state =
      optimizerSteps === null
        ? `without ${optimizer}’s state, which is kept of the last two epochs and the best one only`
        : `with ${optimizer}’s state after ${count(optimizerSteps)} steps`
    print(terminal, `Weights of epoch ${exported.epoch}, ${state}: ${file}`)
  }
  return exitCode.done
}
