/** What a person brings along into the app: a run that was packed elsewhere, weights that training begins with. */
import { basename } from 'node:path'
import { runSettings, type FoundWeights, type Imported, type RunSettings } from '../../preload/contract'
import { readForeign } from '../exchange/foreign'
import { importRun, type ImportOptions } from '../runs/archive'

/** @throws AppError as `importRun` does */
export async function takeIn(path: string, resultFolder: string, options: ImportOptions): Promise<Imported> {
  const { folder, name, left } = await importRun(path, resultFolder, options)
  return { run: basename(folder), name, left: left.slice(0, 100) }
}

/**
 * What a file of weights tells of itself.
 *
 * @param current what is set, for what the file does not tell
 * @throws AppError as `readForeign` does
 */
export async function lookAtWeights(path: string, name: string, current: RunSettings): Promise<FoundWeights> {
  const { settings: told, epoch, optimizer, without } = await readForeign(path)
  const sameModel = told.model === undefined || told.model === current.model
  // of another model nothing is set that counts here, but for how long, and on what
  const { epochs, limit, seed, engine, lanes } = current
  const others = sameModel ? current : { epochs, limit, seed, engine, lanes }
  return {
    name,
    settings: runSettings.parse({ ...others, ...told }),
    told: Object.keys(told),
    epoch,
    optimizerSteps: optimizer?.step ?? null,
    without,
  }
}
