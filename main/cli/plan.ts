/** A plan: a file with a line of JSON for each run that is to be trained. */
import { readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import { plain, runName, runSettings, type PlannedRun, type RunSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { writeAtomic } from '../files/atomic'
import { diskError, systemCode } from '../files/disk-error'
import { decodeText } from '../files/text'
import { slug } from '../runs/folder'

export interface Plan {
  /** Absolute path of its file. */
  readonly path: string
  /** The file's, without its ending: the tag of its runs, and what their folders begin with. */
  readonly name: string
  readonly lines: readonly PlanLine[]
}

export interface PlanLine extends PlannedRun {
  /** What is written there, without defaults: a run that goes on must have these. */
  readonly written: Partial<RunSettings>
  /** Its run's folder name in the result folder, the same wherever it is trained. */
  readonly folder: string
}

const line = z.strictObject({ name: runName, settings: z.record(z.string(), z.union([z.number(), z.string()])) })

/** More than this is no plan. */
const mostLines = 100_000

/** @throws AppError `plan/not-found`, `plan/damaged` with the number of the line, `disk/…` */
export async function readPlan(path: string): Promise<Plan> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT')
      throw new AppError(
        'plan/not-found',
        `There is no plan ${path}.`,
        'Write one: `sweep --set seed=0..4 --write FILE`.',
      )
    throw diskError(error, 'read', path)
  })
  const name = slug(basename(path).replace(/\.[^.]*$/, ''))
  const lines = decodeText(bytes)
    .split(/\r?\n/)
    .map((text, i) => ({ text: text.trim(), at: i + 1 }))
    // `npm run` says its own first, where its output was sent to a file
    .filter(({ text }) => text !== '' && !/^[#>]/.test(text))
  if (lines.length === 0 || lines.length > mostLines)
    throw new AppError('plan/damaged', `${path} has ${lines.length} lines of runs.`, `A plan has 1 to ${mostLines}.`)
  const folders = new Map<string, number>()
  return {
    path: resolve(path),
    name,
    lines: lines.map(({ text, at }) => {
      const read = lineOf(text, name, (why) => damaged(path, at, why))
      const other = folders.get(read.folder)
      if (other !== undefined) throw damaged(path, at, `it is called as line ${other} is, “${read.name}”`)
      folders.set(read.folder, at)
      return read
    }),
  }
}

function lineOf(text: string, plan: string, wrong: (why: string) => AppError): PlanLine {
  const { data, error } = line.safeParse(parse(text))
  if (data === undefined)
    throw wrong(error.issues[0]?.path[0] === 'name' ? 'its name is none' : 'it is not such an object')
  const settings = runSettings.safeParse(data.settings)
  if (settings.error !== undefined) throw wrong(reason(settings.error))
  const written = data.settings as Partial<RunSettings>
  return { name: data.name, settings: plain(settings.data), written, folder: `${plan}-${slug(data.name, 150)}` }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function reason({ issues: [issue] }: z.ZodError): string {
  return issue?.code === 'unrecognized_keys'
    ? `its model has no setting ${issue.keys.join(', ')}`
    : `${issue?.path.join('.')}: ${issue?.message}`
}

function damaged(path: string, at: number, why: string): AppError {
  return new AppError(
    'plan/damaged',
    `Line ${at} of ${path} cannot be used: ${why}.`,
    'Mend it: each line is one run, {"name": "seed 3", "settings": {"seed": 3}}, and names differ.',
  )
}

/** As it stands in a file. */
export function planText(runs: readonly { name: string; settings: Partial<RunSettings> }[]): string {
  return runs.map((run) => `${JSON.stringify(run)}\n`).join('')
}

/** @throws AppError `plan/exists` rather than replacing one; `disk/…` */
export async function writePlan(path: string, text: string): Promise<void> {
  const there = await stat(path).then(
    () => true,
    () => false,
  )
  if (there) throw new AppError('plan/exists', `${path} is there already.`, 'Choose another name, or delete it first.')
  await writeAtomic(path, text)
}

/** Where the run of a line is. */
export function folderOf(resultFolder: string, { folder }: PlanLine): string {
  return join(resultFolder, folder)
}
