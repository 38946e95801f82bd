/** How a person names a run in the terminal: a folder, a name in the result folder, `latest`, or `shipped`. */
import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { RunSummary } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { diskError, systemCode } from '../files/disk-error'
import { hasState, runFileName } from '../runs/names'
import { shippedFolder } from '../runs/shipped'
import { newestWeights } from '../runs/weights'
import { visible } from './format'

export const defaultResultFolder = (): string => resolve('result')

/** What a run is wanted for: to look at one of its checkpoints, or to go on with it. */
export type Use = 'look' | 'resume'

/**
 * The absolute path of the run's folder; `latest` is the newest that can be used, `shipped` the model that comes with the app.
 * @throws AppError `run/not-found`, with the names there are; what is wrong with the run; `disk/…`
 */
export async function findRunFolder(run: string, resultFolder: string, use: Use = 'look'): Promise<string> {
  if (run !== 'latest')
    for (const folder of [join(resultFolder, run), resolve(run)]) if (await hasRunFile(folder)) return folder
  if (run === 'shipped' && use === 'look') {
    const folder = shippedFolder()
    if (folder !== null) return folder
  }
  const { listRuns } = await import('../runs/list')
  const runs = await listRuns(resultFolder)
  const problem = runs.find(({ id }) => id === run)?.problem
  if (problem) throw AppError.fromData(problem)
  const latest = await newest(runs, resultFolder, use)
  if (run === 'latest' && latest !== undefined) return join(resultFolder, latest.id)
  throw notFound(run, resultFolder, runs, latest)
}

/** Where what is made of a run is written, unless somebody says where: into its folder; of the model that comes with the app, here. */
export function placeFor(runFolder: string, name: string): string {
  return runFolder === shippedFolder() ? resolve(name) : join(runFolder, name)
}

/** @throws AppError `disk/…` where there is something that may not be looked at */
async function hasRunFile(folder: string): Promise<boolean> {
  const path = join(folder, runFileName)
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return false
      throw diskError(error, 'read', path)
    },
  )
}

/** @param runs the newest first */
async function newest(runs: readonly RunSummary[], resultFolder: string, use: Use): Promise<RunSummary | undefined> {
  for (const run of runs) {
    // nothing is known of a run whose run.json cannot be read; and what was put away is not meant
    if (run.data === null || run.notes.archived) continue
    const folder = join(resultFolder, run.id)
    const names = await readdir(folder).catch(() => [])
    // of one that is done it is said that nothing is left to do
    if (use === 'resume' && (run.status === 'done' || hasState(names))) return run
    if (use === 'look' && (await newestWeights(folder, names)).epoch !== null) return run
  }
  return undefined
}

function notFound(run: string, resultFolder: string, runs: readonly RunSummary[], latest?: RunSummary): AppError {
  const folder = visible(resultFolder)
  const [first] = runs
  if (first === undefined)
    return new AppError(
      'run/not-found',
      `There is no run in ${folder}.`,
      'Train one, or name the result folder that it is in.',
    )
  const why = `The last one is ${visible(first.id)}: ${first.problem?.message ?? 'it has no checkpoint yet.'}`
  if (latest === undefined)
    return new AppError('run/not-found', `No run in ${folder} can be used. ${why}`, 'The command `runs` lists them.')
  return new AppError(
    'run/not-found',
    `There is no run "${visible(run)}" in ${folder}.`,
    `The last one there is ${visible(latest.id)}; \`latest\` names it, and the command \`runs\` lists all of them.`,
  )
}
