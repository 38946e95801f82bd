/**
 * The page gets no permission of the browser: no camera, no place, no notifications, no devices.
 *
 * Threat: Electron grants every permission that a page asks for unless it is told otherwise.
 */
import type { Session } from 'electron'

/** Copying text and pictures is what a person asks for with a press; it is all that is allowed. */
const allowed = new Set(['clipboard-sanitized-write'])

export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, callback) => callback(allowed.has(permission)))
  session.setPermissionCheckHandler((_contents, permission) => allowed.has(permission))
  session.setDevicePermissionHandler(() => false)
  session.setDisplayMediaRequestHandler((_request, callback) => callback({}))
}
