/**
 * The window stays on the page.
 *
 * Threat: a link, a dropped file or a redirect takes the window to a stranger's page, which then has the preload's
 * functions.
 */
import type { WebContents } from 'electron'
import { isPageUrl } from '../page-scheme'

export function denyNavigation(contents: WebContents): void {
  // typed one by one: the overloads of `on` take no union
  contents.on('will-navigate', (event) => stay(event))
  contents.on('will-redirect', (event) => stay(event))
  contents.on('will-frame-navigate', (event) => stay(event))
}

function stay(event: { readonly url: string; preventDefault(): void }): void {
  if (!isPageUrl(event.url)) event.preventDefault()
}
