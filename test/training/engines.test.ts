/** The engines are measured while nobody needs the processor more. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { Chooser } from '../../main/engine/choose/choose'
import { AppError } from '../../preload/errors'
import { listening, small, workplace } from './set-up'

let place: Awaited<ReturnType<typeof workplace>>
beforeAll(async () => {
  place = await workplace()
})
afterAll(() => place.remove())

/** What was asked of the chooser; a measuring takes until it is given up. */
function measuring() {
  const asked: string[] = []
  const list = async (_workload: unknown, measure: string, signal: AbortSignal) => {
    asked.push(measure)
    if (measure !== 'none')
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    return []
  }
  return { asked, ...listening({ chooser: { list } as unknown as Chooser }) }
}

it('a run that begins ends the measuring of engines, which are then told without', async () => {
  const { asked, service, idle } = measuring()
  const engines = service.engines({ again: false })
  await vi.waitUntil(() => asked.length === 1)
  const ended = idle()
  await service.start(await place.newRun())
  expect(await engines).toEqual([])
  expect(await service.engines({ again: true })).toEqual([])
  await ended
  expect(asked).toEqual(['unknown', 'none', 'none'])
  // it has ended a moment after it has said so
  await new Promise(setImmediate)
  void service.engines({ again: true }).catch(() => undefined)
  await vi.waitUntil(() => asked.at(-1) === 'all')
  await service.leave()
})

it('the end of the app ends it, too, and nothing is told any more', async () => {
  const { asked, service } = measuring()
  const refusal = service.engines({ again: false }).catch((thrown: unknown) => thrown)
  await vi.waitUntil(() => asked.length === 1)
  await service.leave()
  expect(await refusal).toBeInstanceOf(AppError)
  expect(asked).toEqual(['unknown'])
})

it('what a first press would wait for comes before it', async () => {
  const { asked, service } = measuring()
  const ready = service.prepare(small).then(() => asked.length)
  const engines = service.engines({ again: false }).catch(() => undefined)
  expect(await ready).toBe(0)
  await vi.waitUntil(() => asked.length === 1)
  await service.leave()
  await engines
})
