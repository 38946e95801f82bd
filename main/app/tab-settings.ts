/** The settings of the doors without Electron: the tab's, which the terminal only looks at. */
import { openSettingsIn, type Settings } from './settings'

/** @throws Error where there is no home folder (main/process/home settles one) */
export async function openTabSettings(): Promise<Settings> {
  // they ask for the home folder when they are loaded
  const [{ default: Conf }, { default: envPaths }] = await Promise.all([import('conf'), import('env-paths')])
  const cwd = envPaths('vlae-studio', { suffix: '' }).config
  return openSettingsIn(cwd, (deserialize) => new Conf({ cwd, configName: 'settings', deserialize }))
}
