/**
 * The page embeds no <webview>.
 *
 * Threat: a webview brings preferences of its own, among them Node.
 */
import type { WebContents } from 'electron'

export function denyWebviews(contents: WebContents): void {
  contents.on('will-attach-webview', (event) => event.preventDefault())
}
