/**
 * Messages count only from the window's own page.
 *
 * Threat: any frame of any window can send to the main process; without this check a frame that got in can call the app.
 */
import type { IpcMainEvent, WebContents } from 'electron'
import { isPageUrl } from '../page-scheme'

/** True for the top frame of `contents`, showing the page. */
export function isOwnPage({ sender, senderFrame }: IpcMainEvent, contents: WebContents): boolean {
  return sender === contents && senderFrame !== null && senderFrame.parent === null && isPageUrl(senderFrame.url)
}
