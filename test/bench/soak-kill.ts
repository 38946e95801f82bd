/**
 * `npm run soak:kill -- N`: N times a real training process is killed at a random moment, and its run resumed, until it
 * has ended; every file of it is compared with those of a run that was left alone, bit for bit.
 *
 * What is killed takes turns: the process that trains, at any moment or in the middle of a save; its parent alone, a
 * shell or npm; and where training has a process of its own, the app alone, that process alone, or both at once.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { isTemporary } from '../../main/files/atomic'
import type { TrainerEvent } from '../../main/trainer/events'
import { runSettings } from '../../preload/contract'
import { folderWith, realPart } from '../mnist/small-set'
import { random } from '../random'
import type { Order } from '../trainer/train-process'
import { machine, nodeFlags } from './measure'

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string', default: '1' } },
  allowPositionals: true,
})
const wanted = Number(positionals[0] ?? 20)
/** The kinds and moments of a soak can be had again, as far as time allows. */
const chance = random(Number(values.seed))

const root = resolve(import.meta.dirname, '../..')
const settings = runSettings.parse({ engine: 'onnx-cpu', epochs: 3, batch: 64, limit: 1280, lanes: 2, klWarmup: 1 })
const [train, test] = [await realPart('train', 1280), await realPart('t10k', 250)]
const dataFolder = await folderWith({
  'train-images-idx3-ubyte': train.images,
  'train-labels-idx1-ubyte': train.labels,
  't10k-images-idx3-ubyte': test.images,
  't10k-labels-idx1-ubyte': test.labels,
})

const kinds = [
  'trainer',
  'in a save',
  'shell alone',
  'npm alone',
  'app alone',
  'process alone',
  'app and process',
] as const
type Kind = (typeof kinds)[number]

/** What is run: a run that is new in `results`, or the one that is there. */
function commandOf(kind: Kind, results: string, run: string | null): [string, ...string[]] {
  if (kind === 'npm alone') {
    const { epochs, batch, limit, klWarmup, engine } = settings
    const fresh = ['--out', results, '--data', dataFolder, '--epochs', epochs, '--batch', batch, '--limit', limit]
    const more = ['--threads', settings.lanes, '--kl-warmup', klWarmup, '--engine', engine, '--name', 'soak']
    const args = run === null ? ['train', '--', ...fresh, ...more] : ['resume', '--', run]
    return ['npm', 'run', '-s', ...args.map(String), '--json']
  }
  const order: Order = {
    saveEvery: 50,
    inProcess: ['app alone', 'process alone', 'app and process'].includes(kind),
    ...(run === null ? { start: { settings, dataFolder, resultFolder: results, name: 'soak' } } : { resume: run }),
  }
  const program = [process.execPath, ...nodeFlags, join(import.meta.dirname, 'soak-trainer.js'), JSON.stringify(order)]
  // a second command keeps the shell from becoming the first
  if (kind === 'shell alone') return ['sh', '-c', '"$@"; exit $?', 'sh', ...program]
  return program as [string, ...string[]]
}

interface Attempt {
  readonly child: ChildProcess
  readonly events: TrainerEvent[]
  /** Resolves at the first event of this type, or when nothing is told any more. */
  until(type: TrainerEvent['type']): Promise<unknown>
  /** Nobody is left who could tell anything. */
  readonly ended: Promise<unknown>
}

/** Whatever happens, nothing is left over. */
const groups = new Set<number>()
process.once('exit', () => {
  for (const group of groups) kill(-group)
})

function attempt(command: readonly [string, ...string[]]): Attempt {
  const [program, ...args] = command
  // in a group of its own: what is left of it can be ended
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const events: TrainerEvent[] = []
  const waiting = new Map<string, (value?: unknown) => void>()
  let words = ''
  child.stderr!.on('data', (data: Buffer) => (words = (words + data.toString()).slice(-2000)))
  createInterface(child.stdout!).on('line', (line) => {
    const event = JSON.parse(line) as TrainerEvent
    events.push(event)
    waiting.get(event.type)?.()
    if (
      (event.type as string) === 'refused' ||
      (event.type === 'failure' && !(event.folder ?? (event as { run?: string | null }).run))
    )
      words += line
  })
  groups.add(child.pid!)
  const ended = new Promise((done) => child.stdout!.once('close', done))
  child.once('exit', (code) => {
    if (code !== 0 && code !== null && code !== 130 && code !== 143) console.log(`   exit ${code}: ${words}`)
  })
  const until = (type: TrainerEvent['type']) => {
    const told = new Promise((done) => waiting.set(type, done))
    return events.some((event) => event.type === type) ? Promise.resolve() : Promise.race([told, ended])
  }
  return { child, events, until, ended }
}

/** The children of a process. */
function childrenOf(pid: number): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).split('\n')
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number) as [number, number])
  return pairs.filter(([, parent]) => parent === pid).map(([child]) => child)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended by itself
  }
}

/** The run in a result folder, if it has come so far that it is one. */
function runIn(results: string): string | null {
  const name = readdirSync(results).find((name) => existsSync(join(results, name, 'run.json')))
  return name === undefined ? null : join(results, name)
}

function isDone(run: string | null): boolean {
  return (
    run !== null && (JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as { status: string }).status === 'done'
  )
}

const unfinished = (run: string | null) => (run === null ? [] : readdirSync(run).filter(isTemporary))

/** What tells times, what was cut off, and the lock of a process that was killed when the run had ended. */
const others = new Set(['run.json', 'metrics-before-resume.jsonl', 'run.lock'])

/** Files and their hashes. */
function hashes(run: string): Record<string, string> {
  const names = readdirSync(run).filter((name) => !others.has(name))
  const hash = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(run, name)))
      .digest('hex')
  return Object.fromEntries(names.toSorted().map((name) => [name, hash(name)]))
}

const differences = (a: Record<string, string>, b: Record<string, string>) =>
  [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => a[name] !== b[name])

const tally = { kills: 0, inSave: 0, runs: 0, wrong: 0, refusedWhileAlive: 0, kinds: new Map<Kind, number>() }

/** Kills what trains, once. False where the run has ended before. */
async function killOnce(kind: Kind, results: string): Promise<boolean> {
  const before = runIn(results)
  if (isDone(before)) return false
  const { child, events, until, ended } = attempt(commandOf(kind, results, before))
  const fromStart = chance() < 0.2
  if (fromStart) await Promise.race([sleep(chance() * 1500), ended])
  else {
    await until('started')
    await Promise.race([sleep(chance() * 900), ended])
  }
  if (kind === 'in a save')
    for (let i = 0; i < 3000 && unfinished(runIn(results)).length === 0 && child.exitCode === null; i++) await sleep(1)
  const over = events.some(({ type }) => type === 'done')
  const trainers = kind === 'app alone' || kind.includes('process') ? childrenOf(child.pid!) : []
  if (kind !== 'process alone' || trainers.length === 0) kill(child.pid!)
  if (kind !== 'app alone')
    for (const trainer of kind === 'shell alone' || kind === 'npm alone' ? [] : trainers) kill(trainer)
  if (kind === 'shell alone' || kind === 'npm alone') await orphaned(runIn(results), events, child, ended)
  // the app alone: its run is resumed at once, whatever its process still does
  if (kind !== 'app alone') await ended
  if (over) return false
  if (events.some((event) => 'code' in event && event['code'] === 'run/locked')) {
    tally.refusedWhileAlive++
    return true
  }
  assertWell(events, before)
  tally.kills++
  tally.kinds.set(kind, (tally.kinds.get(kind) ?? 0) + 1)
  if (unfinished(runIn(results)).length > 0) tally.inSave++
  return true
}

/** What trains has lost its parent: as long as it lives nobody else gets its run; npm's child saves and ends itself. */
async function orphaned(run: string | null, events: TrainerEvent[], child: ChildProcess, ended: Promise<unknown>) {
  if (run !== null && events.some(({ type }) => type === 'started') && chance() < 0.5) {
    const other = attempt(commandOf('trainer', '', run))
    await other.until('started')
    const got = other.events.some(({ type }) => type === 'started')
    const lives = await Promise.race([ended.then(() => false), sleep(0, true)])
    if (got && lives && !events.some(({ type }) => type === 'done')) throw new Error('Two trainers have one run')
    if (!got) tally.refusedWhileAlive++
    kill(other.child.pid!)
    await other.ended
  }
  const patience = sleep(child.spawnfile === 'npm' ? 5000 : chance() * 300)
  await Promise.race([ended, patience])
  // the whole group
  kill(-child.pid!)
  await ended
}

/** A run that is there goes on; the only reason not to is that its process was killed before it came so far. */
function assertWell(events: readonly TrainerEvent[], before: string | null): void {
  const started = events.find((event) => event.type === 'started')
  if (started !== undefined && before !== null && !started.resumed) throw new Error('A run was begun anew')
  if (started !== undefined) return
  for (const event of events as readonly { type: string; code?: string; error?: { code: string } }[]) {
    const code = event.code ?? event.error?.code
    if (code !== undefined && code !== 'training/killed') throw new Error(`Not resumed: ${JSON.stringify(event)}`)
  }
}

async function finish(results: string): Promise<string> {
  const { events, ended } = attempt(commandOf('trainer', results, runIn(results)))
  await ended
  if (events.some(({ type }) => type === 'done')) return runIn(results)!
  throw new Error(`The run has not ended: ${JSON.stringify(events.slice(-2))}`)
}

const began = performance.now()
console.log(`${machine()}; ${wanted} kills, seed ${values.seed}`)
const folders = [dataFolder]
const newFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vlae-soak-'))
  folders.push(folder)
  return folder
}
try {
  const alone = hashes(await finish(await newFolder()))
  console.log(
    `a run left alone: ${Object.keys(alone).length} files, ${((performance.now() - began) / 1000).toFixed(1)} s`,
  )
  while (tally.kills < wanted) {
    const results = await newFolder()
    const first = tally.kills
    const [before, saves] = [performance.now(), tally.inSave]
    while (tally.kills < wanted && (await killOnce(kinds[tally.kills % kinds.length]!, results))) continue
    const run = runIn(results)
    const wrong = differences(alone, hashes(isDone(run) ? run! : await finish(results)))
    tally.runs++
    if (wrong.length > 0) tally.wrong++
    const kills = tally.kills - first
    console.log(
      `run ${tally.runs}: ${kills} kills, ${tally.inSave - saves} in a save, ${((performance.now() - before) / 1000).toFixed(1)} s; ` +
        `${wrong.length === 0 ? 'bits equal' : `NOT EQUAL: ${wrong.join(', ')} in ${run}`}; ${tally.kills} of ${wanted}`,
    )
    if (wrong.length === 0) rmSync(results, { recursive: true })
  }
} finally {
  for (const folder of tally.wrong === 0 ? folders : [dataFolder]) rmSync(folder, { recursive: true, force: true })
}
const shares = [...tally.kinds].map(([kind, count]) => `${kind} ${count}`).join(', ')
console.log(
  `${tally.kills} kills (${shares}) in ${tally.runs} runs, ${tally.inSave} of them in a save; ` +
    `an orphan's run was refused to others ${tally.refusedWhileAlive} times; ` +
    `final files equal to the bit in ${tally.runs - tally.wrong} of ${tally.runs}; ${((performance.now() - began) / tally.kills / 1000).toFixed(1)} s a kill`,
)
process.exitCode = tally.wrong === 0 ? 0 : 1
