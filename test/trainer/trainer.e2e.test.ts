/** The trainer with its real thread, and with other processes, on real digits. */
import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Runs } from '../../main/runs/list'
import { readMetrics } from '../../main/runs/metrics'
import type { TrainerEvent } from '../../main/trainer/events'
import { startProcess, startThread, type StartHost } from '../../main/trainer/hosts'
import { createTrainer, type Trainer } from '../../main/trainer/trainer'
import { isOpen } from '../../preload/life'
import { small, workplace } from '../training/set-up'
import { program, worker } from './built'
import type { Order } from './train-process'

let place: Awaited<ReturnType<typeof workplace>>
let runs: Runs
beforeAll(async () => {
  place = await workplace()
  runs = new Runs(place.results)
})
afterAll(() => place.remove())

const long = { ...small, epochs: 1000 }
const startOptions = (name: string, settings = long) => {
  return { settings, dataFolder: place.dataFolder, resultFolder: place.results, name }
}
const reached = (trainer: Trainer, step: number) =>
  new Promise<void>((resolve) => trainer.on((event) => event.type === 'step' && event.step === step && resolve()))
/** An epoch's files are there. */
const saved = (trainer: Trainer, epoch: number) =>
  new Promise<void>((resolve) => trainer.on((event) => event.type === 'epoch' && event.epoch === epoch && resolve()))

/** A process that trains until it is killed. */
async function otherProcess(order: Order) {
  const child = spawn(process.execPath, [program, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async (fits: (event: TrainerEvent | { type: 'refused' }) => boolean) => {
    for (;;) {
      const { value, done } = await lines.next()
      if (done) throw new Error('the process has ended')
      const event = JSON.parse(value as string) as TrainerEvent
      if (fits(event)) return event
    }
  }
  return { child, next }
}

it('finds a run interrupted whose process was killed, and only then lets another one train in it', async () => {
  const other = await otherProcess({ start: startOptions('killed'), saveEvery: 1e9 })
  await other.next((event) => event.type === 'step' && event.step === 5)
  const [id] = (await runs.list()).map((run) => run.id)
  const runFolder = join(place.results, id!)
  expect(await runs.get(id!)).toMatchObject({ status: 'training', resumable: false })
  const trainer = createTrainer({ worker })
  await expect(trainer.resume({ runFolder })).rejects.toMatchObject({ code: 'run/locked' })
  await expect(runs.remove(id!)).rejects.toMatchObject({ code: 'run/in-use' })
  other.child.kill('SIGKILL')
  await new Promise((resolve) => other.child.once('exit', resolve))
  expect(await runs.get(id!)).toMatchObject({ status: 'interrupted', resumable: true, problem: null })

  const next = reached(trainer, 9)
  await trainer.resume({ runFolder })
  const refused = await otherProcess({ resume: runFolder, saveEvery: 1e9 })
  expect(await refused.next((event) => event.type === 'refused')).toHaveProperty(
    'message',
    expect.stringContaining(`process ${process.pid}`),
  )
  await next
  await trainer.close()
  expect(await runs.get(id!)).toMatchObject({ status: 'stopped', resumable: true })
})

it('samples and evaluates while it trains, without changing the run', async () => {
  const settings = { ...small, epochs: 6 }
  const [quiet, busy] = [createTrainer({ worker }), createTrainer({ worker })]
  const done = (trainer: Trainer) =>
    new Promise<void>((resolve) => trainer.on((event) => event.type === 'done' && resolve()))
  const ends = [done(quiet), done(busy)]
  const alone = await quiet.start(startOptions('quiet', settings))
  await ends[0]
  const inspected = saved(busy, 1)
  const { folder } = await busy.start(startOptions('busy', settings))
  await inspected
  const fractions: number[] = []
  const [drawn, evaluation] = await Promise.all([
    busy.ask({ runFolder: folder, epoch: 1, question: { type: 'sample', digit: 1, count: 3, temperature: 0.8 } }),
    busy.ask({
      runFolder: folder,
      epoch: 0,
      question: { type: 'evaluate' },
      onProgress: (done, total) => fractions.push(done / total),
    }),
  ])
  expect(drawn.answer.pixels).toHaveLength(3 * 784)
  expect(evaluation).toMatchObject({ epoch: 0, answer: { epoch: 0, images: 20 } })
  expect(fractions.at(-1)).toBe(1)
  await ends[1]
  const lines = await Promise.all([alone.folder, folder].map((folder) => readMetrics(folder)))
  expect(lines[1]).toEqual(lines[0])
  await quiet.close()
  await busy.close()
})

it('gives up a call when its signal says so', async () => {
  const trainer = createTrainer({ worker })
  const first = saved(trainer, 0)
  const { folder: runFolder } = await trainer.start(startOptions('signal'))
  await first
  const question = { type: 'evaluate' } as const
  const aborted = trainer.ask({ runFolder, epoch: 0, question, signal: AbortSignal.abort() })
  await expect(aborted).rejects.toMatchObject({ code: 'cancelled' })
  await trainer.close()
})

describe('in a process of its own', () => {
  const settings = { ...small, epochs: 6 }
  const ended = (trainer: Trainer) =>
    new Promise<void>((resolve) => {
      trainer.on((event) => event.type === 'state' && !isOpen(event.state) && resolve())
    })
  const children = (pid: number | undefined) =>
    execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, parent, ...args]) => Number(parent) === pid && args.join(' ').includes('worker.js'))
      .map(([child]) => Number(child))

  it('trains as in a thread; a crash in native code is told, the app stays, and the run goes on', async () => {
    let host: StartHost = startThread
    const trainer = createTrainer({ worker, host: () => host })
    const inThread = ended(trainer)
    const { folder: first } = await trainer.start(startOptions('thread', settings))
    await inThread
    expect(children(process.pid)).toEqual([])

    host = startProcess
    const events: TrainerEvent[] = []
    trainer.on((event) => events.push(event))
    const [sixth, crashed] = [reached(trainer, 6), ended(trainer)]
    const { folder } = await trainer.start(startOptions('process', settings))
    await sixth
    const { answer } = await trainer.ask({
      runFolder: folder,
      epoch: 0,
      question: { type: 'sample', digit: 1, count: 2 },
    })
    expect(answer.pixels).toHaveLength(2 * 784)
    const [pid] = children(process.pid)
    const waiting = trainer.ask({ runFolder: folder, epoch: 0, question: { type: 'evaluate' } })
    waiting.catch(() => undefined)
    process.kill(pid!, 'SIGSEGV')
    await crashed
    await expect(waiting).rejects.toMatchObject({ code: 'training/crashed' })
    const failure = events.find((event) => event.type === 'failure')
    expect(failure).toMatchObject({ folder, resumable: true, error: { code: 'training/crashed' } })
    expect(failure!.error.message).toContain('SIGSEGV')
    expect(failure!.error.remedy).toMatch(/^Resume the run/)
    const id = folder.slice(place.results.length + 1)
    expect(await runs.get(id)).toMatchObject({
      status: 'failed',
      resumable: true,
      problem: { code: 'training/crashed' },
    })

    const done = ended(trainer)
    await trainer.resume({ runFolder: folder })
    await done
    expect(await runs.get(id)).toMatchObject({ status: 'done', problem: null })
    expect(await readMetrics(folder)).toEqual(await readMetrics(first))
    await trainer.close()
    expect(children(process.pid)).toEqual([])
  })

  it('leaves no process behind when the app is killed, and outlives Ctrl-C until the app has saved', async () => {
    const other = await otherProcess({ start: startOptions('orphan'), saveEvery: 1e9, inProcess: true })
    await other.next((event) => event.type === 'step' && event.step === 3)
    const [pid] = children(other.child.pid)
    process.kill(pid!, 'SIGINT')
    await other.next((event) => event.type === 'step' && event.step === 6)
    other.child.kill('SIGKILL')
    await expect.poll(() => alive(pid!)).toBe(false)
  })
})

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

it('says so when its thread runs out of memory before a run has begun', async () => {
  const starved = createTrainer({ worker, resourceLimits: { maxOldGenerationSizeMb: 12 } })
  const refused = starved.start(startOptions('starved'))
  await expect(refused).rejects.toMatchObject({ code: 'training/out-of-memory' })
  expect(isOpen(starved.phase)).toBe(false)
  await starved.close()
})

it('is paused before its first step where Pause is pressed while it is prepared, and stops from there', async () => {
  const trainer = createTrainer({ worker })
  const events: TrainerEvent[] = []
  trainer.on((event) => events.push(event))
  const [started, paused] = [trainer.start(startOptions('early')), trainer.pause()]
  await paused
  expect(trainer.phase).toBe('paused')
  const { folder } = await started
  expect(events.filter(({ type }) => type === 'step')).toEqual([])
  const [first, continued] = [reached(trainer, 1), trainer.continue()]
  await Promise.all([first, continued])
  // asked for at once: the last word counts
  await Promise.all([trainer.pause(), trainer.stop()])
  expect(events.flatMap((event) => (event.type === 'state' ? [event.state] : []))).toEqual(
    expect.arrayContaining(['starting', 'pausing', 'paused', 'resuming', 'training', 'stopping', 'stopped']),
  )
  expect(await runs.get(folder.slice(place.results.length + 1))).toMatchObject({ status: 'stopped', resumable: true })
  await trainer.close()
})

it('saves and ends where the app is quit while an epoch is being tested', async () => {
  const trainer = createTrainer({ worker })
  const testing = new Promise<void>((resolve) =>
    trainer.on((event) => event.type === 'progress' && event.task === 'evaluate' && resolve()),
  )
  const { folder } = await trainer.start(startOptions('quit'))
  await testing
  await trainer.close()
  expect(trainer.phase).toBe('stopped')
  expect(await runs.get(folder.slice(place.results.length + 1))).toMatchObject({ status: 'stopped', resumable: true })
})

it('pauses within one step, also in a test of an epoch, and stops from there', async () => {
  const trainer = createTrainer({ worker })
  const events: TrainerEvent[] = []
  trainer.on((event) => events.push(event))
  const first = reached(trainer, 1)
  const { folder } = await trainer.start(startOptions('paused'))
  await first
  const more: number[] = []
  for (let i = 0; i < 9; i++) {
    const before = events.length
    await trainer.pause()
    more.push(events.slice(before).filter((event) => event.type === 'step').length)
    expect(trainer.phase).toBe('paused')
    await trainer.continue()
  }
  // the step under way, and those already told of when the message came: more where this process stood still meanwhile
  expect(more.toSorted()[4]).toBeLessThanOrEqual(2)
  await trainer.pause()
  const told = events.length
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(events).toHaveLength(told)
  await trainer.stop()
  expect(await runs.get(folder.slice(place.results.length + 1))).toMatchObject({ status: 'stopped' })
  await trainer.close()
})
