/**
 * TensorFlow's own library through @tensorflow/tfjs-node-gpu: an optional package whose library is downloaded on
 * request. Loaded at run time, in the thread that trains, and never bundled.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import util from 'node:util'
import { AppError } from '../../../preload/errors'
import { installed } from '../../installed'
import { tf } from './tfjs'

/** The native part, as far as it is asked. */
export interface Binding {
  isUsingGpuDevice(): boolean
  readonly TF_Version: string
}

/** What TensorFlow really computes on. */
export interface TensorFlow {
  readonly gpu: boolean
  readonly version: string
}

/** Names a folder with the package built elsewhere, or with a node_modules folder that holds it. */
export const addonVariable = 'VLAE_TFJS_NODE'

const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']
const remedy = installed
  ? 'It can be added where the app runs from its sources.'
  : 'Run `npm run install:gpu`, which downloads it (400 MB), and start the app again.'

/**
 * Loads the library and registers tfjs's backend `tensorflow`.
 *
 * @throws AppError `engine/not-installed`; `engine/other-version`: it was made for another tfjs; `engine/not-loaded`
 */
export function loadTensorFlow(elsewhere: string | undefined = process.env[addonVariable]): TensorFlow {
  const folder = findPackage(elsewhere)
  const before = tf.getBackend()
  try {
    // Node 23 has removed it, and the package calls it (tensorflow/tfjs#8425)
    const patched = util as { isNullOrUndefined?: (value: unknown) => boolean }
    patched.isNullOrUndefined ??= (value) => value === null || value === undefined
    createRequire(join(folder, 'package.json'))(folder)
    return ask((tf.findBackend('tensorflow') as unknown as { binding: Binding }).binding)
  } catch (cause) {
    throw new AppError(
      'engine/not-loaded',
      `TensorFlow’s library in ${folder} could not be loaded.`,
      `It may be for another system or incomplete. ${remedy}`,
      { cause },
    )
  } finally {
    tf.setBackend(before)
  }
}

/** The truth about the device: the GPU package computes on the CPU, without a word, where its CUDA is not found. */
export function ask(binding: Binding): TensorFlow {
  return { gpu: binding.isUsingGpuDevice(), version: binding.TF_Version }
}

/** The folder of the package, with its native part in place. @throws AppError */
function findPackage(elsewhere: string | undefined): string {
  const folder = candidates(elsewhere).find((folder) => existsSync(join(folder, 'package.json')))
  if (folder === undefined || !hasAddon(folder))
    throw new AppError(
      'engine/not-installed',
      elsewhere === undefined
        ? 'TensorFlow’s library is not installed.'
        : `There is no TensorFlow library in ${elsewhere}, which ${addonVariable} names.`,
      elsewhere === undefined ? remedy : `Build it there, or start the app without ${addonVariable}.`,
    )
  const core = createRequire(join(folder, 'package.json')).resolve('@tensorflow/tfjs-core/package.json')
  const { version } = JSON.parse(readFileSync(core, 'utf8')) as { version: string }
  if (version !== tf.version_core)
    throw new AppError(
      'engine/other-version',
      `TensorFlow’s library in ${folder} is for tfjs ${version}; this app has ${tf.version_core}.`,
      `Install @tensorflow/tfjs-node-gpu ${tf.version_core}.`,
    )
  return folder
}

function candidates(elsewhere: string | undefined): string[] {
  if (elsewhere !== undefined)
    return [...packages.map((name) => join(resolve(elsewhere), 'node_modules', name)), resolve(elsewhere)]
  const require = createRequire(import.meta.url)
  return packages.flatMap((name) => {
    try {
      return [dirname(require.resolve(`${name}/package.json`))]
    } catch {
      return []
    }
  })
}

function hasAddon(folder: string): boolean {
  const lib = join(folder, 'lib')
  return existsSync(lib) && readdirSync(lib).some((abi) => existsSync(join(lib, abi, 'tfjs_binding.node')))
}
