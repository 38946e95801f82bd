/**
 * A question that nobody has heard of goes from a page's end of the seam to the worker, and comes back: its schema and its
 * function are all there is of it (ink.ts, ink-answer.ts), and nothing in main, preload or renderer knows its name.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openSettings } from '../../main/app/settings'
import { Studio } from '../../main/app/studio'
import { createModel } from '../../main/models/create'
import { weightsName } from '../../main/runs/names'
import { startProcess, startThread, type StartHost } from '../../main/trainer/hosts'
import { createTrainer } from '../../main/trainer/trainer'
import { writeWeights } from '../../main/training/checkpoint'
import { portChannel } from '../../preload/channels'
import { runSettings, type AppEvent, type Question } from '../../preload/contract'
import { connectToApp } from '../../preload/seam'
import { epoch as epochLine, writeRun } from '../app/fake-trainer'
import { buildModules, type Built } from '../build'
import './ink'

const settings = runSettings.parse({ lanes: 1 })
const model = createModel(settings)
const results = mkdtempSync(join(tmpdir(), 'vlae-made-up-'))
let built: Built
beforeAll(async () => {
  built = await buildModules({ worker: 'test/questions/worker.ts', lane: 'main/engine/lanes/lane.ts' })
  const folder = writeRun(results, 'a', 1, { settings })
  for (const epoch of [0, 1])
    await writeWeights(
      join(folder, weightsName(epoch)),
      model.initialise(epoch),
      model.layout,
      settings,
      epochLine(epoch),
    )
})
afterAll(async () => {
  rmSync(results, { recursive: true, force: true })
  await built.remove()
})

const noise = (pictures: number) => Float32Array.from({ length: pictures * model.latentSize }, (_, i) => Math.sin(i))
const ink = (fields: object) => ({ type: 'ink', ...fields }) as unknown as Question

describe.each([
  ['thread', startThread],
  ['process', startProcess],
] satisfies [string, StartHost][])('in a %s', (_name, host) => {
  let studio: Studio
  let app: ReturnType<typeof connectToApp>
  const events: AppEvent[] = []
  const { port1, port2 } = new MessageChannel()
  beforeAll(() => {
    const worker = pathToFileURL(join(built.folder, 'worker.js'))
    studio = new Studio({
      trainer: createTrainer({ worker, host: () => host }),
      settings: openSettings(() => ({ path: join(results, 'none'), store: {} })),
      door: { kind: 'tab' },
      resultFolder: results,
      version: '0.0.0',
    })
    studio.connect(portChannel(port2))
    app = connectToApp({ events: (batch) => void events.push(...batch) }, portChannel(port1))
  })
  afterAll(async () => {
    await studio.close()
    port1.close()
  })

  it('is answered by its function, with typed arrays both ways', async () => {
    const asked = { run: 'a', epoch: 1, task: 't', question: ink({ noise: noise(3) }) }
    const answer = (await app.ask(asked)) as unknown as Float32Array
    expect(answer).toBeInstanceOf(Float32Array)
    expect(answer).toHaveLength(3)
    // an untrained network's greys are in the middle
    for (const grey of answer) expect(Math.abs(grey - 0.5)).toBeLessThan(0.2)
    expect(new Set(answer).size).toBe(3)
    expect(await app.ask(asked)).toEqual(answer)
    expect(await app.ask({ ...asked, epoch: 0 })).not.toEqual(answer)
    await vi.waitFor(() =>
      expect(events.findLast((event) => event.type === 'task')?.task).toMatchObject({
        title: 'Weighing ink',
        ended: true,
      }),
    )
  })

  it('is refused by its schema before anybody is asked', async () => {
    const asked = { run: 'a', epoch: 1, task: 't' }
    await expect(app.ask({ ...asked, question: ink({ noise: [1, 2] }) })).rejects.toMatchObject({
      code: 'call/invalid',
      message: expect.stringContaining('question.noise') as string,
    })
    const unknown = { type: 'constructor' } as unknown as Question
    await expect(app.ask({ ...asked, question: unknown })).rejects.toMatchObject({
      code: 'call/invalid',
      message: '“question.type” is not right: is not a question that can be asked.',
    })
  })

  it('tells how far it is, and can be given up', async () => {
    const long = app.ask({ run: 'a', epoch: 1, task: 'long', question: ink({ noise: noise(100_000) }) })
    long.catch(() => undefined)
    await vi.waitFor(() => {
      const last = events.findLast((event) => event.type === 'task' && event.task.id === 'long')
      expect(last).toMatchObject({ task: { ended: false, progress: expect.any(Number) as number } })
    })
    await app.cancel({ task: 'long' })
    await expect(long).rejects.toMatchObject({ code: 'cancelled' })
    // the worker is free again
    const next = await app.ask({ run: 'a', epoch: 1, task: 'next', question: ink({ noise: noise(1) }) })
    expect(next).toHaveLength(1)
  })
})
