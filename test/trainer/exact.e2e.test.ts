/** A run that was killed, or paused, ends like one that was left alone: to the bit. Real processes, real digits. */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TrainerEvent } from '../../main/trainer/events'
import { createTrainer } from '../../main/trainer/trainer'
import { runSettings } from '../../preload/contract'
import { folderWith, smallSet } from '../mnist/small-set'
import { program, worker } from './built'
import type { Order } from './train-process'

const settings = runSettings.parse({ engine: 'onnx-cpu', epochs: 2, batch: 64, limit: 680, lanes: 2, klWarmup: 1 })
let dataFolder: string
let results: string
/** What the run left alone has in its folder: names and SHA-256. */
let reference: Record<string, string>

beforeAll(async () => {
  dataFolder = await folderWith(await smallSet(800, 100))
  results = await mkdtemp(join(tmpdir(), 'vlae-result-'))
  const alone = await trainProcess({
    saveEvery: 1e9,
    start: { settings, dataFolder, resultFolder: results, name: 'alone' },
  })
  reference = await hashes(alone.folder)
})

afterAll(async () => {
  for (const folder of [dataFolder, results]) await rm(folder, { recursive: true, force: true })
})

/** Runs a process until it ends by itself, or until `kill` says so. @param before a command that runs it */
async function trainProcess(
  order: Order,
  kill: (event: TrainerEvent) => boolean = () => false,
  before: readonly string[] = [],
) {
  const [command, ...args] = [...before, process.execPath, program, JSON.stringify(order)]
  const child = spawn(command!, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const events: TrainerEvent[] = []
  for await (const line of createInterface(child.stdout)) {
    const event = JSON.parse(line) as TrainerEvent
    events.push(event)
    if (kill(event)) child.kill('SIGKILL')
  }
  const started = events.find((event) => event.type === 'started')
  if (started === undefined) throw new Error(`training did not start: ${JSON.stringify(events)}`)
  return { folder: started.folder, events, started }
}

/** What runs a command on the first core that this process may use, with Linux' own tool; null where there is none. */
function pinned(): readonly string[] | null {
  if (process.platform !== 'linux' || spawnSync('taskset', ['--version']).status !== 0) return null
  const core = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  return core === undefined ? null : ['taskset', '-c', core]
}
const onOneCore = pinned()
if (onOneCore === null) console.info('Lanes on one core are not tried: that needs taskset (util-linux).')

async function hashes(folder: string): Promise<Record<string, string>> {
  // the one has times in it, the other what was cut off
  const own = new Set(['run.json', 'metrics-before-resume.jsonl'])
  const names = (await readdir(folder)).filter((name) => !own.has(name)).toSorted()
  const hash = async (name: string) =>
    createHash('sha256')
      .update(await readFile(join(folder, name)))
      .digest('hex')
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await hash(name)] as const)))
}

describe('a run', () => {
  it('leaves what a run should', () => {
    expect(Object.keys(reference)).toEqual([
      'metrics.jsonl',
      'optimizer_epoch1.safetensors',
      'optimizer_epoch2.safetensors',
      'resume.safetensors',
      ...[0, 1, 2].map((epoch) => `sample_conditioned_epoch${epoch}.png`),
      ...[0, 1, 2].map((epoch) => `test_recon_epoch${epoch}.png`),
      ...[0, 1, 2].map((epoch) => `vlae_condprior_epoch${epoch}.safetensors`),
    ])
  })

  it.skipIf(onOneCore === null)('of two lanes on one core ends the same', async () => {
    const start = { settings, dataFolder, resultFolder: results, name: 'one-core' }
    const { folder } = await trainProcess({ saveEvery: 1e9, start }, undefined, onOneCore!)
    expect(await hashes(folder)).toEqual(reference)
  })

  it('killed in the middle of an epoch and resumed, ends the same', async () => {
    // saved at the end of epoch 1 only, after 11 steps: those done beside that are trained again
    const start = { settings, dataFolder, resultFolder: results, name: 'killed' }
    const killed = await trainProcess({ saveEvery: 1e9, start }, (event) => event.type === 'epoch' && event.epoch === 1)
    const resumed = await trainProcess({ saveEvery: 1e9, resume: killed.folder })
    expect(resumed.started).toMatchObject({ resumed: true, step: 11, epoch: 1 })
    expect(await hashes(killed.folder)).toEqual(reference)
  })

  it.each([12, 13, 16])('killed at step %i, while epoch 1 is saved beside it, ends the same', async (step) => {
    const start = { settings, dataFolder, resultFolder: results, name: `beside-${step}` }
    const killed = await trainProcess(
      { saveEvery: 1e9, start },
      (event) => event.type === 'step' && event.step === step,
    )
    const resumed = await trainProcess({ saveEvery: 1e9, resume: killed.folder })
    const { epoch, step: from } = resumed.started
    expect([
      { epoch: 0, from: 0 },
      { epoch: 1, from: 11 },
    ]).toContainEqual({ epoch, from })
    expect(await hashes(killed.folder)).toEqual(reference)
  })

  it('killed again and again while it saves after every step, ends the same', async () => {
    const start = { settings, dataFolder, resultFolder: results, name: 'battered' }
    let killAt = 4
    const { folder } = await trainProcess(
      { saveEvery: 0, start },
      (event) => event.type === 'step' && event.step === killAt,
    )
    let kills = 1
    for (; ; kills++) {
      killAt += 4
      const delay = 7 * kills
      const { events } = await trainProcess({ saveEvery: 0, resume: folder }, (event) => {
        // a little after the step's event: somewhere in the save that follows
        if (event.type === 'step' && event.step === killAt) wait(delay)
        return event.type === 'step' && event.step === killAt
      })
      if (events.at(-1)?.type === 'state' && events.some((event) => event.type === 'done')) break
    }
    expect(kills).toBeGreaterThan(3)
    expect(await hashes(folder)).toEqual(reference)
  })

  it('paused, stopped and resumed, ends the same', async () => {
    const trainer = createTrainer({ worker })
    const steps: number[] = []
    trainer.on((event) => event.type === 'step' && steps.push(event.step))
    const reached = (step: number) =>
      new Promise<void>((resolve) => trainer.on((event) => event.type === 'step' && event.step === step && resolve()))
    const done = new Promise((resolve) =>
      trainer.on((event) => event.type === 'done' && event.epoch === 2 && resolve(0)),
    )
    const { folder } = await trainer.start({ settings, dataFolder, resultFolder: results, name: 'paused' })
    await reached(5)
    await trainer.pause()
    const at = steps.at(-1)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(steps.at(-1)).toBe(at)
    await trainer.continue()
    await reached(14)
    await trainer.stop()
    expect(trainer.phase).toBe('stopped')
    await trainer.resume({ runFolder: folder })
    await done
    await trainer.close()
    expect(await hashes(folder)).toEqual(reference)
  })
})

/** Holds this process up; the other one goes on. */
function wait(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}
