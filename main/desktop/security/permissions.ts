/**
 * The page gets next to no permission of the browser: no camera, no place, no notifications, no devices.
 *
 * Threat: Electron grants every permission that a page asks for unless it is told otherwise.
 */
import type { Session } from 'electron'

/** What a person asks for with a press: copying text and pictures, and presenting on the whole screen. It is all that is allowed. */
const allowed = new Set(['clipboard-sanitized-write', 'fullscreen'])

export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, callback) => callback(allowed.has(permission)))
  session.setPermissionCheckHandler((_contents, permission) => allowed.has(permission))
  session.setDevicePermissionHandler(() => false)
  session.setDisplayMediaRequestHandler((_request, callback) => callback({}))
}
