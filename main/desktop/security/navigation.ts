/**
 * The window stays on the page.
 *
 * Threat: a link, a dropped file or a redirect takes the window to a stranger's page, which then has the preload's
 * functions.
 */
import type { WebContents } from 'electron'
import { isPageUrl, pageUrl } from '../page-scheme'

export function denyNavigation(contents: WebContents): void {
  // typed one by one: the overloads of `on` take no union
  contents.on('will-navigate', (event) => stay(event))
  contents.on('will-redirect', (event) => stay(event))
  contents.on('will-frame-navigate', (event) => stay(event))
  // the way back from where they do not stand: about:blank is announced by none, other files are of the page's origin
  contents.on('did-navigate', (_event, url) => {
    if (url.split('#')[0] !== pageUrl) void contents.loadURL(pageUrl).catch(() => undefined)
  })
}

function stay(event: { readonly url: string; preventDefault(): void }): void {
  if (!isPageUrl(event.url)) event.preventDefault()
}
