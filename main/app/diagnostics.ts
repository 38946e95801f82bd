/** What someone who is to find out what is wrong needs to know of this machine and app; nothing of the person. */
import { existsSync } from 'node:fs'
import { arch, cpus, homedir, hostname, release, tmpdir, totalmem, type, userInfo } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AppSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { EngineInfo } from '../training/trainer-api'
import { anonymous, type Known } from './anonymous'
import type { LogEntry } from './log'

export interface DiagnosticFacts {
  readonly version: string
  readonly door: 'window' | 'tab' | 'terminal'
  readonly versions: Readonly<Record<string, string>>
  readonly settings: AppSettings
  /** The file that they are in; null where there is none. */
  readonly settingsFile: string | null
  readonly resultFolder: string
  /** The runs' folder names, which people choose. */
  runs(): Promise<readonly string[]>
  engines(): Promise<readonly EngineInfo[]>
  troubles(): Promise<readonly LogEntry[]>
}

/** Milliseconds after which a disk, or an engine, that does not answer is told as that. */
const patience = { disk: 3000, engines: 30_000 }
/** Of a technical cause so many lines are told. */
const linesOfDetails = 12

/** The text that is copied. Never rejects. */
export async function diagnostics(facts: DiagnosticFacts): Promise<string> {
  const { version, door, settings } = facts
  const { condition, epochs, batch, lanes, engine, limit } = settings.run
  const processors = cpus()
  const lines = [
    `VLAE Studio ${version}, ${door}`,
    Object.entries(facts.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    `${type()} ${release()} ${arch()}, ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GB of memory`,
    `condition ${condition}, ${epochs} epochs, batch ${batch}, lanes ${lanes}, engine ${engine}, limit ${limit}, trains in a ${settings.trainer}`,
    '',
    'Engines',
    ...(await told(within(patience.engines, facts.engines), engineLines)),
    '',
    'Last errors',
    ...(await told(within(patience.disk, facts.troubles), (troubles) =>
      troubles.length === 0 ? ['  none'] : troubles.flatMap(troubleLines),
    )),
  ]
  const runs = await within(patience.disk, facts.runs).catch(() => [])
  return `${anonymous(known(facts, runs))(lines.join('\n'))}\n`
}

async function within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer in ${milliseconds / 1000} seconds.`)), milliseconds)
  })
  return Promise.race([work(), late]).finally(() => clearTimeout(timer))
}

/** Why it cannot be told, where it cannot. */
async function told<T>(facts: Promise<T>, linesOf: (facts: T) => string[]): Promise<string[]> {
  try {
    return linesOf(await facts)
  } catch (thrown) {
    const { code, message, details } = AppError.from(thrown)
    return [`  ${code}: ${message}`, ...detailLines(details)]
  }
}

function engineLines(engines: readonly EngineInfo[]): string[] {
  return engines.flatMap(({ name, usable, device, imagesPerSecond, problem }) => {
    const speed = imagesPerSecond === null ? '' : `, ${Math.round(imagesPerSecond)} images/s`
    const line = `  ${name}: ${usable ? (device ?? 'usable') : 'not usable'}${speed}`
    return problem === null
      ? [line]
      : [line, `    ${problem.code}: ${problem.message}`, ...detailLines(problem.details)]
  })
}

function troubleLines({ at, event, code, call, message, details }: LogEntry): string[] {
  const words = [event, call, code].filter((word) => typeof word === 'string').join(' ')
  return [`  ${at} ${words}: ${typeof message === 'string' ? message : ''}`, ...detailLines(details)]
}

function detailLines(details: unknown): string[] {
  if (typeof details !== 'string') return []
  const lines = details.split('\n').slice(0, linesOfDetails)
  return lines.map((line) => `      ${line.trim()}`)
}

function known({ settings, settingsFile, resultFolder }: DiagnosticFacts, runs: readonly string[]): Known {
  const { env } = process
  const host = hostname()
  const home = asked(homedir)
  return {
    places: {
      '<app>': appFolder(),
      '<results>': resultFolder,
      '<data>': settings.dataFolder,
      '<settings>': settingsFile && dirname(settingsFile),
      '<tmp>': tmpdir(),
      '~': home ?? null,
    },
    names: {
      '<user>': [
        asked(() => String(userInfo().username)),
        env['USER'],
        env['LOGNAME'],
        env['USERNAME'],
        home && basename(home),
      ],
      '<host>': [host, host.split('.')[0], env['HOSTNAME'], env['COMPUTERNAME']],
      '<run>': runs,
      '<data>': [settings.dataFolder === null ? undefined : basename(settings.dataFolder)],
    },
  }
}

/** The folder with the app's code and its packages in it. */
function appFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  for (let folder = here; dirname(folder) !== folder; folder = dirname(folder))
    if (existsSync(join(folder, 'node_modules'))) return folder
  return here
}

/** A user without a name or a home has none to hide. */
function asked<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}
