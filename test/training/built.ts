/** The training threads as they ship: built once for a test file, into a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type UserConfig } from 'vite'
import main from '../../main/vite.config'

const root = resolve(import.meta.dirname, '../..')

export interface BuiltTraining {
  readonly worker: URL
  /** The program of train-process.ts. */
  readonly program: string
  remove(): Promise<void>
}

export async function buildTraining(): Promise<BuiltTraining> {
  const config = main as UserConfig
  const outDir = await mkdtemp(resolve(root, 'out', 'test-training-'))
  await build({
    ...config,
    configFile: false,
    build: {
      ...config.build,
      outDir,
      rolldownOptions: {
        ...config.build?.rolldownOptions,
        input: {
          worker: resolve(root, 'main/training/worker.ts'),
          lane: resolve(root, 'main/engine/lane.ts'),
          program: resolve(import.meta.dirname, 'train-process.ts'),
        },
      },
    },
  })
  return {
    worker: pathToFileURL(resolve(outDir, 'worker.js')),
    program: resolve(outDir, 'program.js'),
    remove: () => rm(outDir, { recursive: true, force: true }),
  }
}
