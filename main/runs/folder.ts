/** A run's folder and its run.json. Knows no tensors: every thread may use it. */
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { AppError } from '../../preload/errors'
import { writeAtomic } from '../files/atomic'
import { diskError, systemCode } from '../files/disk-error'
import { makeFolder } from '../files/make-folder'
import { readText } from '../files/text'
import { dataName, nameName, resumeName, runFileName } from './names'
import { runFile, type RunFile } from './run-file'

/**
 * Makes `<YYYY-MM-DD-HHMM>-<name>` in the result folder, or with `-2`, `-3` … where that is taken.
 *
 * @returns its absolute path
 * @throws AppError `disk/…`
 */
export async function makeRunFolder(resultFolder: string, name: string, now = new Date()): Promise<string> {
  const parent = resolve(resultFolder)
  await makeFolder(parent).catch((error: unknown) => {
    throw diskError(error, 'made', parent)
  })
  const path = join(parent, `${timestamp(now)}-${slug(name)}`)
  try {
    for (let attempt = 1; ; attempt++) {
      const folder = attempt === 1 ? path : `${path}-${attempt}`
      try {
        await mkdir(folder)
        return folder
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error
      }
    }
  } catch (error) {
    throw diskError(error, 'made', path)
  }
}

/** Whether a folder's name is one that the above gives. */
export function hasRunName(name: string): boolean {
  return /^\d{4}-\d{2}-\d{2}-\d{4}-/.test(name)
}

/** Local time, to the minute. */
function timestamp(now: Date): string {
  const two = (number: number) => String(number).padStart(2, '0')
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
  return `${date}-${two(now.getHours())}${two(now.getMinutes())}`
}

/** What a person calls a run as a part of a file name on any system: letters and digits of any script, and hyphens. */
export function slug(name: string, most = 40): string {
  const words =
    name
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{Letter}\p{Mark}\p{Number}]+/gu) ?? []
  return [...words.join('-')].slice(0, most).join('').replace(/-$/, '') || 'run'
}

/** @throws AppError `run/not-found`, `run/damaged`, `disk/…` */
export async function readRunFile(folder: string): Promise<RunFile> {
  const path = join(folder, runFileName)
  const text = await readText(path).catch((error: unknown) => {
    if (!['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) throw diskError(error, 'read', path)
    throw new AppError(
      'run/not-found',
      `${folder} holds no run: there is no ${runFileName} in it.`,
      'Pick another run.',
    )
  })
  try {
    const file = runFile.parse(JSON.parse(text))
    const [name, place] = [await firstLine(folder, nameName), await firstLine(folder, dataName)]
    return {
      ...file,
      name: name?.slice(0, 120) ?? file.name,
      data: place === null ? file.data : { ...file.data, folder: place, bundled: false },
    }
  } catch (cause) {
    throw new AppError(
      'run/damaged',
      `${path} cannot be read: it is not what this app writes there.`,
      'Its pictures can still be looked at. To go on, start a new run from one of its checkpoints.',
      { cause },
    )
  }
}

/**
 * Gives a run another name. It has a file of its own, which counts before run.json's: that one belongs to the thread or
 * process that trains, and what two write is lost by one of them.
 *
 * @throws AppError `run/not-found`, `run/damaged`, `run/shipped`, `disk/…`
 */
export async function renameRun(folder: string, name: string): Promise<void> {
  assertOwn(await readRunFile(folder))
  await writeAtomic(join(folder, nameName), `${name}\n`)
}

/**
 * What a person says or finds out of a run is kept in its folder, but for the model that comes with the app.
 * @throws AppError `run/shipped`
 */
export function assertOwn({ shipped }: Pick<RunFile, 'shipped'>): void {
  if (!shipped) return
  throw new AppError(
    'run/shipped',
    'This model comes with the app, and nothing is kept with it.',
    'Train a run of your own, or begin one with its weights (in the terminal: `train --from shipped`).',
  )
}

/** What a person has said of the run since it was begun. Null: nothing. */
async function firstLine(folder: string, name: string): Promise<string | null> {
  const text = await readText(join(folder, name)).catch(() => '')
  return text.replace(/[\r\n].*/s, '').trim() || null
}

/** @throws AppError `disk/…`; the old run.json is then still there */
export async function writeRunFile(folder: string, file: RunFile): Promise<void> {
  await writeAtomic(join(folder, runFileName), `${JSON.stringify(runFile.parse(file), undefined, 2)}\n`, {
    verify: true,
  })
}

/** Changes some fields and leaves the rest as it is on the disk now. @throws AppError as reading and writing do */
export async function changeRunFile(folder: string, change: Partial<RunFile>): Promise<RunFile> {
  const file = { ...(await readRunFile(folder)), ...change, updatedAt: new Date().toISOString() }
  await writeRunFile(folder, file)
  return file
}

/** Nothing is left to go on from. */
export function withoutState(): AppError {
  return new AppError(
    'run/no-state',
    `This run cannot go on: ${resumeName} is gone from its folder.`,
    'Its checkpoints can still be opened: start a new run from one of them.',
  )
}
