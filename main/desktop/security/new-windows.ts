/**
 * The page opens no windows. Links to the few known places open in the person's browser.
 *
 * Threat: a new window is outside the rules that the first one was made with.
 */
import type { WebContents } from 'electron'
import { openExternal } from './open-external'

export function denyNewWindows(contents: WebContents): void {
  contents.setWindowOpenHandler(({ url }) => {
    openExternal(url)
    return { action: 'deny' }
  })
}
