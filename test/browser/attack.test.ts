/**
 * What the tab's server stands, tried with real connections: by those who do not know the token, and by a page that is
 * not what it should be. SECURITY.md says what each of it is for.
 */
import type * as cryptography from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { readPageFiles } from '../../main/page/files'
import { createGuard } from '../../main/tab/guard'
import { limits, meter, type Limits } from '../../main/tab/limits'
import { pagePath } from '../../main/tab/page-path'
import { serveTab, type TabServer } from '../../main/tab/server'
import { socketChannel } from '../../preload/channels'
import { toBytes } from '../../preload/codec'
import type { CallHandlers } from '../../preload/contract'
import { connectToApp, connectToPage } from '../../preload/seam'
import { dial } from './dial'

const bytes = Buffer.from('<h1>page</h1>')
const files = new Map([['/', { type: 'text/html; charset=utf-8', bytes, immutable: false }]])
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function open(some: Partial<Limits> = {}, handlers: Partial<CallHandlers> = {}): Promise<TabServer> {
  const left = vi.fn<() => void>()
  const server = await serveTab({
    files,
    limits: some,
    connect(channel) {
      connectToPage({ reveal: async ({ run }) => `/${run}`, ...handlers } as CallHandlers, channel)
      return left
    },
  })
  closing.push(() => server.close())
  return server
}

async function knock(server: TabServer): Promise<Socket> {
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true })
  closing.push(() => socket.destroy())
  // the server may well reset it
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** All that comes until the other side closes. */
async function said(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (data: Buffer) => (text += data.toString()))
  if (!socket.readableEnded) await Promise.race([once(socket, 'end'), once(socket, 'close')])
  return text
}

const token = (server: TabServer) => new URL(server.url).searchParams.get('token')!
const cookie = (server: TabServer) => `Cookie: vlae-${server.port}=${token(server)}\r\n`
function upgrade(server: TabServer, more = ''): string {
  const head = `GET /socket HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`
  return `${head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${more}\r\n`
}

/** The server is there for its own page, as if nothing had been. */
async function answerOf(server: TabServer): Promise<string> {
  const app = connectToApp({ events: () => undefined }, socketChannel(await page(server)))
  return app.reveal({ run: 'a' })
}

async function page(server: TabServer): Promise<WebSocket> {
  const socket = await dial(server.url)
  closing.push(() => socket.terminate())
  return socket
}

/** One request on a connection of its own: the next server may have the same port. */
function get(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { headers: { ...headers, connection: 'close' }, redirect: 'manual' })
}

const gone = (socket: WebSocket) =>
  new Promise<number>((resolve) => socket.once('close', resolve).on('error', () => undefined))

it('is not ended by connections that are reset while they are refused', async () => {
  const server = await open()
  for (let i = 0; i < 100; i++) {
    const socket = await knock(server)
    socket.write(i % 2 === 0 ? upgrade(server) : `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
    if (i % 4 < 2) await new Promise((resolve) => setImmediate(resolve))
    socket.resetAndDestroy()
  }
  expect(await answerOf(server)).toBe('/a')
})

it('lets go of a refused socket whose other end is left open, and ends without it', async () => {
  const server = await open()
  const refused = await knock(server)
  refused.write(upgrade(server))
  expect(await said(refused)).toMatch(/^HTTP\/1\.1 403 /)
  // this end stays open; it is written to until the server's answer to that is a reset
  const reset = new Promise((resolve) => refused.once('close', resolve))
  const timer = setInterval(() => refused.write('x'), 20)
  await reset
  clearInterval(timer)
  await server.close()
})

it('does not wait for those who say nothing, or one letter at a time', async () => {
  const server = await open({ headTime: 500, requestTime: 500 })
  const silent = await knock(server)
  const slow = await knock(server)
  slow.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n')
  const timer = setInterval(() => slow.write('X-A: b\r\n'), 50)
  const body = await knock(server)
  body.write('POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\nx')
  expect(await said(body)).toMatch(/^HTTP\/1\.1 401 /)
  expect(await said(slow)).toMatch(/^(HTTP\/1\.1 408 |$)/)
  clearInterval(timer)
  await said(silent)
  expect(await answerOf(server)).toBe('/a')
})

it('has room for a person’s tabs and no more, and for as many connections', async () => {
  const server = await open({ mostPages: 3, mostConnections: 8 })
  const pages = await Promise.all([page(server), page(server), page(server)])
  const fourth = await knock(server)
  fourth.write(upgrade(server, `${cookie(server)}Origin: http://127.0.0.1:${server.port}\r\n`))
  expect(await said(fourth)).toMatch(/^HTTP\/1\.1 503 /)
  const crowd = await Promise.all(Array.from({ length: 20 }, () => knock(server)))
  const sent = await Promise.all(
    crowd.map((socket) =>
      Promise.race([
        once(socket, 'end').then(() => 'closed'),
        once(socket, 'close').then(() => 'closed'),
        new Promise((resolve) => setTimeout(resolve, 300, 'open')),
      ]),
    ),
  )
  expect(sent.filter((state) => state === 'open').length).toBeLessThanOrEqual(8)
  for (const socket of crowd) socket.destroy()
  pages[0]!.terminate()
  await vi.waitFor(async () => expect(await answerOf(server)).toBe('/a'))
})

it('answers a flood of requests, and is there after it', async () => {
  const server = await open()
  const statuses = new Set<number>()
  for (let i = 0; i < 20; i++)
    await Promise.all(
      Array.from({ length: 25 }, async (_, j) => {
        const { status } = await fetch(`http://127.0.0.1:${server.port}/${j % 2 === 0 ? `?token=${i}x${j}` : 'x'}`)
        statuses.add(status)
      }),
    )
  expect([...statuses]).toEqual([401])
  expect(await answerOf(server)).toBe('/a')
})

it('refuses heads, methods and words of HTTP that a page does not use', async () => {
  const server = await open()
  const host = `Host: 127.0.0.1:${server.port}\r\n`
  const given = cookie(server)
  const tries: [string, RegExp][] = [
    [`GET / HTTP/1.1\r\n${host}X: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    [`GET /${'x'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1\.1 431 /],
    [`GET / HTTP/1.1\r\n${given}\r\n`, /^HTTP\/1\.1 400 /],
    [`GET / HTTP/1.0\r\n${given}\r\n`, /^HTTP\/1\.1 400 /],
    [`GET / HTTP/1.1\r\nHost: evil.example\r\n${host}${given}\r\n`, /^HTTP\/1\.1 400 /],
    [`GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n${given}\r\n`, /^HTTP\/1\.1 400 /],
    [`CONNECT evil.example:80 HTTP/1.1\r\n${host}\r\n`, /^$/],
    [`TRACE / HTTP/1.1\r\n${host}${given}\r\n`, /^HTTP\/1\.1 405 /],
    [`DELETE / HTTP/1.1\r\n${host}${given}\r\n`, /^HTTP\/1\.1 405 /],
    [`NONSENSE / HTTP/1.1\r\n${host}\r\n`, /^HTTP\/1\.1 400 /],
    [`POST / HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, /^HTTP\/1\.1 400 /],
    [`GET / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n`, /^HTTP\/1\.1 40[01] /],
    ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', /^HTTP\/1\.1 400 /],
    [`GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n${host}${given}Connection: close\r\n\r\n`, /^HTTP\/1\.1 404 /],
    [`GET /../../etc/passwd HTTP/1.1\r\n${host}${given}Connection: close\r\n\r\n`, /^HTTP\/1\.1 404 /],
    [`GET /..\\..\\etc\\passwd HTTP/1.1\r\n${host}${given}Connection: close\r\n\r\n`, /^HTTP\/1\.1 404 /],
    [`GET /__proto__ HTTP/1.1\r\n${host}${given}Connection: close\r\n\r\n`, /^HTTP\/1\.1 404 /],
    [`GET /\0 HTTP/1.1\r\n${host}${given}\r\n`, /^HTTP\/1\.1 40[04] /],
  ]
  for (const [request, answer] of tries) {
    const socket = await knock(server)
    socket.write(request, 'latin1')
    expect([request.slice(0, 60), await said(socket)]).toEqual([request.slice(0, 60), expect.stringMatching(answer)])
    socket.destroy()
  }
  expect(await answerOf(server)).toBe('/a')
})

it('serves no file that only lies in the page’s folder as a link', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vlae-page-'))
  closing.push(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'index.html'), 'page')
  mkdirSync(join(folder, 'assets'))
  symlinkSync('/etc/hostname', join(folder, 'assets', 'name.js'))
  symlinkSync('/etc', join(folder, 'etc'))
  expect([...(await readPageFiles(folder)).keys()]).toEqual(['/'])
})

it('says nothing of the token, and nothing to a Referer', async () => {
  const server = await open()
  const first = await get(server.url)
  // the page itself stands at an address without it, which is what the history keeps and other pages are told of
  expect(first.headers.get('location')).toBe('/')
  expect(first.headers.get('referrer-policy')).toBe('no-referrer')
  expect(first.headers.get('set-cookie')).toContain('HttpOnly; SameSite=Lax')
  const headers = { cookie: `vlae-${server.port}=${token(server)}` }
  for (const path of ['', 'nothing', '?token=wrong']) {
    const answer = await get(`http://127.0.0.1:${server.port}/${path}`, headers)
    const all = JSON.stringify([...answer.headers]) + (await answer.text())
    expect(all).not.toContain(token(server))
  }
})

it('gives its cookie to the folder of its page only, which another server of the machine does not know', async () => {
  const server = await serveTab({ files, path: '/a-name/', connect: () => () => undefined })
  closing.push(() => server.close())
  const first = await get(server.url)
  expect(first.headers.get('location')).toBe('/a-name/')
  expect(first.headers.get('set-cookie')).toContain('; Path=/a-name/; ')
  const ask = async (path: string) =>
    (await get(`http://127.0.0.1:${server.port}${path}`, { cookie: `vlae-${server.port}=${token(server)}` })).status
  expect([await ask('/a-name/'), await ask('/'), await ask('/a-name'), await ask('/other/')]).toEqual([
    200, 404, 404, 404,
  ])
  const socket = await page(server)
  expect(socket.url).toContain('/a-name/socket')
})

it('keeps that folder’s name for the person’s next start, and starts where it cannot be kept', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vlae-path-'))
  closing.push(() => rmSync(folder, { recursive: true }))
  const path = await pagePath(join(folder, 'settings'))
  expect(path).toMatch(/^\/[\w-]{16}\/$/)
  expect(await pagePath(join(folder, 'settings'))).toBe(path)
  const { mode } = statSync(join(folder, 'settings', 'tab-address'))
  expect(process.platform === 'win32' ? 0 : mode & 0o77).toBe(0)
  writeFileSync(join(folder, 'settings', 'tab-address'), '../../etc/')
  expect(await pagePath(join(folder, 'settings'))).toMatch(/^\/[\w-]{16}\/$/)
  writeFileSync(join(folder, 'file'), '')
  expect(await pagePath(join(folder, 'file'))).toMatch(/^\/[\w-]{16}\/$/)
})

it('takes the address of a browser’s command line once, within a minute', async () => {
  const server = await open()
  const { searchParams } = new URL(server.urlForOnce)
  expect(searchParams.get('token')).not.toBe(token(server))
  const first = await get(server.urlForOnce)
  expect([first.status, first.headers.get('set-cookie')!.includes(token(server))]).toEqual([303, true])
  expect((await get(server.urlForOnce)).status).toBe(401)
  // the browser that came in with it may load it again
  const headers = { cookie: `vlae-${server.port}=${token(server)}` }
  expect((await get(server.urlForOnce, headers)).status).toBe(200)

  let time = 0
  const guard = createGuard('token', 1, () => time)
  const ask = () => guard.page({ url: `/?token=${guard.ticket}`, headers: { host: '127.0.0.1:1' } } as never)
  time = 60_001
  expect(ask()).toMatchObject({ admitted: false, status: 401 })
})

it('compares tokens as digests, in a time that does not depend on them', async () => {
  const compared: [number, number][] = []
  vi.resetModules()
  vi.doMock('node:crypto', async (original) => {
    const crypto = await original<typeof cryptography>()
    const timingSafeEqual = (a: Uint8Array, b: Uint8Array) => {
      compared.push([a.length, b.length])
      return crypto.timingSafeEqual(a, b)
    }
    return { ...crypto, timingSafeEqual }
  })
  const { createGuard } = await import('../../main/tab/guard')
  vi.doUnmock('node:crypto')
  const guard = createGuard('right', 1)
  for (const given of ['', 'r', 'right', 'right'.repeat(1000)])
    guard.page({ url: `/?token=${given}`, headers: { host: '127.0.0.1:1', cookie: `vlae-1=${given}` } } as never)
  expect(compared.length).toBeGreaterThanOrEqual(7)
  expect(new Set(compared.flat())).toEqual(new Set([32]))
})

it('cuts off a page that floods it with messages or pings', async () => {
  const call = toBytes({ t: 'q', m: 'reveal', a: [{ run: 'a' }], i: '1' })
  const floods = [(socket: WebSocket) => socket.ping(), (socket: WebSocket) => socket.send(call)]
  for (const flood of floods) {
    const server = await open({ burst: 200, perSecond: 10 })
    const socket = await page(server)
    const closed = gone(socket)
    for (let i = 0; i < 2000; i++) flood(socket)
    expect(await closed).toBe(1006)
    expect(await answerOf(server)).toBe('/a')
  }
  let time = 0
  const isWithin = meter(limits, () => time)
  const admitted = (count: number) => Array.from({ length: count }, isWithin).filter(Boolean).length
  expect(admitted(5000)).toBe(limits.burst)
  time = 1000
  expect(admitted(5000)).toBe(limits.perSecond)
})

it('cuts off a page that sends too long a message, in one piece or in many, or what is none', async () => {
  const server = await open()
  const whole = await page(server)
  whole.send(new Uint8Array(limits.longestMessage + 1))
  expect(await gone(whole)).toBe(1009)
  const pieces = await page(server)
  for (let i = 0; i <= 64; i++) pieces.send(new Uint8Array(1025), { fin: i === 64 })
  expect(await gone(pieces)).toBe(1009)
  for (const frame of [Uint8Array.of(0xdd, 1, 255, 255, 255), Uint8Array.of(0xc1), 'text']) {
    const socket = await page(server)
    socket.send(frame)
    expect(await gone(socket)).toBe(1007)
  }
  expect(await answerOf(server)).toBe('/a')
})

it('is not ended by a call that is given as an answer, or an error in a call', async () => {
  const server = await open()
  const socket = await page(server)
  for (const message of [
    { t: 'q', m: 'reveal', a: [], e: null },
    { t: 's', i: '1', e: null },
    { t: 's', i: '1', e: { code: 1 } },
    { t: 'q', m: '__proto__', a: [], i: '1' },
  ])
    socket.send(toBytes(message))
  const app = connectToApp({ events: () => undefined }, socketChannel(socket))
  expect(await app.reveal({ run: 'a' })).toBe('/a')
})

it('does not take on more work for a page than it can wait for', async () => {
  const server = await open({}, { ask: () => new Promise(() => undefined) })
  const app = connectToApp({ events: () => undefined }, socketChannel(await page(server)))
  const question = { type: 'evaluate' } as const
  const calls = Array.from({ length: 300 }, (_, i) => app.ask({ run: 'a', epoch: 1, task: `${i}`, question }))
  const refused = await Promise.race(calls.map((call) => call.catch((error: { code: string }) => error.code)))
  expect(refused).toBe('call/too-many')
  expect(await answerOf(server)).toBe('/a')
})

it('cuts off a page that does not read what it asks for', async () => {
  const pixels = new Uint8Array(1_000_000)
  const picture = async () => ({ rows: 1, columns: 1, pixels, labels: null })
  const server = await open({ mostWaiting: 4 << 20 }, { picture })
  const socket = await page(server)
  socket.pause()
  const call = (i: number) => toBytes({ t: 'q', m: 'picture', a: [{ run: 'a', epoch: 1, kind: 'samples' }], i: `${i}` })
  for (let i = 0; i < 50; i++) socket.send(call(i))
  const closed = gone(socket)
  await new Promise((resolve) => setTimeout(resolve, 300))
  socket.resume()
  expect(await closed).toBe(1006)
  expect(await answerOf(server)).toBe('/a')
})

it('notices that a page is gone without a word', async () => {
  const left = vi.fn<() => void>()
  const server = await serveTab({ files, limits: { pingEvery: 50 }, connect: () => left })
  closing.push(() => server.close())
  const socket = await page(server)
  // a machine that sleeps, a cable that is pulled: nothing is read, nothing is said
  socket.pause()
  await vi.waitFor(() => expect(left).toHaveBeenCalledOnce())
})
