/**
 * The page loads nothing from the network.
 *
 * Threat: script in the page sends what it sees to somebody else. The content security policy forbids it too; this
 * rule also holds for what a policy does not cover (prefetches, workers, a frame that got in).
 */
import type { App, Session } from 'electron'
import { isPageUrl } from '../page-scheme'

const ownSchemes = ['blob:', 'data:', 'devtools:']

export function denyNetwork(session: Session): void {
  session.webRequest.onBeforeRequest(({ url }, callback) => {
    callback({ cancel: !isPageUrl(url) && !ownSchemes.some((scheme) => url.startsWith(scheme)) })
  })
}

/**
 * Before Electron is ready. Chromium itself calls its maker beside the page, for a spelling dictionary, whatever the
 * session is told: no name leads anywhere, so no packet leaves.
 *
 * @param but the hosts that new versions of the app come from
 */
export function resolveNothing(app: App, but: readonly string[] = []): void {
  const rules = ['MAP * ~NOTFOUND', ...but.map((host) => `EXCLUDE ${host}`)]
  app.commandLine.appendSwitch('host-resolver-rules', rules.join(', '))
}
