/** How a person names a run in the terminal: a folder, a name in the result folder, or `latest`. */
import { existsSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { AppError } from '../../preload/errors'
import { runFileName } from '../training/run-files'

export const defaultResultFolder = (): string => resolve('result')

/**
 * The absolute path of the run's folder.
 * @throws AppError `run/not-found`, with the names there are
 */
export async function findRunFolder(run: string, resultFolder: string): Promise<string> {
  const named = [join(resultFolder, run), resolve(run)].find((folder) => existsSync(join(folder, runFileName)))
  if (run !== 'latest' && named !== undefined) return named
  const { listRuns } = await import('../app/runs')
  const [latest] = await listRuns(resultFolder)
  if (run === 'latest' && latest !== undefined) return join(resultFolder, latest.id)
  throw new AppError(
    'run/not-found',
    latest === undefined ? `There is no run in ${resultFolder}.` : `There is no run "${run}" in ${resultFolder}.`,
    latest === undefined
      ? `Train one, or name the result folder that it is in.`
      : `The last one there is ${latest.id}; \`latest\` names it, and the command \`runs\` lists all of them.`,
  )
}

/** The command that goes on with a run, to be typed where this one was. */
export function resumeCommand(run: string, environment: NodeJS.ProcessEnv = process.env): string {
  const name = dirname(run) === defaultResultFolder() ? basename(run) : shortest(run)
  const command =
    environment['npm_command'] === 'run' || environment['npm_command'] === 'run-script'
      ? 'npm run resume --'
      : `${ownCommand()} resume`
  return `${command} ${/^[\w./\\:-]+$/.test(name) ? name : JSON.stringify(name)}`
}

/** How this program was called. */
function ownCommand(): string {
  const script = process.argv[1] ?? ''
  return script.endsWith('.js') ? `node ${shortest(script)}` : basename(script)
}

/** A path as it is typed with the least effort: from here, or absolute. */
function shortest(path: string): string {
  const fromHere = relative('', path)
  return fromHere.length < path.length ? fromHere : path
}
