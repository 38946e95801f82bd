/** The life of a run that trains, pressed at by a person at every moment there is: races are pairs of the table. */
import * as fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { readRunFile } from '../../main/runs/folder'
import { resumeName, weightsName } from '../../main/runs/names'
import type { TrainerEvent } from '../../main/trainer/events'
import { Life } from '../../main/training/life'
import type { Phase } from '../../preload/life'
import { FaultyLayer, restoreDisk } from '../files/faulty-layer'
import { train, type Stretch } from './small-session'

// what is drawn does not matter here, and takes long
vi.mock('../../main/training/gallery', () => {
  const picture = async (_: unknown, parameters: Float32Array) => new Uint8Array(parameters.slice().buffer)
  return { samplesPicture: picture, reconstructionsPicture: picture }
})

const folder = '/run'
/** In memory: nothing fails. */
let disk: FaultyLayer
/** Whether steps are done while something is written beside them. */
let slow = false
function newDisk(): void {
  disk = new FaultyLayer(undefined, slow).install()
}
const contentOf = (name: string) => Buffer.from(disk.content(`${folder}/${name}`)!)
const compared = ['metrics.jsonl', weightsName(2)]

/** What a run tells and leaves that nobody has pressed at. */
let alone: { events: readonly TrainerEvent[]; files: Buffer[] }
beforeEach(newDisk)
afterAll(restoreDisk)

const phasesOf = ({ events }: Pick<Stretch, 'events'>) =>
  events.flatMap((event) => (event.type === 'state' ? [event.state] : []))
const settled = () => new Promise((resolve) => setImmediate(resolve))

function expectLikeAlone(): void {
  expect(compared.map((name) => contentOf(name).toString('hex'))).toEqual(
    alone.files.map((file) => file.toString('hex')),
  )
}

type Action = 'pause' | 'continue' | 'stop'

/** Presses at events of a run; one that stands still then is asked to go on, so that it comes to an end. */
async function pressed(resumes: boolean, at: ReadonlyMap<number, Action>): Promise<Stretch> {
  let count = 0
  return train(folder, {
    resumes,
    on: (event, life) => {
      const action = at.get(count++)
      // what is refused is told to who has pressed, and changes nothing
      if (action !== undefined) void life[action]().catch(() => undefined)
      if (event.type === 'state' && event.state === 'paused')
        setImmediate(() => life.phase === 'paused' && void life.continue())
    },
  })
}

describe.each([
  ['that takes no time', false],
  ['slower than the steps beside it', true],
])('on a disk %s', (_, slowly) => {
  beforeAll(async () => {
    slow = slowly
    newDisk()
    alone = { events: (await train(folder, { resumes: false })).events, files: compared.map(contentOf) }
  })
  afterAll(() => {
    slow = false
  })

  it('goes its way alone', () => {
    expect(phasesOf(alone)).toEqual(['starting', 'training', 'done'])
  })

  describe.each(['pause', 'stop'] as const)('%s, pressed at any moment', (action) => {
    it('is followed, or comes too late; and the run ends with the same numbers', async () => {
      for (const at of alone.events.keys()) {
        newDisk()
        const stretch = await pressed(false, new Map([[at, action]]))
        const told = phasesOf(stretch)
        // the last save is of a run that is done already
        const inTime = at < alone.events.findLastIndex(({ type }) => type === 'saved')
        expect(told.includes('paused')).toBe(action === 'pause' && inTime)
        expect(told.at(-1)).toBe(action === 'stop' && inTime ? 'stopped' : 'done')
        expect(stretch.events.filter(({ type }) => type === 'failure')).toEqual([])
        const { status } = await readRunFile(folder)
        expect(status).toBe(told.at(-1))
        if (status === 'stopped') await train(folder, { resumes: true })
        expectLikeAlone()
      }
    }, 60_000)
  })

  it('is pressed at again and again, in any order, and ends with the same numbers', async () => {
    const actions = fc.array(
      fc.tuple(fc.nat(60), fc.constantFrom<Action[]>('pause', 'continue', 'pause', 'continue', 'stop')),
      { maxLength: 12 },
    )
    await fc.assert(
      fc.asyncProperty(actions, async (at) => {
        newDisk()
        let stretch = await pressed(false, new Map(at))
        for (let more = 0; phasesOf(stretch).at(-1) === 'stopped'; more++) {
          expect(more).toBeLessThan(2)
          stretch = await pressed(true, new Map())
        }
        expect([stretch.refused, phasesOf(stretch).at(-1)]).toEqual([null, 'done'])
        expectLikeAlone()
      }),
      { numRuns: 200 },
    )
  }, 60_000)
})

describe('a person', () => {
  let entered: Phase[]
  function living(...events: Parameters<Life['take']>[0][]): Life {
    entered = []
    const life = new Life((phase) => entered.push(phase))
    for (const event of events) life.take(event)
    return life
  }
  /** Whether a promise is settled by now, and how. */
  async function now(promise: Promise<unknown>): Promise<string> {
    const pending = settled().then(() => 'pending')
    return Promise.race([
      promise.then(
        () => 'done',
        (error: { code: string }) => error.code,
      ),
      pending,
    ])
  }

  it('who pauses while the run is prepared finds it paused before its first step', async () => {
    const life = living('start')
    const paused = life.pause()
    life.take('opened')
    await expect(life.begun()).resolves.toBeUndefined()
    expect(await now(paused)).toBe('pending')
    life.take('stands')
    expect(await now(paused)).toBe('done')
    expect(entered).toEqual(['starting', 'pausing', 'paused'])
  })

  it('who stops while it pauses is followed, and so is who paused', async () => {
    const life = living('start', 'opened')
    const [paused, stopped] = [life.pause(), life.stop()]
    life.take('stands')
    expect([await now(paused), await now(stopped)]).toEqual(['pending', 'pending'])
    life.take('left')
    expect([await now(paused), await now(stopped), life.phase]).toEqual(['done', 'done', 'stopped'])
  })

  it('who goes on while it is being stopped is told that it is', async () => {
    const life = living('start', 'opened', 'stop')
    expect(await now(life.continue())).toBe('training/stopping')
    expect(life.phase).toBe('stopping')
  })

  it('who wants to go on with a full disk is told why that is not possible, each time', async () => {
    const life = living('start', 'opened')
    const { AppError } = await import('../../preload/errors')
    const full = new AppError('disk/full', 'The disk is full.', 'Make room.')
    life.take('full', full)
    for (let i = 0; i < 2; i++) {
      const going = life.continue()
      expect(await now(going)).toBe('pending')
      life.take('full', full)
      expect(await now(going)).toBe('disk/full')
    }
    const going = life.continue()
    life.take('written')
    expect([await now(going), life.phase]).toEqual(['done', 'training'])
  })

  it('who waits is answered when the run fails, and who started it hears why', async () => {
    const life = living('start')
    const [begun, paused] = [life.begun(), life.pause()]
    const { AppError } = await import('../../preload/errors')
    life.take('failed', new AppError('disk/denied', 'No.', 'Allow it.'))
    expect([await now(begun), await now(paused), life.phase]).toEqual(['disk/denied', 'done', 'failed'])
  })

  it('is refused what cannot be, and nothing changes', () => {
    const life = living('start', 'opened', 'pause', 'stands')
    for (const event of ['start', 'opened', 'left'] as const)
      expect(() => life.take(event)).toThrow(/just being started|inside the app/)
    expect(life.phase).toBe('paused')
  })
})

it('saves before it stands still or ends, and not after', async () => {
  for (const action of ['pause', 'stop'] as const) {
    newDisk()
    let then: Buffer | null = null
    await train(folder, {
      resumes: false,
      on: (event, life) => {
        if (event.type === 'step' && event.step === 4) void life[action]()
        if (event.type !== 'state' || !['paused', 'stopped'].includes(event.state)) return
        then = contentOf(resumeName)
        if (event.state === 'paused') setImmediate(() => void life.stop())
      },
    })
    expect(then!.equals(contentOf(resumeName))).toBe(true)
    expect(await readRunFile(folder)).toMatchObject({ status: 'stopped', step: 4 })
  }
})
