/** `sweep`: writes a plan of runs, works it off, or prints what a scheduler needs to. */
import {
  defaultsOf,
  machineNames,
  noNotes,
  plain,
  settingsOf,
  type RunSettings,
  type SettingValue,
} from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { gridOf, readValues, sizeOf, type Axis } from '../../preload/grid'
import { begunRun, isFinished } from '../runs/begun'
import { flagOf } from '../runs/command-line'
import type { RunFile } from '../runs/run-file'
import { tellError } from './errors'
import { settingsFrom, settingNamed, typedNames, type Values } from './options'
import { folderOf, planText, readPlan, writePlan, type Plan, type PlanLine } from './plan'
import { commandLine, scriptCommand } from './resume-command'
import { scripts, type Scheduler } from './schedulers'
import { exitCode, harmless, print, printJson, type Terminal } from './terminal'
import { follow } from './train'
import { usageError } from './usage'

export interface SweepOptions {
  readonly json?: boolean
  readonly details?: boolean
  /** The settings that were given, for all runs of a plan that is written. */
  readonly values: Values
  /** `seed=0..4` */
  readonly set?: readonly string[]
  readonly write?: string
  readonly name?: string
  readonly plan?: string
  readonly index?: number
  readonly for?: Scheduler
  readonly takeOver?: boolean
  readonly data?: string
  readonly out: string
}

/** More is a slip of the fingers. */
const mostRuns = 10_000

export async function sweep(terminal: Terminal, options: SweepOptions): Promise<number> {
  const { plan: path, set = [], index } = options
  const idle = idleOption(options)
  if (idle !== undefined)
    throw usageError(`${idle} counts for nothing ${path === undefined ? 'without' : 'with'} --plan. Leave it out`)
  if (path === undefined) {
    if (set.length === 0) throw usageError('--plan FILE works a plan off; --set NAME=VALUES writes one')
    return write(terminal, set, options)
  }
  const plan = await readPlan(path)
  if (options.for !== undefined) {
    terminal.out.write(
      scripts[options.for]({ plan, out: options.out, data: options.data, program: scriptCommand('sweep') }),
    )
    return exitCode.done
  }
  if (index === undefined) return workOff(terminal, plan, options)
  const line = plan.lines[index]
  if (line === undefined)
    throw usageError(`--index counts lines from 0, and this plan has ${plan.lines.length}; got "${index}"`)
  return trainLine(terminal, plan, line, options)
}

/** An option that was typed and belongs to the other half of this command: to writing a plan, or to working it off. */
function idleOption({ values, plan, ...options }: SweepOptions): string | undefined {
  const typed: Readonly<Record<string, unknown>> = { ...values, ...options }
  const ofPlans = ['index', 'for', 'takeOver', 'data']
  const ofWriting = ['set', 'write', 'name', ...typedNames()]
  const name = (plan === undefined ? ofPlans : ofWriting).find((option) => typed[option] !== undefined)
  return name === undefined ? undefined : flagOf(name)
}

/** Writes a plan: a line for each combination of what was set. */
async function write(terminal: Terminal, set: readonly string[], options: SweepOptions): Promise<number> {
  const base = settingsFrom(options.values)
  const axes = set.map((text) => axisOf(text, base))
  const repeated = axes.find(({ name }, i) => axes.findIndex((other) => other.name === name) !== i)
  if (repeated !== undefined)
    throw usageError(`--set ${repeated.name} stands there twice: write its values with commas`)
  if (sizeOf(axes) > mostRuns) throw usageError(`these are ${sizeOf(axes)} runs; a plan has at most ${mostRuns}`)
  const runs = gridOf(options.name ?? base.model, base, axes).map(({ name, settings }) => ({
    name,
    settings: sayable(settings, axes),
  }))
  const text = planText(runs)
  if (options.write === undefined) terminal.out.write(text)
  else await writePlan(options.write, text)
  const file = options.write ?? 'FILE'
  terminal.err.write(`${runs.length} runs. To train them: ${commandLine('sweep')} --plan ${file}\n`)
  return exitCode.done
}

/** What was set, what is not the default, and lanes: on another machine their default is another one. */
function sayable(settings: RunSettings, axes: readonly Axis[]): Partial<RunSettings> {
  const defaults = defaultsOf(settings.model)
  const always = new Set(['model', 'lanes', ...axes.map(({ name }) => name)])
  const entries = Object.entries(settings).filter(([name, value]) => always.has(name) || value !== defaults[name])
  return Object.fromEntries(entries) as Partial<RunSettings>
}

/** @throws AppError `usage` */
function axisOf(text: string, base: RunSettings): Axis {
  const [, typed = '', values = ''] = /^([^=]+)=(.*)$/.exec(text) ?? []
  const known = settingsOf(base.model)
  const name = settingNamed(typed)
  const setting = known[name]
  if (setting === undefined)
    throw usageError(`--set takes NAME=VALUES, with one of ${Object.keys(known).join(', ')}; got "${text}"`)
  const read = readValues(values, setting)
  if (typeof read === 'string') throw usageError(`--set ${typed}: ${read.replace(/\.$/, '')}`)
  return { name, values: read }
}

/** Trains all lines, one after another; what another process trains is left to it. */
async function workOff(terminal: Terminal, plan: Plan, options: SweepOptions): Promise<number> {
  const failed: string[] = []
  const left: string[] = []
  for (const [i, line] of plan.lines.entries()) {
    say(terminal, options, `\n${i + 1} of ${plan.lines.length}: ${line.name}`)
    const code = await trainLine(terminal, plan, line, options).catch((thrown: unknown) => {
      const error = AppError.from(thrown)
      if (error.code === 'run/locked') {
        left.push(line.name)
        say(terminal, options, `It is left alone. ${error.message}`)
        return exitCode.done
      }
      tell(terminal, error, options)
      return exitCode.failure
    })
    if (code === exitCode.interrupted) return code
    if (code !== exitCode.done) failed.push(line.name)
  }
  const all = plan.lines.length
  say(terminal, options, `\n${all - failed.length - left.length} of ${all} runs are done.`)
  if (left.length > 0) say(terminal, options, `Trained elsewhere: ${left.join('; ')}`)
  if (failed.length > 0) say(terminal, options, `Failed: ${failed.join('; ')}`)
  return failed.length > 0 ? exitCode.failure : exitCode.done
}

/** Trains one line, goes on with it where it was begun, or says that it is done. */
async function trainLine(terminal: Terminal, plan: Plan, line: PlanLine, options: SweepOptions): Promise<number> {
  const { out, data, takeOver = false } = options
  const folder = folderOf(out, line)
  const before = await begunRun(folder)
  if (before !== null) {
    assertSame(before, line, folder)
    if (isFinished(before)) {
      say(terminal, options, `It is done already: ${folder}`)
      return exitCode.done
    }
    if (before.problem?.code === 'training/diverged') throw AppError.fromData(before.problem)
    return follow(terminal, options, out, (trainer) => trainer.resume({ runFolder: folder, takeOver }))
  }
  const start = {
    settings: line.settings,
    name: line.name,
    notes: { ...noNotes, tags: [plan.name] },
    resultFolder: out,
    folder,
    dataFolder: data ?? null,
    takeOver,
  }
  return follow(terminal, options, out, (trainer) => trainer.start(start))
}

/** @throws AppError `plan/other-run` where the folder has the run of another line */
function assertSame({ settings }: RunFile, { written, name }: PlanLine, folder: string): void {
  const isOpen = (field: string, value: SettingValue | undefined) =>
    machineNames.includes(field) && (value === 0 || value === 'auto')
  const other = Object.entries(plain(settings)).find(
    ([field, value]) => written[field] !== undefined && written[field] !== value && !isOpen(field, written[field]),
  )
  if (other === undefined) return
  const [field, value] = other
  throw new AppError(
    'plan/other-run',
    `${folder} holds a run with ${field} ${value}; “${name}” of the plan has ${written[field]}.`,
    'Give the line another name, or the plan’s file: a run keeps the settings that it was begun with.',
  )
}

function say(terminal: Terminal, { json }: SweepOptions, text: string): void {
  if (json === true) terminal.err.write(`${harmless(text.trim())}\n`)
  else print(terminal, text)
}

function tell(terminal: Terminal, error: AppError, { json, details = false }: SweepOptions): void {
  if (json === true)
    printJson(
      terminal,
      { type: 'failure', run: null, error: error.toData(), resumable: false, waits: false },
      { details },
    )
  tellError(terminal, error, details)
}
