/**
 * The page comes from `app://vlae/`, not from file://.
 *
 * Threat: a file:// page may read other files of the person, and has no origin that a policy could name.
 * The page here is a fixed list of files under an origin of its own, each with the content security policy.
 */
import { protocol } from 'electron'
import type { PageFile } from '../page/files'
import { pageHeaders } from '../page/policy'

const scheme = 'app'
const pageOrigin = `${scheme}://vlae`
export const pageUrl = `${pageOrigin}/`

/** Must be called before the app is ready. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme, privileges: { standard: true, secure: true, codeCache: true } }])
}

/** Once the app is ready. */
export function servePage(files: ReadonlyMap<string, PageFile>): void {
  protocol.handle(scheme, (request) => {
    const { host, pathname } = new URL(request.url)
    const file = host === 'vlae' && request.method === 'GET' ? files.get(pathname) : undefined
    // the page talks through its port; it has nothing to connect to
    const headers = pageHeaders("'none'")
    if (file === undefined) return new Response('There is nothing here.', { status: 404, headers })
    return new Response(new Uint8Array(file.bytes), { headers: { ...headers, 'Content-Type': file.type } })
  })
}

/** Whether a URL is one of the page's own. */
export function isPageUrl(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, host } = new URL(url)
  return protocol === `${scheme}:` && host === 'vlae'
}
