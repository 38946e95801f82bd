/** The trained model that comes with the app: the folder of a run, of which everything is read and nothing written. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { noNotes, shippedId, type RunSummary } from '../../preload/contract'
import { inResources } from '../files/resources'
import { readRunFile } from './folder'
import { runFileName } from './names'
import { summaryOf } from './summary'
import { newestWeights, weightsProblem } from './weights'

/**
 * Its absolute path: among the installed app's own resources, or in data/ of the folder that the app is run from. Null where it
 * was left out.
 *
 * Ask for it in the main thread, as of all resources.
 */
export function shippedFolder(): string | null {
  const packed = inResources('shipped')
  const places = packed === null ? [] : [packed]
  let above = dirname(fileURLToPath(import.meta.url))
  for (; dirname(above) !== above; above = dirname(above)) places.push(join(above, 'data', 'shipped'))
  return places.find((place) => existsSync(join(place, runFileName))) ?? null
}

/** As a page is shown it. Null where it was left out, or cannot be used: then all is as without it. */
export async function shippedRun(): Promise<RunSummary | null> {
  const folder = shippedFolder()
  if (folder === null) return null
  try {
    const [file, names] = [await readRunFile(folder), await readdir(folder)]
    const weights = weightsProblem(await newestWeights(folder, names), file.epoch)
    return weights === null ? summaryOf(shippedId, file, { names, trained: false, weights, notes: noNotes }) : null
  } catch {
    return null
  }
}
