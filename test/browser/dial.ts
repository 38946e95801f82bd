/** The way into the tab's server without a browser. */
import { WebSocket } from 'ws'

/** A page's socket, open: the address's token for a cookie, the cookie for a socket. */
export async function dial(url: string): Promise<WebSocket> {
  const { origin } = new URL(url)
  // not kept alive: the next server may have the same port
  const answer = await fetch(url, { redirect: 'manual', headers: { connection: 'close' } })
  const cookie = answer.headers.get('set-cookie')!.split(';')[0]!
  const page = new URL(answer.headers.get('location')!, url.replace('http', 'ws'))
  const socket = new WebSocket(new URL('socket', page), { headers: { Origin: origin, Cookie: cookie } })
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
  return socket
}
