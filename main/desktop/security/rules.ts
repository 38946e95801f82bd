/** Every rule, on everything that is ever made. */
import { app, type Session } from 'electron'
import { denyNavigation } from './navigation'
import { denyNetwork } from './network'
import { denyNewWindows } from './new-windows'
import { denyPermissions } from './permissions'
import { denyWebviews } from './webviews'

/** Before the first window is made. */
export function secure(session: Session): void {
  denyPermissions(session)
  denyNetwork(session)
  app.on('web-contents-created', (_event, contents) => {
    denyNavigation(contents)
    denyNewWindows(contents)
    denyWebviews(contents)
  })
}
