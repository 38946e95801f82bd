/** What someone who is to find out what is wrong needs to know of this machine and app; nothing of the person. */
import { arch, cpus, release, totalmem, type } from 'node:os'
import { calls, type AppInfo, type AppSettings, type EngineReport } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { soon } from '../files/soon'
import { logName, type LogEntry } from './log'
import { signsOf } from './signs'

export interface DiagnosticFacts {
  readonly version: string
  readonly door: AppInfo['door']
  readonly versions: Readonly<Record<string, string>>
  readonly settings: AppSettings
  engines(): Promise<readonly EngineReport[]>
  troubles(): Promise<readonly LogEntry[]>
}

/** Milliseconds after which a disk, or an engine, that does not answer is told as that. */
const patience = { disk: 3000, engines: 30_000 }
/** What the log calls what went wrong. */
const events = new Set(['crash', 'failure', 'notice', 'refused', 'stop', 'update'])

/**
 * The text that is copied. Never rejects.
 *
 * Sentences have in them what people have named: none is told. Codes say which it was, and the person's own log has it.
 */
export async function diagnostics(facts: DiagnosticFacts): Promise<string> {
  const { version, door, settings } = facts
  const processors = cpus()
  const lines = [
    `VLAE Studio ${version}, ${door}`,
    Object.entries(facts.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    `${type()} ${release()} ${arch()}, ${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GB of memory`,
    `${settingsLine(settings.run)}, trains in a ${settings.trainer}`,
    '',
    'Engines',
    ...(await told(within(patience.engines, facts.engines), engineLines)),
    '',
    `Last errors (their sentences are in ${logName}, beside the settings)`,
    ...(await told(within(patience.disk, facts.troubles), (troubles) =>
      troubles.length === 0 ? ['  none'] : troubles.flatMap(troubleLines),
    )),
  ]
  return `${lines.join('\n')}\n`
}

async function within<T extends object>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  const answer = await soon(work(), milliseconds, null)
  if (answer === null) throw new Error(`No answer in ${milliseconds / 1000} seconds.`)
  return answer
}

/** Why it cannot be told, where it cannot. */
async function told<T>(facts: Promise<T>, linesOf: (facts: T) => string[]): Promise<string[]> {
  try {
    return linesOf(await facts)
  } catch (thrown) {
    const { code, details } = AppError.from(thrown)
    return [`  ${code}`, ...signLines(details)]
  }
}

function engineLines(engines: readonly EngineReport[]): string[] {
  return engines.flatMap(({ name, usable, device, imagesPerSecond, problem }) => {
    const speed = imagesPerSecond === null ? '' : `, ${Math.round(imagesPerSecond)} images/s`
    const line = `  ${name}: ${usable ? (device ?? 'usable') : 'not usable'}${speed}`
    return problem === null ? [line] : [line, `    ${problem.code}`, ...signLines(problem.details)]
  })
}

function troubleLines({ at, event, code, call, details }: LogEntry): string[] {
  const words = [
    events.has(event) && event,
    typeof call === 'string' && Object.hasOwn(calls, call) && call,
    typeof code === 'string' && /^[a-z-]+(?:\/[a-z-]+)?$/.test(code) && code,
  ]
  return [`  ${[at, ...words.filter(Boolean)].join(' ')}`, ...signLines(details)]
}

function signLines(details: unknown): string[] {
  return typeof details === 'string' ? signsOf(details).map((line) => `      ${line}`) : []
}

/** What the next run is set to; a seed is the person's own. */
function settingsLine(settings: AppSettings['run']): string {
  const told = Object.entries(settings).filter(([name]) => name !== 'seed')
  return told.map(([name, value]) => `${name} ${value}`).join(', ')
}
