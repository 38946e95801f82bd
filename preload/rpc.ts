/**
 * RPC: one way to call across a boundary (a worker's port, IPC, a WebSocket): typed calls, errors that keep their
 * code and remedy.
 *
 * A channel carries structured data in both directions, in order; what it cannot carry (typed arrays over text,
 * say) is the channel's own to encode.
 */
import { createBirpc, type BirpcReturn } from 'birpc'
import { z } from 'zod'
import { errorData } from './contract/common'
import { AppError, type ErrorData } from './errors'

export interface Channel {
  post(message: unknown): void
  on(listener: (message: unknown) => void): void
}

/** Functions by name, as one side offers them to the other. */
export type Functions<T> = { [K in keyof T]: (...args: never[]) => unknown }

export type Remote<Theirs extends object, Ours extends object> = BirpcReturn<Theirs, Ours>

/**
 * Offers `ours` to the other side and returns what it offers, as functions that resolve when it has answered.
 * A call that throws over there rejects here with an AppError of the same code, message and remedy.
 * Calls wait as long as they take; `$close(error)` rejects those that still wait.
 */
export function connect<Theirs extends Functions<Theirs>, Ours extends Functions<Ours>>(
  ours: Ours,
  channel: Channel,
): Remote<Theirs, Ours> {
  return createBirpc<Theirs, Ours>(ours, {
    post: (message) => channel.post(message),
    on: (listener) =>
      channel.on((given) => {
        const { success, data } = message.safeParse(given)
        if (success) listener(data)
      }),
    // own properties only: a message that names `constructor` finds nothing
    resolver: (name, resolved) => (Object.hasOwn(ours, name) ? resolved : undefined),
    serialize: (message: Message) =>
      message.e === undefined ? message : { ...message, e: AppError.from(message.e).toData() },
    deserialize: (message: Message) =>
      message.e === undefined ? message : { ...message, e: AppError.fromData(message.e as ErrorData) },
    // an answer that cannot be sent: the caller is told so instead of waiting for ever
    onGeneralError: (_error, method) => method !== undefined,
    timeout: -1,
  })
}

/** birpc's messages, as far as errors are concerned: `e` is what a call threw. */
interface Message {
  e?: unknown
}

/**
 * A call or an answer, well-formed and with nothing else in it; whatever else comes is dropped before birpc, which takes
 * every message on trust: what it throws over one that is not, nobody catches, and the process ends.
 */
const message = z.discriminatedUnion('t', [
  z.object({ t: z.literal('q'), m: z.string(), a: z.array(z.unknown()), i: z.string().optional() }),
  z.object({ t: z.literal('s'), i: z.string(), r: z.unknown().optional(), e: errorData.optional() }),
])
