/** The channels that a page can have: a WebSocket (also the server's end of it) and a message port. */
import { fromBytes, toBytes } from './codec'
import type { Channel } from './rpc'

/** What a browser's WebSocket and the server's have in common. */
interface Socket {
  binaryType: string
  readonly readyState: number
  send(data: Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
}

const socketOpen = 1
/** "Received data that was not consistent with the type of the message" (RFC 6455, 7.4.1). */
const invalidData = 1007

/**
 * A WebSocket as a channel. Posting to a closed one does nothing; who sends no messages of ours is cut off.
 *
 * @param mostElements of an array that comes in (see codec.ts)
 */
export function socketChannel(socket: Socket, mostElements?: number): Channel {
  socket.binaryType = 'arraybuffer'
  return {
    post(message) {
      if (socket.readyState === socketOpen) socket.send(toBytes(message))
    },
    on(listener) {
      socket.addEventListener('message', ({ data }) => {
        let message: unknown
        try {
          if (!(data instanceof ArrayBuffer)) throw new TypeError('not binary')
          message = fromBytes(data, mostElements)
        } catch {
          socket.close(invalidData, 'not a message')
          return
        }
        listener(message)
      })
    },
  }
}

/** A browser's message port as a channel. */
export function portChannel(port: MessagePort): Channel {
  return {
    post: (message) => port.postMessage(message),
    on(listener) {
      port.addEventListener('message', ({ data }: MessageEvent<unknown>) => listener(data))
      port.start()
    },
  }
}
