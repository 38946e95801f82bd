/** A small run on real digits, in this thread: what the tests of whole runs start from. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { makeRunFolder } from '../../main/runs/folder'
import type { NewRun } from '../../main/trainer/calls'
import type { TrainerEvent } from '../../main/trainer/events'
import { PreparedEngines } from '../../main/training/prepared-engines'
import { createService, type ServiceOptions } from '../../main/training/service'
import { runSettings, type RunSettings } from '../../preload/contract'
import { isOpen } from '../../preload/life'
import { folderWith, smallSet } from '../mnist/small-set'

/** 30 training images in 4 steps an epoch, 20 test images. */
export const small: RunSettings = runSettings.parse({
  engine: 'onnx-cpu',
  epochs: 2,
  batch: 8,
  klWarmup: 1,
  seed: 5,
  lanes: 1,
})

export async function workplace() {
  const dataFolder = await folderWith(await smallSet())
  const results = await mkdtemp(join(tmpdir(), 'vlae-result-'))
  const newRun = async (change: Partial<NewRun> = {}): Promise<NewRun> => {
    const name = change.name ?? 'test'
    const folder = await makeRunFolder(results, name)
    return { folder, name, settings: small, dataFolder, bundled: false, from: null, ...change }
  }
  const remove = async () => {
    for (const folder of [dataFolder, results]) await rm(folder, { recursive: true, force: true })
  }
  return { dataFolder, results, newRun, remove }
}

/** On the engine that every computer has. Made once: compiling a training step takes its time. */
export const engines = new PreparedEngines(async ({ lanes }) => new OnnxEngine(lanes))

/** The service of the training thread, with its events kept. */
export function listening(options: ServiceOptions = {}) {
  const events: TrainerEvent[] = []
  const progress: [id: number, done: number, total: number][] = []
  const listeners = new Set<(event: TrainerEvent) => void>()
  const service = createService(
    {
      event: (event) => {
        events.push(event)
        for (const listener of listeners) listener(event)
      },
      progress: (...call) => progress.push(call),
    },
    { engines, ...options },
  )
  /** Resolves with the next event that fits. */
  const next = (fits: (event: TrainerEvent) => boolean): Promise<TrainerEvent> =>
    new Promise((resolve) => {
      const listener = (event: TrainerEvent) => {
        if (!fits(event)) return
        listeners.delete(listener)
        resolve(event)
      }
      listeners.add(listener)
    })
  const idle = () => next((event) => event.type === 'state' && !isOpen(event.state))
  const step = (number: number) => next((event) => event.type === 'step' && event.step === number)
  return { service, events, progress, next, idle, step }
}
