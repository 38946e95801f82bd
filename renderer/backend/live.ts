/** The app itself, over the window's port or the tab's WebSocket; it reconnects by itself. */
import { portChannel, socketChannel } from '../../preload/channels'
import type { Calls, WindowBridge } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { Channel } from '../../preload/rpc'
import { type App, connectToApp } from '../../preload/seam'
import type { Backend } from './backend'

declare global {
  interface Window {
    vlae?: WindowBridge
  }
}

/** Milliseconds before each further attempt; the last one repeats. */
const PATIENCE = [250, 500, 1000, 2000, 4000]

interface Line {
  channel: Channel
  closed: Promise<void>
}

export function liveBackend(): Backend {
  const bridge = window.vlae
  const dial = bridge === undefined ? dialSocket : () => awaitPort(bridge)
  let app: App | undefined

  const call = new Proxy({} as Calls, {
    get: (_, name: keyof Calls) => (input: unknown) => {
      if (app === undefined) return Promise.reject(lost())
      return (app[name] as (input: unknown) => Promise<unknown>)(input)
    },
  })

  return {
    call,
    ...(bridge !== undefined && { pathOf: (file: File) => bridge.pathOf(file) }),
    async open(listener) {
      let failures = 0
      for (;;) {
        try {
          const line = await dial()
          app = connectToApp({ events: (batch) => listener.events(batch) }, line.channel)
          failures = 0
          listener.link('online')
          await line.closed
        } catch {
          // the next attempt follows below
        }
        app?.$close(lost())
        app = undefined
        listener.link(bridge === undefined && (await isRefused()) ? 'refused' : 'lost')
        await new Promise((resolve) => setTimeout(resolve, PATIENCE[Math.min(failures++, PATIENCE.length - 1)]))
      }
    },
  }
}

function lost(): AppError {
  return new AppError(
    'link/lost',
    'The page has lost its connection to the app. While the app runs, training goes on without the page.',
    'It reconnects by itself. If it does not, start the app again: what was saved is there.',
  )
}

/** The server's socket lies beside the page; the token that opened the page opens it, too. */
function dialSocket(): Promise<Line> {
  const url = new URL('socket', location.href)
  url.protocol = url.protocol.replace('http', 'ws')
  url.search = location.search
  url.hash = ''
  const socket = new WebSocket(url)
  const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()))
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve({ channel: socketChannel(socket), closed }))
    socket.addEventListener('close', () => reject(lost()))
  })
}

/** The app answers, but knows this page's token no more: it was started again. */
async function isRefused(): Promise<boolean> {
  const answer = await fetch(location.href, { method: 'HEAD', cache: 'no-store' }).catch(() => undefined)
  return answer?.status === 401
}

function awaitPort(bridge: WindowBridge): Promise<Line> {
  return new Promise((resolve) => {
    const listen = (event: MessageEvent<unknown>): void => {
      const [port] = event.ports
      if (event.source !== window || event.data !== 'vlae-port' || port === undefined) return
      window.removeEventListener('message', listen)
      const closed = new Promise<void>((done) => port.addEventListener('close', () => done()))
      resolve({ channel: portChannel(port), closed })
    }
    window.addEventListener('message', listen)
    bridge.connect()
  })
}
