/** The training threads as they ship, and a program that uses them: of what is built once for all tests. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inject } from 'vitest'

const folder = inject('programs')

export const worker = pathToFileURL(join(folder, 'worker.js'))
/** The program of train-process.ts. */
export const program = join(folder, 'train-process.js')
