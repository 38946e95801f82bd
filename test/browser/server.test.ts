/** The tab's door lets in whom it should, and nobody else. */
import { createServer, request, type IncomingHttpHeaders, type RequestOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { PageFile } from '../../main/page/files'
import { firstPort, serveTab, type TabServer } from '../../main/tab/server'
import { socketChannel } from '../../preload/channels'
import type { CallHandlers } from '../../preload/contract'
import { connectToApp, connectToPage } from '../../preload/seam'

const files = new Map<string, PageFile>([
  ['/', { type: 'text/html; charset=utf-8', bytes: Buffer.from('<h1>page</h1>'), immutable: false }],
  ['/assets/a.js', { type: 'text/javascript', bytes: Buffer.from('1'), immutable: true }],
])
const left = vi.fn<() => void>()
let server: TabServer
let token: string

beforeEach(async () => {
  left.mockReset()
  const handlers = { reveal: async ({ run }: { run: string }) => `/${run}` } as Partial<CallHandlers> as CallHandlers
  server = await serveTab({
    files,
    connect(channel) {
      connectToPage(handlers, channel)
      return left
    },
  })
  token = new URL(server.url).searchParams.get('token')!
})
afterEach(() => server.close())

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

function get(path: string, headers: Record<string, string> = {}, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port: server.port, path, headers, agent: false, ...options },
      (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => (body += chunk.toString()))
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }))
      },
    )
    asked.on('error', reject)
    asked.end()
  })
}

const cookie = () => ({ Cookie: `vlae-${server.port}=${token}` })

describe('the page', () => {
  it('is given for the token, which leaves the address for a cookie', async () => {
    const first = await get(`/?token=${token}`)
    expect([first.status, first.headers.location]).toEqual([303, '/'])
    expect(first.headers['set-cookie']).toEqual([`vlae-${server.port}=${token}; Path=/; HttpOnly; SameSite=Lax`])
    const page = await get('/', cookie())
    expect([page.status, page.body]).toEqual([200, '<h1>page</h1>'])
    expect(page.headers['cache-control']).toBe('no-store')
    expect((await get('/assets/a.js', cookie())).headers['cache-control']).toContain('immutable')
    expect((await get('/', cookie(), { method: 'HEAD' })).body).toBe('')
  })

  it('may run no code but its own, and be framed by nobody', async () => {
    const { headers } = await get('/', cookie())
    const policy = headers['content-security-policy'] as string
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe-eval')
    expect(headers).not.toHaveProperty('access-control-allow-origin')
    expect(headers['x-content-type-options']).toBe('nosniff')
  })

  it('is not given without the token, or with a wrong one', async () => {
    for (const path of ['/', '/assets/a.js', '/?token=', '/?token=x', `/?token=${token}x`, '/nothing'])
      expect([path, (await get(path)).status]).toEqual([path, 401])
    expect((await get('/', { Cookie: `vlae-${server.port}=wrong` })).status).toBe(401)
    expect((await get('/', { Cookie: `vlae-1=${token}` })).status).toBe(401)
  })

  it('is not given under another name (DNS rebinding)', async () => {
    for (const Host of ['evil.example', `evil.example:${server.port}`, '127.0.0.1.evil.example', 'localhost@evil'])
      expect([Host, (await get('/', { ...cookie(), Host })).status]).toEqual([Host, 400])
    for (const Host of ['localhost', `localhost:${server.port}`, '127.0.0.1:9999', '[::1]:80'])
      expect([Host, (await get('/', { ...cookie(), Host })).status]).toEqual([Host, 200])
  })

  it('is not given to another page’s script', async () => {
    expect((await get('/', { ...cookie(), Origin: 'http://evil.example' })).status).toBe(403)
    expect((await get('/', { ...cookie(), Origin: 'null' })).status).toBe(403)
    expect((await get('/', { ...cookie(), Origin: `http://127.0.0.1:${server.port}` })).status).toBe(200)
  })

  it('is a fixed list of files', async () => {
    for (const path of [
      '/../package.json',
      '/%2e%2e/package.json',
      '/assets/../../package.json',
      '//etc/passwd',
      '/assets',
    ])
      expect([path, (await get(path, cookie())).status]).toEqual([path, path.startsWith('/?') ? 200 : 404])
    expect((await get('/', cookie(), { method: 'POST' })).status).toBe(405)
  })
})

describe('the socket', () => {
  function dial(headers: Record<string, string>, path = '/socket'): Promise<WebSocket | number> {
    return new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers })
      socket.on('open', () => resolve(socket))
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode!))
      socket.on('error', () => undefined)
    })
  }
  const origin = () => ({ Origin: `http://127.0.0.1:${server.port}` })

  it('carries calls, and notices that a page is gone', async () => {
    const socket = (await dial({ ...origin(), ...cookie() })) as WebSocket
    const app = connectToApp({ events: () => undefined }, socketChannel(socket))
    expect(await app.reveal({ run: 'a' })).toBe('/a')
    socket.terminate()
    await vi.waitFor(() => expect(left).toHaveBeenCalledOnce())
  })

  it('opens for the app’s own page only', async () => {
    expect(await dial(origin())).toBe(401)
    expect(await dial(cookie())).toBe(403)
    expect(await dial({ ...cookie(), Origin: 'http://evil.example' })).toBe(403)
    expect(await dial({ ...cookie(), Origin: `http://127.0.0.1:1` })).toBe(403)
    expect(await dial({ ...cookie(), Origin: 'http://evil.example', Host: 'evil.example' })).toBe(400)
    expect(await dial({ ...cookie(), ...origin() }, '/elsewhere')).toBe(404)
    expect(left).not.toHaveBeenCalled()
  })

  it('cuts off who sends too much at once', async () => {
    const socket = (await dial({ ...origin(), ...cookie() })) as WebSocket
    const closed = new Promise<number>((resolve) => socket.on('close', resolve))
    socket.send(Buffer.alloc(2 << 20))
    expect(await closed).toBe(1009)
    expect((await get('/', cookie())).status).toBe(200)
  })
})

describe('the port', () => {
  it('is the next free one unless a person names one', async () => {
    expect(server.port).toBeGreaterThanOrEqual(firstPort)
    const second = await serveTab({ files, connect: () => left })
    expect(second.port).toBeGreaterThan(server.port)
    await second.close()
  })

  it('is any free one for 0, and pages find their way to it', async () => {
    const [any, other] = [await serveTab({ files, connect: () => left, port: 0 }), await serveTab({ files, connect: () => left, port: 0 })] // prettier-ignore
    expect(any.port).not.toBe(other.port)
    for (const { port, url } of [any, other]) {
      expect(port).toBeGreaterThan(0)
      expect((await fetch(url, { redirect: 'manual' })).headers.get('set-cookie')).toContain(`vlae-${port}=`)
    }
    await Promise.all([any.close(), other.close()])
  })

  it('is refused in plain words where it is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    await expect(serveTab({ files, connect: () => left, port })).rejects.toMatchObject({
      code: 'tab/port-in-use',
      message: `Port ${port} cannot be used: another program uses it already.`,
    })
    await new Promise((resolve) => other.close(resolve))
    const again = await serveTab({ files, connect: () => left, port })
    expect(again.port).toBe(port)
    await again.close()
  })

  it('is open on this machine only', async () => {
    const { networkInterfaces } = await import('node:os')
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address !== undefined && !address.internal && address.family === 'IPv4')
    if (outside === undefined) return
    await expect(get('/', cookie(), { host: outside.address })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})
