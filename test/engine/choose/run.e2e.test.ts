/** Whole small runs that lose their device, or go on where there is none. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Chooser } from '../../../main/engine/choose/choose'
import type { Probe } from '../../../main/engine/choose/probe'
import type { Engine } from '../../../main/engine/engine'
import { OnnxEngine } from '../../../main/engine/lanes/cpu'
import { makeRunFolder, readRunFile } from '../../../main/runs/folder'
import type { TrainerEvent } from '../../../main/trainer/events'
import { PreparedEngines } from '../../../main/training/prepared-engines'
import { createService } from '../../../main/training/service'
import { runSettings } from '../../../preload/contract'
import { isOpen } from '../../../preload/life'
import { folderWith, smallSet } from '../../mnist/small-set'
import { found, lookAt } from '../stand-in'
import { machine, withNvidia } from './machines'

let place: string
let dataFolder: string
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'vlae-choose-'))
  dataFolder = await folderWith(await smallSet())
})
afterAll(async () => {
  for (const folder of [place, dataFolder]) await rm(folder, { recursive: true, force: true })
})

/** The compiled engine, called a card's, which is lost for good at a step, counted over all learners. */
function card(lostAt: number): Engine {
  const inner = new OnnxEngine(1)
  let steps = 0
  return {
    name: 'onnx-cuda',
    device: 'A card',
    prepare: (...args) => inner.prepare(...args),
    async learner(options) {
      const learner = await inner.learner(options)
      return {
        load: (state) => learner.load(state),
        async step(input) {
          if (++steps >= lostAt) throw new Error('device lost')
          return learner.step(input)
        },
        state: () => learner.state(),
        release: () => learner.release(),
      }
    },
  }
}

const cpu = found(new OnnxEngine(1), 'cpu')

function workshop(look: (name: Probe['name']) => Promise<Probe>) {
  const events: TrainerEvent[] = []
  let ended: () => void
  const event = (event: TrainerEvent) => {
    events.push(event)
    if (event.type === 'state' && !isOpen(event.state)) ended()
  }
  const tell = (message: string) => event({ type: 'notice', folder: null, message })
  const chooser = new Chooser({ tell, look, system: machine(withNvidia), cacheFile: join(place, 'engines.json') })
  const engines = new PreparedEngines((request) => chooser.create(request))
  const service = createService({ event, progress: () => {} }, { chooser, engines })
  const until = async (begin: () => Promise<void>) => {
    const end = new Promise<void>((resolve) => (ended = resolve))
    await begin()
    await end
  }
  const notices = () => events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
  return { service, until, notices, events }
}

async function newRun(engine: 'onnx-cuda' | 'onnx-cpu', epochs = 1) {
  const settings = runSettings.parse({ epochs, batch: 8, klWarmup: 1, lanes: 1, engine })
  const folder = await makeRunFolder(place, engine)
  return { folder, name: engine, settings, dataFolder, bundled: false, from: null }
}

const metrics = (folder: string) => readFile(join(folder, 'metrics.jsonl'), 'utf8')

it('a run that loses its device goes on from the last step on the CPU, says so, and run.json names the CPU', async () => {
  // The first step is the check's
  const { service, until, notices } = workshop(lookAt(cpu, found(card(4))))
  const run = await newRun('onnx-cuda')
  await until(() => service.start(run))
  expect(notices().at(-1)).toBe('A card stopped working (device lost). Going on from the last step on the CPU.')
  const file = await readRunFile(run.folder)
  expect(file).toMatchObject({ status: 'done', engine: { name: 'onnx-cpu', device: 'CPU, 1 lane, kernels' } })
  expect(file.settings.engine).toBe('onnx-cuda')
  const undisturbed = await newRun('onnx-cpu')
  await until(() => service.start(undisturbed))
  expect(await metrics(run.folder)).toBe(await metrics(undisturbed.folder))
})

it('a run goes on with the engine that it was on; where that is gone, with another, and says why', async () => {
  const first = workshop(lookAt(cpu, found(card(Infinity))))
  const run = await newRun('onnx-cuda', 2)
  await first.until(async () => {
    await first.service.start(run)
    await first.service.stop()
  })
  expect(await readRunFile(run.folder)).toMatchObject({ status: 'stopped', engine: { name: 'onnx-cuda' } })

  const there = workshop(lookAt(cpu, found(card(Infinity))))
  await there.until(async () => {
    await there.service.resume({ folder: run.folder, bundledFolder: null })
    await there.service.stop()
  })
  expect(there.notices()).toEqual([])
  expect((await readRunFile(run.folder)).engine.name).toBe('onnx-cuda')

  const gone = workshop(lookAt(cpu))
  await gone.until(() => gone.service.resume({ folder: run.folder, bundledFolder: null }))
  expect(gone.notices()).toEqual([
    'The engine onnx-cuda cannot be used: It is not installed.',
    expect.stringMatching(/^This run began on onnx-cuda \(A card\) and goes on with onnx-cpu \(CPU, 1 lane, kernels\)/),
  ])
  expect(await readRunFile(run.folder)).toMatchObject({ status: 'done', engine: { name: 'onnx-cpu' } })
})
