/**
 * What may be handed to the system to open: a fixed list of places.
 *
 * Threat: `shell.openExternal` runs whatever program the system has for an address; with an address of an attacker's
 * choice (file:, smb:, a registered scheme) that is running a program of the attacker's choice.
 */
import { shell } from 'electron'
import { externalLinks } from './external-links'

const known = new Set<string>(Object.values(externalLinks))

/** Opens a known place in the person's browser; anything else is ignored. */
export function openExternal(url: string): void {
  if (known.has(url)) void shell.openExternal(url)
}
