/** `runs`, `evaluate` and `engines`: what there is, and how good it is. */
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { count, nats, plural } from '../../preload/amounts'
import { cardOf, hasClasses, type RunSummary } from '../../preload/contract'
import type { Studio } from '../app/studio'
import { differing } from '../runs/command-line'
import { locateData } from '../runs/data'
import { readRunFile } from '../runs/folder'
import { askStudio } from './ask-studio'
import { table, within } from './format'
import { findRunFolder } from './run-names'
import { exitCode, harmless, print, printJson, type Terminal } from './terminal'

interface Json {
  readonly json?: boolean
  readonly details?: boolean
}

/** Lists the runs of a result folder, the newest last; the archived ones where they are asked for. */
export async function runs(
  terminal: Terminal,
  options: Json & { readonly out: string; readonly archived?: boolean; readonly csv?: boolean },
): Promise<number> {
  const { listRuns } = await import('../runs/list')
  const all = (await listRuns(options.out)).toReversed()
  const found = options.archived === true ? all : all.filter(({ notes }) => !notes.archived)
  const hidden = all.length - found.length
  if (options.csv === true) {
    const { runsCsv } = await import('../runs/csv')
    terminal.out.write(harmless(runsCsv(found).replaceAll('\r\n', '\n')))
  } else if (options.json === true) {
    for (const run of found) printJson(terminal, { type: 'run', run: join(options.out, run.id), ...run }, options)
  } else if (all.length === 0) print(terminal, `There is no run in ${options.out} yet.`)
  else {
    if (found.length > 0) for (const line of runTable(found)) print(terminal, line)
    if (hidden > 0) print(terminal, `${plural(hidden, 'archived run')} not listed: --archived lists all.`)
  }
  return exitCode.done
}

function runTable(found: readonly RunSummary[]): string[] {
  const noted = found.some((run) => notesOf(run) !== '')
  return table(
    [
      { title: 'run' },
      { title: 'name' },
      { title: 'started' },
      { title: 'state' },
      { title: 'epochs', right: true },
      { title: 'best test loss', right: true },
      { title: 'engine' },
      { title: 'settings' },
      ...(noted ? [{ title: 'tags and note' }] : []),
    ],
    found.map((run) => [
      run.id,
      run.name === run.id ? '' : run.name,
      day(run.startedAt),
      run.problem === null ? run.status : `${run.status}: ${run.problem.message}`,
      // of a run that cannot be read nothing is known but its pictures
      run.data === null ? '' : `${Math.max(run.epoch, 0)}/${run.settings.epochs}`,
      run.best === null ? '' : `${nats(run.best.loss, 2)} (epoch ${run.best.epoch})`,
      run.engine === null ? '' : `${run.engine} (${run.device})`,
      run.data === null ? '' : differing(run.settings),
      ...(noted ? [notesOf(run)] : []),
    ]),
  )
}

/** `[seeds] (archived) to see whether the rate falls`; of a note its first line. */
function notesOf({ notes: { note, tags, archived } }: RunSummary): string {
  const marks = [...tags.map((tag) => `[${tag}]`), ...(archived ? ['(archived)'] : [])]
  return [...marks, note.split('\n')[0] ?? ''].join(' ').trim()
}

/** 2026-11-22 08:12, where the terminal is. */
function day(iso: string): string {
  const at = new Date(iso)
  const two = (number: number) => String(number).padStart(2, '0')
  const date = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(two).join('-')
  return Number.isNaN(at.getTime()) ? '' : `${date} ${two(at.getHours())}:${two(at.getMinutes())}`
}

/** Measures a checkpoint on the test images. */
export async function evaluate(
  terminal: Terminal,
  run: string,
  options: Json & { readonly out: string; readonly epoch?: number; readonly data?: string },
): Promise<number> {
  const runFolder = await findRunFolder(run, options.out)
  if (options.data !== undefined) await locateData(runFolder, options.data)
  const asked = { runFolder, epoch: options.epoch }
  const { answer: result } = await askStudio(terminal, asked, { type: 'evaluate' })
  if (options.json === true) printJson(terminal, { type: 'evaluation', run: runFolder, ...result })
  else {
    print(terminal, `${runFolder}, epoch ${result.epoch}: means over ${count(result.images)} test images, nats`)
    const { settings } = await readRunFile(runFolder)
    const lines = [
      ['−ELBO (loss)', result.loss],
      ...cardOf(settings).parts.map(({ name, title }) => [within(title), result[name] ?? NaN] as const),
      // without classes it is the loss
      ...(hasClasses(settings) ? [['−log p(x) bound, summed over the classes', result.marginal] as const] : []),
    ] as const
    for (const [name, value] of lines) print(terminal, `${nats(value, 2).padStart(9)}  ${name}`)
  }
  return exitCode.done
}

/** Lists the ways to compute, the preferred one first. */
export async function engines(terminal: Terminal, options: Json & { readonly diagnostics?: boolean }): Promise<number> {
  // no run is looked at
  const studio = await terminal.studio(tmpdir())
  try {
    if (options.diagnostics === true) return await tellDiagnostics(terminal, studio, options)
    const found = await studio.trainer.engines({ again: true })
    if (options.json === true) for (const engine of found) printJson(terminal, { type: 'engine', ...engine }, options)
    else {
      const columns = [{ title: 'engine' }, { title: 'computes on' }, { title: 'images/s', right: true }]
      const rows = found.map(({ name, device, imagesPerSecond: speed }) => {
        return [name, device ?? '(not usable)', speed === null ? '' : count(speed)]
      })
      for (const line of table(columns, rows)) print(terminal, line)
      for (const { name, problem } of found)
        if (problem !== null) print(terminal, `\n${name}: ${problem.message}\n  ${problem.remedy}`)
    }
    return exitCode.done
  } finally {
    await studio.close()
  }
}

/** What the app's page copies, with what went wrong in the app lately: the terminal itself keeps no log. */
async function tellDiagnostics(terminal: Terminal, studio: Studio, { json }: Json): Promise<number> {
  const [{ diagnostics }, { openTabSettings }, { readTroubles }] = await Promise.all([
    import('../app/diagnostics'),
    import('../app/tab-settings'),
    import('../app/log'),
  ])
  const { current: settings, path } = await openTabSettings()
  const text = await diagnostics({
    ...studio.info,
    settings,
    engines: () => studio.trainer.engines(),
    troubles: async () => (path === null ? [] : readTroubles(dirname(path))),
  })
  if (json === true) printJson(terminal, { type: 'diagnostics', text })
  else print(terminal, text.trimEnd())
  return exitCode.done
}
