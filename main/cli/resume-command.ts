/** What the terminal tells a person to type, to go on with a run. */
import { basename, dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { name } from '../../package.json'
import { defaultResultFolder } from './run-names'

/** The command that goes on with a run, to be typed where this one was; it works as long as the run is there. */
export function resumeCommand(folder: string, caller: Caller = process): string {
  const isNamed = dirname(folder) === defaultResultFolder() && !/^(latest$|-)/.test(basename(folder))
  return [...program('resume', caller), quoted(isNamed ? basename(folder) : shortest(folder), caller.platform)].join(
    ' ',
  )
}

/** The words of another command, as this one was called: `npm run sweep --`. */
export function commandLine(command: string, caller: Caller = process): string {
  return program(command, caller).join(' ')
}

/** The same for a script: this process's own program, from anywhere, with nothing between it and what ends it. */
export function scriptCommand(command: string, { argv, execArgv, platform }: Caller = process): string {
  const program = resolve(argv[1] ?? '')
  const door = basename(program) === 'launch.cjs' ? ['cli'] : []
  return [...['node', ...execArgv, program].map((word) => quoted(word, platform)), ...door, command].join(' ')
}

/** What of the process tells how a person has called it. */
type Caller = Pick<NodeJS.Process, 'argv' | 'execArgv' | 'env' | 'platform'>

/** The words before a command's own. */
function program(command: string, { argv, execArgv, env, platform }: Caller): string[] {
  const word = (path: string) => quoted(path, platform)
  // by a script of this package; another's may have called the program
  if (env['npm_command']?.startsWith('run') === true && env['npm_package_name'] === name) {
    // npm has come here, and does so from any folder below
    const from = relative('', env['INIT_CWD'] ?? '')
    const outside = from.split(sep)[0] === '..' || isAbsolute(from)
    return ['npm', ...(outside ? ['--prefix', word(process.cwd())] : []), 'run', command, '--']
  }
  if (env['npm_command'] === 'exec') return ['npx', 'vlae', command]
  const script = argv[1] ?? ''
  if (!/\.c?js$/.test(script)) return [basename(script), command]
  const door = basename(script) === 'launch.cjs' ? ['cli'] : []
  return ['node', ...execArgv.map(word), word(shortest(script)), ...door, command]
}

/** As one word of the system's shell, of which nothing is done by it. */
export function quoted(word: string, platform: NodeJS.Platform): string {
  if (platform === 'win32') return /^[\w./\\:=-]+$/.test(word) ? word : `"${word}"`
  return /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

/** A path as it is typed with the least effort: from here, or absolute. */
function shortest(path: string): string {
  const fromHere = relative('', path)
  return fromHere.length < path.length ? fromHere : path
}
