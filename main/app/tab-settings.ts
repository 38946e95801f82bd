/** The settings of the doors without Electron: the tab's, which the terminal only looks at. */
import { openSettings, type Settings } from './settings'

/** @throws Error where there is no home folder (main/process/home settles one) */
export async function openTabSettings(): Promise<Settings> {
  // it asks for the home folder when it is loaded
  const { default: Conf } = await import('conf')
  return openSettings(
    (deserialize) => new Conf({ projectName: 'vlae-studio', projectSuffix: '', configName: 'settings', deserialize }),
  )
}
