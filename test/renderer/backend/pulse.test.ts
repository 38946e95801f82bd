/** A connection that dies without a word is noticed; one whose page sleeps, or is hidden, is not given up. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fromBytes, toBytes } from '../../../preload/codec'
import { liveBackend } from '../../../renderer/backend/live'
import { pulseEvery, pulseLost } from '../../../renderer/backend/pulse'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('the pulse', () => {
  const never = new Promise<never>(() => undefined)
  let given: boolean
  const watch = (ask: () => Promise<unknown>, until: Promise<unknown> = never) => {
    given = false
    void pulseLost(ask, until).then(() => (given = true))
  }

  it('is lost within 20 seconds of the last sign of life', async () => {
    let answers = true
    watch(() => (answers ? Promise.resolve() : never))
    await vi.advanceTimersByTimeAsync(10 * pulseEvery)
    answers = false
    expect(given).toBe(false)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(given).toBe(true)
  })

  it('is there as long as answers come, be they refusals, and come they late', async () => {
    watch(() => new Promise((_, reject) => setTimeout(() => reject(new Error('no such call')), 1.5 * pulseEvery)))
    await vi.advanceTimersByTimeAsync(100 * pulseEvery)
    expect(given).toBe(false)
  })

  it('is not lost by one turn before which nothing could be heard: a machine that slept, a page that is hidden', async () => {
    let heard: () => void = () => undefined
    watch(() => new Promise<void>((resolve) => (heard = resolve)))
    for (let hour = 0; hour < 10; hour++) {
      // asked; then it sleeps, and on waking the timer comes before the answer
      await vi.advanceTimersByTimeAsync(pulseEvery)
      vi.setSystemTime(Date.now() + 3_600_000)
      const answer = heard
      await vi.advanceTimersByTimeAsync(pulseEvery)
      answer()
    }
    expect(given).toBe(false)
  })

  it('is not asked for any more when the connection has ended', async () => {
    const ask = vi.fn<() => Promise<void>>(() => Promise.resolve())
    watch(ask, Promise.resolve())
    await vi.advanceTimersByTimeAsync(10 * pulseEvery)
    expect([ask.mock.calls.length, given, vi.getTimerCount()]).toEqual([0, false, 0])
  })
})

describe('a page in a tab', () => {
  /** `open`: the server answers; `silent`: what is sent arrives nowhere, also what closes. */
  let server: 'open' | 'silent'
  let dialled: number
  class Wire extends EventTarget {
    binaryType = ''
    readyState = 0
    constructor() {
      super()
      dialled++
      if (server === 'open')
        setTimeout(() => {
          this.readyState = 1
          this.dispatchEvent(new Event('open'))
        })
    }
    send(data: Uint8Array): void {
      const { m, i } = fromBytes(data.slice().buffer) as { m: string; i: string }
      if (server === 'silent' || m === 'pause') return
      const answer = toBytes({ t: 's', i, r: null })
      this.dispatchEvent(new MessageEvent('message', { data: answer.slice().buffer }))
    }
    close(): void {
      this.readyState = 2
    }
  }

  it('says that the connection is lost, ends what waits, and is back when the app can be reached', async () => {
    server = 'open'
    dialled = 0
    vi.stubGlobal('window', {})
    vi.stubGlobal('location', new URL('http://127.0.0.1:8523/'))
    vi.stubGlobal('WebSocket', Wire)
    vi.stubGlobal('fetch', (_: string, { signal }: RequestInit) => {
      return new Promise((_, reject) => setTimeout(() => reject(new Error(String(signal))), 2000))
    })
    const backend = liveBackend()
    const links: string[] = []
    backend.open({ link: (state) => links.push(state), events: () => undefined })
    await vi.advanceTimersByTimeAsync(60_000)
    expect([links, dialled]).toEqual([['online'], 1])
    server = 'silent'
    const paused = backend.call.pause({}).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(await paused).toMatchObject({ code: 'link/lost' })
    expect(links).toEqual(['online', 'lost'])
    // nobody answers the next ones either
    await vi.advanceTimersByTimeAsync(60_000)
    expect(dialled).toBeGreaterThan(3)
    server = 'open'
    await vi.advanceTimersByTimeAsync(20_000)
    expect(links.at(-1)).toBe('online')
    expect(new Set(links)).toEqual(new Set(['online', 'lost']))
  })
})
