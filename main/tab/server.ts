/** The tab's server: the page's files and one socket, on 127.0.0.1 and for those who know the token. */
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { socketChannel } from '../../preload/channels'
import { AppError } from '../../preload/errors'
import type { Channel } from '../../preload/rpc'
import type { PageFile } from '../page/files'
import { pageHeaders } from '../page/policy'
import { createGuard, type Guard } from './guard'
import { limits as usual, longestArray, meter, type Limits } from './limits'

export interface TabServerOptions {
  readonly files: ReadonlyMap<string, PageFile>
  /** A page has connected; returns what to do when it is gone. */
  readonly connect: (channel: Channel) => () => void
  /** This port, or an error; without: the first free one from `firstPort` on. */
  readonly port?: number
  /** The folder that the page lies in, from slash to slash (see page-path.ts). Default: the root. */
  readonly path?: string
  readonly limits?: Partial<Limits>
}

export interface TabServer {
  /** The address to open, with the token: for the person, any number of times. */
  readonly url: string
  /**
   * The address for a browser that is opened here, good once and for a minute: it stands on that program's command line,
   * which other users of the machine can read as long as it runs.
   */
  readonly urlForOnce: string
  readonly port: number
  close(): Promise<void>
}

export const firstPort = 8523
const portsToTry = 50

/** Resolves when pages can be served. @throws AppError `tab/port-in-use`, `tab/port-unusable`, `tab/no-port` */
export async function serveTab({ files, connect, port, path = '/', ...options }: TabServerOptions): Promise<TabServer> {
  const limits = { ...usual, ...options.limits }
  const token = randomBytes(24).toString('base64url')
  const server = createServer({
    headersTimeout: limits.headTime,
    requestTimeout: limits.requestTime,
    connectionsCheckingInterval: limits.headTime / 5,
  })
  server.maxConnections = limits.mostConnections
  const taken = await listen(server, port)
  const guard = createGuard(token, taken)
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.longestMessage, perMessageDeflate: false })
  server.on('request', (request, response) => answer(request, response, { guard, files, token, path }))
  server.on('upgrade', (request, stream, head) => {
    const verdict = guard.socket(request)
    if (!verdict.admitted) return refuse(stream, verdict.status)
    if (pathOf(request) !== `${path}socket`) return refuse(stream, 404)
    if (sockets.clients.size >= limits.mostPages) return refuse(stream, 503)
    sockets.handleUpgrade(request, stream, head, (socket) => welcome(socket, connect, limits))
  })
  return {
    url: `http://127.0.0.1:${taken}/?token=${token}`,
    urlForOnce: `http://127.0.0.1:${taken}/?token=${guard.ticket}`,
    port: taken,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function listen(server: Server, port: number | undefined): Promise<number> {
  const candidates = port === undefined ? Array.from({ length: portsToTry }, (_, i) => firstPort + i) : [port]
  for (const candidate of candidates) {
    const error = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
      server.once('error', resolve)
      server.listen({ port: candidate, host: '127.0.0.1', exclusive: true }, () => {
        server.off('error', resolve)
        resolve(null)
      })
    })
    if (error === null) return (server.address() as AddressInfo).port
    if (port !== undefined) throw cannotListen(port, error)
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw cannotListen(candidate, error)
  }
  throw new AppError(
    'tab/no-port',
    `No port from ${firstPort} to ${firstPort + portsToTry - 1} is free.`,
    'End a program that uses one, or name another port with --port.',
  )
}

function cannotListen(port: number, cause: NodeJS.ErrnoException): AppError {
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another program uses it already',
    EACCES: 'the system keeps it for its own services',
  }
  const reason = reasons[cause.code ?? ''] ?? cause.message
  return new AppError(
    cause.code === 'EADDRINUSE' ? 'tab/port-in-use' : 'tab/port-unusable',
    `Port ${port} cannot be used: ${reason}.`,
    'Name another one with --port, or leave --port out: the app then finds a free one.',
    { cause },
  )
}

interface Site {
  readonly guard: Guard
  readonly files: ReadonlyMap<string, PageFile>
  readonly token: string
  readonly path: string
}

function answer(request: IncomingMessage, response: ServerResponse, { guard, files, token, path }: Site): void {
  const say = (status: number, text: string) =>
    // what else comes on this connection, the rest of a long body say, is not waited for
    response
      .writeHead(status, {
        'Content-Type': 'text/plain; charset=utf-8',
        'Cache-Control': 'no-store',
        Connection: 'close',
      })
      .end(text)
  const verdict = guard.page(request)
  if (!verdict.admitted) return void say(verdict.status, verdict.reason)
  if (request.method !== 'GET' && request.method !== 'HEAD') return void say(405, 'Only GET and HEAD.')
  // Safari's 'self' does not cover ws:
  for (const [name, value] of Object.entries(pageHeaders(`'self' ws://${verdict.host}`)))
    response.setHeader(name, value)
  const asked = pathOf(request)
  if (verdict.fresh && asked === '/') {
    // the token leaves the address bar, and with it screenshots and the history
    const remember = `${guard.cookie}=${token}; Path=${path}; HttpOnly; SameSite=Lax`
    return void response.writeHead(303, { Location: path, 'Set-Cookie': remember, 'Cache-Control': 'no-store' }).end()
  }
  const file = asked.startsWith(path) ? files.get(`/${asked.slice(path.length)}`) : undefined
  // browsers ask for it whatever the page says
  if (asked === '/favicon.ico') return void response.writeHead(204).end()
  if (file === undefined) return void say(404, 'There is nothing here.')
  response.writeHead(200, {
    'Content-Type': file.type,
    'Content-Length': file.bytes.length,
    'Cache-Control': file.immutable ? 'private, max-age=31536000, immutable' : 'no-store',
  })
  response.end(request.method === 'HEAD' ? undefined : file.bytes)
}

function pathOf({ url }: IncomingMessage): string {
  return (url ?? '/').replace(/\?.*/s, '')
}

function refuse(stream: Duplex, status: number): void {
  // Node has let go of the connection: an error that nobody listens for, as of one that is reset, ends the process, and
  // one whose other end is not closed stays open for ever
  stream.on('error', () => undefined)
  stream.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => stream.destroy())
}

function welcome(socket: WebSocket, connect: TabServerOptions['connect'], limits: Limits): void {
  const channel = socketChannel(socket, longestArray)
  const leave = connect({
    ...channel,
    post(message) {
      if (socket.bufferedAmount > limits.mostWaiting) socket.terminate()
      else channel.post(message)
    },
  })
  let alive = true
  const timer = setInterval(() => {
    if (!alive) return socket.terminate()
    alive = false
    socket.ping()
  }, limits.pingEvery)
  const isWithin = meter(limits)
  for (const event of ['message', 'ping', 'pong']) socket.on(event, () => isWithin() || socket.terminate())
  socket.on('pong', () => (alive = true))
  // a broken connection also closes; without a listener its error would end the process
  socket.on('error', () => undefined)
  socket.on('close', () => {
    clearInterval(timer)
    leave()
  })
}
