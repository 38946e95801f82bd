/** An epoch's files are written beside the steps that follow it: what may go on meanwhile, and what waits. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { disk } from '../../main/files/layer'
import { readRunFile } from '../../main/runs/folder'
import { optimizerName, samplesName, weightsName } from '../../main/runs/names'
import type { TrainerEvent } from '../../main/trainer/events'
import { Beside } from '../../main/training/beside'
import type { Life } from '../../main/training/life'
import { FaultyLayer, restoreDisk, systemError } from '../files/faulty-layer'
import { train, type Stretch } from './small-session'

// what is drawn does not matter here, and takes long
vi.mock('../../main/training/gallery', () => {
  const picture = async (_: unknown, parameters: Float32Array) => new Uint8Array(parameters.slice().buffer)
  return { samplesPicture: picture, reconstructionsPicture: picture }
})

const folder = '/run'
let layer: FaultyLayer
/** What the run that trains now has told. */
let events: TrainerEvent[]
let life: Life
beforeEach(() => {
  layer = new FaultyLayer().install()
  events = []
})
afterEach(restoreDisk)

/** Until the rest has come to where it waits. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** The disk stands still where a file of this name would be there; until it is let go on, or fails. */
function holdAt(name: string): { goOn: () => void; fail: (code: string) => void } {
  let goOn!: () => void
  let fail!: (error: Error) => void
  const held = new Promise<void>((resolve, reject) => ((goOn = resolve), (fail = reject)))
  const rename = disk.rename
  disk.rename = async (from, to) => {
    if (to === `${folder}/${name}`) await held
    await rename(from, to)
  }
  return { goOn, fail: (code) => fail(systemError(code)) }
}

/** @param then what is done at an event that was taken note of */
function trains(resumes = false, then: (event: TrainerEvent) => void = () => {}): Promise<Stretch> {
  return train(folder, {
    resumes,
    on: (event, ofRun) => {
      events.push(event)
      life = ofRun
      then(event)
    },
  })
}

const stepsTold = () => events.flatMap((event) => (event.type === 'step' ? [event.step] : []))
const epochsTold = () => events.flatMap((event) => (event.type === 'epoch' ? [event.epoch] : []))
const phasesTold = () => events.flatMap((event) => (event.type === 'state' ? [event.state] : []))
const linesOf = (on = layer) =>
  Buffer.from(on.content(`${folder}/metrics.jsonl`) ?? [])
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { type: string; step: number; epoch: number })

function filesOf(on: FaultyLayer): Record<string, string> {
  const names = on.paths().filter((path) => !/run\.json|before-resume|\.tmp$/.test(path))
  return Object.fromEntries(names.toSorted().map((path) => [path, Buffer.from(on.content(path)!).toString('hex')]))
}

/** Of a run whose disk never stands still. */
async function alone(): Promise<Record<string, string>> {
  const other = new FaultyLayer().install()
  await train(folder, { resumes: false })
  layer.install()
  return filesOf(other)
}

describe('while the first epoch’s files are written', () => {
  it('the second one is trained, and not ended: one epoch at most is on its way to the disk', async () => {
    const expected = await alone()
    const held = holdAt(weightsName(1))
    const trained = trains()
    await settled()
    expect(stepsTold()).toEqual([1, 2, 3, 4, 5, 6])
    expect(epochsTold()).toEqual([0])
    expect(layer.content(`${folder}/${samplesName(1)}`)).toBeDefined()
    expect(layer.content(`${folder}/${samplesName(2)}`)).toBeUndefined()
    held.goOn()
    await trained
    expect(epochsTold()).toEqual([0, 1, 2])
    expect(filesOf(layer)).toEqual(expected)
  })

  it('no line of metrics comes before its own', async () => {
    const held = holdAt(weightsName(1))
    const trained = trains()
    await settled()
    expect(linesOf().map(({ step }) => step)).toEqual([0])
    held.goOn()
    await trained
    expect(linesOf().map(({ type, step }) => `${type} ${step}`)).toEqual(
      ['epoch 0', 'step 1', 'step 2', 'step 3', 'epoch 3', 'step 4', 'step 5', 'step 6', 'epoch 6'], // prettier-ignore
    )
  })

  it.each([weightsName(1), 'resume.safetensors', optimizerName(1)])(
    'the process is killed (at %s): the run goes on from the state that is there, to the same',
    async (name) => {
      const expected = await alone()
      // of epoch 1 is the third state: a new run has one, and the end of epoch 0
      let states = 0
      const isHeld = (to: string) => to === `${folder}/${name}` && (name !== 'resume.safetensors' || ++states === 3)
      const rename = disk.rename
      disk.rename = async (from, to) => (isHeld(to) ? new Promise<never>(() => {}) : rename(from, to))
      void trains()
      await settled()
      expect(stepsTold()).toContain(6)
      layer = layer.left().kill.install()
      const saved = (await readRunFile(folder)).epoch
      expect(saved).toBe(name === optimizerName(1) ? 1 : 0)
      events = []
      await trains(true)
      expect(stepsTold()[0]).toBe(3 * saved + 1)
      expect(filesOf(layer)).toEqual(expected)
    },
  )

  it('a pause waits for them, and is one of the last step', async () => {
    const expected = await alone()
    const held = holdAt(weightsName(1))
    const trained = trains(false, (event) => {
      if (event.type === 'step' && event.step === 5) void life.pause()
    })
    await settled()
    expect(stepsTold().at(-1)).toBe(5)
    expect(phasesTold().at(-1)).toBe('pausing')
    held.goOn()
    await settled()
    expect(phasesTold().at(-1)).toBe('paused')
    expect(await readRunFile(folder)).toMatchObject({ status: 'paused', step: 5, epoch: 1 })
    await life.continue()
    await trained
    expect(filesOf(layer)).toEqual(expected)
  })

  it('a stop waits for them, and the run goes on from its last step', async () => {
    const expected = await alone()
    const held = holdAt(weightsName(1))
    const trained = trains(false, (event) => {
      if (event.type === 'step' && event.step === 5) void life.stop()
    })
    await settled()
    expect(phasesTold().at(-1)).toBe('stopping')
    held.goOn()
    await trained
    expect(epochsTold()).toEqual([0, 1])
    expect(await readRunFile(folder)).toMatchObject({ status: 'stopped', step: 5, epoch: 1 })
    await trains(true)
    expect(filesOf(layer)).toEqual(expected)
  })

  it('the disk is full: training stands still, and nothing is lost once there is room', async () => {
    const expected = await alone()
    let full = true
    const create = disk.create
    disk.create = async (path) => {
      if (full && path.includes(weightsName(1))) throw systemError('ENOSPC')
      return create(path)
    }
    await trains(false, (event) => {
      // as long as it is full, it is told again and again
      if (event.type === 'failure' && events.filter(({ type }) => type === 'failure').length === 5) full = false
    })
    const failures = events.filter(({ type }) => type === 'failure')
    expect(failures).toHaveLength(5)
    const [first, last] = [events.indexOf(failures[0]!), events.indexOf(failures[4]!)]
    const between = events.slice(first, last).filter(({ type }) => type === 'step')
    // the one that was under way
    expect(between.length).toBeLessThanOrEqual(1)
    expect(filesOf(layer)).toEqual(expected)
  })

  it('the disk fails: the run ends where it was saved last, and says so', async () => {
    const held = holdAt(weightsName(1))
    const trained = trains()
    await settled()
    held.fail('EIO')
    await trained
    expect(events.at(-2)).toMatchObject({
      type: 'failure',
      waits: false,
      error: { code: 'disk/io', message: expect.stringContaining('as it was saved at step 0') },
    })
    expect(epochsTold()).toEqual([0])
    expect(linesOf().filter(({ type }) => type === 'epoch')).toHaveLength(1)
    restoreDisk()
    layer = layer.left().kill.install()
    await trains(true)
    expect(filesOf(layer)).toEqual(await alone())
  })
})

describe('work beside', () => {
  it('tells what it failed with to all who look, and takes nothing back', async () => {
    const beside = new Beside()
    beside.begin(async () => {
      throw new Error('No.')
    })
    expect(beside.busy).toBe(true)
    expect(() => beside.check()).not.toThrow()
    await expect(beside.done()).rejects.toThrow('No.')
    expect(beside.busy).toBe(false)
    expect(() => beside.check()).toThrow('No.')
    beside.begin(async () => {})
    await expect(beside.done()).rejects.toThrow('No.')
  })
})
