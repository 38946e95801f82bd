/** A barrier between real threads. */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Barrier } from '../../../main/engine/lanes/barrier'
import { type Built, buildModules } from '../../build'
import type { Party } from './barrier-party'

describe('threads', () => {
  let built: Built
  beforeAll(async () => {
    built = await buildModules({ party: 'test/engine/lanes/barrier-party.ts' })
  })
  afterAll(() => built.remove())

  it.each([2, 3, 5])('pass it together, two thousand times: %d of them', async (parties) => {
    const memory = new SharedArrayBuffer(Barrier.bytes)
    const arrivals = new SharedArrayBuffer(4 * parties)
    const tooEarly = await Promise.all(
      Array.from({ length: parties }, (_, index) => {
        const workerData: Party = { memory, arrivals, index, parties, rounds: 2000 }
        return new Promise<number>((resolve, reject) => {
          const worker = new Worker(join(built.folder, 'party.js'), { workerData })
          worker.once('message', resolve)
          worker.once('error', reject)
        })
      }),
    )
    expect(tooEarly).toEqual(tooEarly.map(() => 0))
    expect([...new Int32Array(arrivals)]).toEqual(tooEarly.map(() => 2000))
    expect([...new Int32Array(memory)], 'nobody is left in it').toEqual([0, 2000, 0])
  })
})

describe('a thread alone', () => {
  it('passes a barrier for one', async () => {
    const barrier = new Barrier(new SharedArrayBuffer(Barrier.bytes), 1)
    await expect(barrier.pass()).resolves.toBe(true)
    await expect(barrier.pass()).resolves.toBe(true)
  })

  it('looks up now and then while it waits, and can give up', async () => {
    const barrier = new Barrier(new SharedArrayBuffer(Barrier.bytes), 2)
    let looks = 0
    const waiting = barrier.pass(() => {
      if (++looks === 2) throw new Error('the other is gone')
    })
    await expect(waiting).rejects.toThrow('the other is gone')
    expect(looks).toBe(2)
  })

  it('is let go when the barrier is abandoned, and does not wait any more', async () => {
    const memory = new SharedArrayBuffer(Barrier.bytes)
    const [barrier, other] = [new Barrier(memory, 2), new Barrier(memory, 2)]
    const waiting = barrier.pass(() => other.abandon())
    await expect(waiting).resolves.toBe(false)
    await expect(barrier.pass()).resolves.toBe(false)
  })
})
