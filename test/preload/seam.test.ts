/** The seam over the channels that carry it: values, typed arrays and errors arrive as they left. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { portChannel, socketChannel } from '../../preload/channels'
import { fromBytes, toBytes } from '../../preload/codec'
import type { AppEvent, CallHandlers, Tiles } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { Channel } from '../../preload/rpc'
import { connectToApp, connectToPage } from '../../preload/seam'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function socketPair(): Promise<{ page: Channel; app: Channel; raw: WebSocket }> {
  const server: Server = createServer()
  const sockets = new WebSocketServer({ server })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const app = new Promise<Channel>((resolve) => sockets.once('connection', (socket) => resolve(socketChannel(socket))))
  const raw = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  await new Promise<void>((resolve) => raw.addEventListener('open', () => resolve(), { once: true }))
  closing.push(() => new Promise((resolve) => (sockets.clients.forEach((c) => c.terminate()), server.close(resolve))))
  return { page: socketChannel(raw), app: await app, raw }
}

function portPair(): { page: Channel; app: Channel } {
  const { port1, port2 } = new MessageChannel()
  closing.push(() => port1.close())
  return { page: portChannel(port1), app: portChannel(port2) }
}

const pixels = Uint8Array.from({ length: 80 * 784 }, (_, i) => i % 256)
const picture: Tiles = { rows: 10, columns: 8, pixels, labels: new Uint8Array(80).fill(7) }

/** Only what a test calls. */
function handlers(some: Partial<CallHandlers>): CallHandlers {
  return some as CallHandlers
}

describe.each([
  ['a message port', async () => portPair()],
  ['a WebSocket', socketPair],
])('over %s', (_name, pair) => {
  it('carries pictures, columns and plain values', async () => {
    const { page, app } = await pair()
    const column = Float32Array.from([1.5, -0, NaN, Infinity, 1e-45])
    const steps = {
      step: Int32Array.from([1, 2, 3, 4, -5]),
      epoch: column,
      values: { loss: column, empty: new Float32Array(0) },
    }
    const history = vi.fn<CallHandlers['history']>(async () => ({ run: 'a', from: 0, to: 5, steps, epochs: [] }))
    connectToPage(handlers({ picture: async () => picture, history, pause: async () => undefined }), app)
    const remote = connectToApp({ events: () => undefined }, page)
    expect(await remote.picture({ run: 'a', epoch: 3, kind: 'samples' })).toEqual(picture)
    const span = await remote.history({ run: 'a' })
    expect(span.steps).toEqual(steps)
    expect(Object.is(span.steps.values['loss']![1], -0)).toBe(true)
    expect(history).toHaveBeenCalledWith({ run: 'a', since: 0, points: 4000 })
    expect((await remote.pause({})) ?? undefined).toBeUndefined()
  })

  it('carries an error with its code, message, remedy and details', async () => {
    const { page, app } = await pair()
    const error = new AppError('run/gone', 'The run is not there.', 'Pick another.', { details: 'ENOENT' })
    connectToPage(handlers({ stop: () => Promise.reject(error), pause: () => Promise.reject(new Error('boom')) }), app)
    const remote = connectToApp({ events: () => undefined }, page)
    const caught = await remote.stop({}).catch((thrown: unknown) => thrown)
    expect(caught).toBeInstanceOf(AppError)
    expect((caught as AppError).toData()).toEqual(error.toData())
    await expect(remote.pause({})).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('boom') as string,
    })
  })

  it('refuses a wrong input before a handler sees it, and names the field', async () => {
    const { page, app } = await pair()
    const picture = vi.fn<CallHandlers['picture']>()
    connectToPage(handlers({ picture }), app)
    const remote = connectToApp({ events: () => undefined }, page)
    for (const run of ['..', '../other', 'a/b', '/', '', '.hidden', 'a\0'])
      await expect(remote.picture({ run, epoch: 0, kind: 'samples' })).rejects.toMatchObject({
        code: 'call/invalid',
        message: expect.stringContaining('“run”') as string,
      })
    await expect(remote.picture({ run: 'a', epoch: -1, kind: 'samples' })).rejects.toThrow('“epoch”')
    await expect(remote.picture({ run: 'a', epoch: 0, kind: 'samples', more: 1 } as never)).rejects.toThrow('more')
    expect(picture).not.toHaveBeenCalled()
  })

  it('finds no call that the contract does not name', async () => {
    const { page, app } = await pair()
    connectToPage(handlers({}), app)
    const remote = connectToApp({ events: () => undefined }, page) as unknown as Record<string, () => Promise<unknown>>
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty', 'nothing'])
      await expect(remote[name]!()).rejects.toBeInstanceOf(AppError)
  })

  it('sends events to the page, and rejects what waits when it is closed', async () => {
    const { page, app } = await pair()
    const events = vi.fn<(batch: AppEvent[]) => void>()
    const remotePage = connectToPage(handlers({ stop: () => new Promise(() => undefined) }), app)
    const remote = connectToApp({ events }, page)
    const batch: AppEvent[] = [{ type: 'runs', changed: [], gone: ['a'] }]
    await remotePage.events.asEvent(batch)
    await vi.waitFor(() => expect(events).toHaveBeenCalledWith(batch))
    const stop = remote.stop({})
    stop.catch(() => undefined)
    await remote.pause({}).catch(() => undefined)
    remote.$close(new AppError('connection/lost', 'Cut off.', 'Wait.'))
    await expect(stop).rejects.toMatchObject({ code: 'connection/lost' })
  })
})

it('drops messages that are none, and goes on', async () => {
  const { port1, port2 } = new MessageChannel()
  closing.push(() => port1.close())
  connectToPage(handlers({ picture: async () => picture }), portChannel(port2))
  const malformed = [
    undefined,
    null,
    1,
    'x',
    [],
    {},
    { t: 'q' },
    { t: 'q', m: { toString: 1 }, a: [], i: '1' },
    { t: 'q', m: 'picture', a: null, i: '1' },
    { t: 's', i: '1', e: null },
    { t: 's', i: 4 },
    // fields of the other kind, which would be taken for an error that crosses
    { t: 'q', m: 'picture', a: [], i: '1', e: null },
    { t: 'q', m: 'nothing', a: [], e: {} },
  ]
  for (const message of malformed) port1.postMessage(message)
  const remote = connectToApp({ events: () => undefined }, portChannel(port1))
  expect((await remote.picture({ run: 'a', epoch: 0, kind: 'samples' })).rows).toBe(10)
})

it('cuts off a socket that sends no messages of ours', async () => {
  for (const data of ['text', Uint8Array.of(0xc1), Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff)]) {
    const { app, raw } = await socketPair()
    connectToPage(handlers({}), app)
    const closed = new Promise<{ code: number }>((resolve) =>
      raw.addEventListener('close', (event) => resolve(event), { once: true }),
    )
    raw.send(data)
    expect((await closed).code).toBe(1007)
  }
})

it('tells the caller of an answer that cannot be sent', async () => {
  const { page, app } = await socketPair()
  let deep: unknown = 0
  for (let i = 0; i < 1000; i++) deep = [deep]
  connectToPage(handlers({ reveal: async () => deep as string }), app)
  await expect(connectToApp({ events: () => undefined }, page).reveal({ run: 'a' })).rejects.toMatchObject({
    code: 'internal',
    message: expect.stringContaining('deep') as string,
  })
})

it('takes no memory for arrays that are announced and not there', () => {
  const announced = Uint8Array.of(0xdd, 0x01, 0xff, 0xff, 0xff)
  const frame = Buffer.concat(Array.from({ length: 10 }, () => announced))
  const before = process.memoryUsage.rss()
  expect(() => fromBytes(frame, 256)).toThrow('Max length exceeded')
  // each would be 256 MB
  expect(process.memoryUsage.rss() - before).toBeLessThan(200 << 20)
  expect(fromBytes(toBytes([Array.from({ length: 256 }, () => 1)]), 256)).toHaveLength(1)
})
