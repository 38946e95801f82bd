/** The training threads as they ship: built once for a test file, into a folder of its own. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildModules } from '../build'

export interface BuiltTraining {
  readonly worker: URL
  /** The program of train-process.ts. */
  readonly program: string
  remove(): Promise<void>
}

export async function buildTraining(): Promise<BuiltTraining> {
  const { folder, remove } = await buildModules({
    worker: 'main/training/worker.ts',
    lane: 'main/engine/lanes/lane.ts',
    program: 'test/trainer/train-process.ts',
  })
  return { worker: pathToFileURL(join(folder, 'worker.js')), program: join(folder, 'program.js'), remove }
}
