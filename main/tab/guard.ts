/**
 * Authentication: who may come in at the tab's door. The threats: other people of the machine and other programs (they
 * do not know the token), web pages that the browser has open (their Origin is another one), and web pages whose name
 * resolves to 127.0.0.1 (DNS rebinding: their Host is another one).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Names that mean this machine. Any port: the far end of `ssh -L` may listen on another one. */
const ownHost = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i

export type Verdict =
  | {
      readonly admitted: true
      /** As the browser named it: with the port that it knows. */
      readonly host: string
      /** The token came in the address: the browser is to remember it. */
      readonly fresh: boolean
    }
  | { readonly admitted: false; readonly status: 400 | 401 | 403; readonly reason: string }

export interface Guard {
  /** The name of the cookie that holds the token; ports share cookies, so it has the port in it. */
  readonly cookie: string
  /** Is taken for the token once, within a minute. */
  readonly ticket: string
  /** A request for a file of the page. */
  page(request: IncomingMessage): Verdict
  /** A request for the socket, which must say where it comes from. */
  socket(request: IncomingMessage): Verdict
}

const ticketTime = 60_000

export function createGuard(token: string, port: number, now = () => performance.now()): Guard {
  const cookie = `vlae-${port}`
  const ticket = randomBytes(24).toString('base64url')
  const begin = now()
  let used = false
  const isTicket = (given: string): boolean => {
    if (used || now() - begin > ticketTime || !same(given, ticket)) return false
    return (used = true)
  }
  const page = (request: IncomingMessage): Verdict => {
    const host = hostOf(request)
    if (host === undefined) return refusal(400, 'This address is not the app’s own.')
    const { origin } = request.headers
    if (origin !== undefined && origin !== `http://${host}`) return refusal(403, 'Other pages may not use the app.')
    const given = new URLSearchParams((request.url ?? '').split('?')[1]).get('token')
    if (given !== null && (same(given, token) || isTicket(given))) return { admitted: true, host, fresh: true }
    const remembered = cookieOf(request, cookie)
    if (remembered !== undefined && same(remembered, token)) return { admitted: true, host, fresh: false }
    return refusal(401, 'Open the app with the whole address that it printed at its start, token included.')
  }
  return {
    cookie,
    ticket,
    page,
    socket: (request) =>
      request.headers.origin === undefined ? refusal(403, 'A socket must say which page it is of.') : page(request),
  }
}

function refusal(status: 400 | 401 | 403, reason: string): Verdict {
  return { admitted: false, status, reason }
}

/** The Host header where it names this machine. */
function hostOf({ headers: { host } }: IncomingMessage): string | undefined {
  return host !== undefined && ownHost.test(host) ? host : undefined
}

function cookieOf({ headers }: IncomingMessage, name: string): string | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='))
  return pairs.find(([key]) => key === name)?.[1]
}

/** Compares in a time that does not depend on where the two differ. */
function same(given: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}
