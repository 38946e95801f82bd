/** The app itself, over the window's port or the tab's WebSocket; it reconnects by itself, with backoff. */
import { portChannel, socketChannel } from '../../preload/channels'
import type { Calls, WindowBridge } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { Channel } from '../../preload/rpc'
import { type App, connectToApp } from '../../preload/seam'
import type { Backend } from './backend'
import { pulseLost } from './pulse'
import { unwrapped } from './unwrapped'

declare global {
  interface Window {
    vlae?: WindowBridge
  }
}

/** Milliseconds before each further attempt; the last one repeats. */
const retryDelays = [250, 500, 1000, 2000, 4000]

/** Milliseconds that an answer to a page without a connection is waited for: what swallows bytes gives none. */
const longestDial = 10_000
const longestLook = 2000

interface Line {
  channel: Channel
  /** Also when it was left. */
  closed: Promise<void>
  /** For a line that can die without a word: gives it up. */
  leave?: () => void
}

export function liveBackend(): Backend {
  const bridge = window.vlae
  const dial = bridge === undefined ? dialSocket : () => awaitPort(bridge)
  let app: App | undefined
  // what a person does before the first attempt to connect has ended waits for it: refused, a dropped file would be gone
  let dialled = (): void => undefined
  const firstDial = new Promise<void>((resolve) => (dialled = resolve))

  const call = new Proxy({} as Calls, {
    get: (_, name: keyof Calls) => async (given: unknown) => {
      const input = unwrapped(given)
      await firstDial
      if (app === undefined) throw lost()
      return await (app[name] as (input: unknown) => Promise<unknown>)(input)
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
          const { channel, closed, leave } = line
          const opened = (app = connectToApp({ events: (batch) => listener.events(batch) }, channel))
          failures = 0
          dialled()
          listener.link('online')
          if (leave !== undefined) void pulseLost(() => opened.ping({}), closed).then(leave)
          await closed
        } catch {
          // the next attempt follows below
        }
        app?.$close(lost())
        app = undefined
        dialled()
        listener.link(bridge === undefined && (await isRefused()) ? 'refused' : 'lost')
        await new Promise((resolve) => setTimeout(resolve, retryDelays[Math.min(failures++, retryDelays.length - 1)]))
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
  let leave = (): void => undefined
  const closed = new Promise<void>((resolve) => {
    socket.addEventListener('close', () => resolve())
    // a socket that is closed where nobody answers says so after minutes only
    leave = () => (socket.close(), resolve())
  })
  const late = setTimeout(leave, longestDial)
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => {
      clearTimeout(late)
      resolve({ channel: socketChannel(socket), closed, leave })
    })
    void closed.then(() => (clearTimeout(late), reject(lost())))
  })
}

/** The app answers, but no longer knows this page's token: it was started again. */
async function isRefused(): Promise<boolean> {
  const signal = AbortSignal.timeout(longestLook)
  const answer = await fetch(location.href, { method: 'HEAD', cache: 'no-store', signal }).catch(() => undefined)
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
