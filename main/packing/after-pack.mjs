/** After electron-builder has packed: an Electron that is given as a folder comes with an app of its own. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

export default async function removeDefaultApp({ packager, appOutDir }) {
  await rm(join(packager.getResourcesDir(appOutDir), 'default_app.asar'), { force: true })
}
