/**
 * Updates: new versions are looked for where the package names a feed, fetched only when a person says so, installed
 * as they quit.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dialog, type BrowserWindow } from 'electron'
import type { AppUpdater } from 'electron-updater'
import { AppError } from '../../preload/errors'
import type { Log } from '../app/log'

/** Written into the package when it is made with VLAE_UPDATE_FEED (main/packing); without it nothing is looked for. */
const feedFile = 'app-update.yml'
const loopback = /^(localhost|127\.0\.0\.1|\[::1\])$/
/** electron-updater would keep an identifier of this installation, and send it. */
const nobody = '00000000-0000-0000-0000-000000000000'

/**
 * Where new versions are.
 *
 * @param resources the package's folder beside its archive
 * @returns null where the package names none, or one that anybody on the way could change
 */
export function readFeed(resources: string): URL | null {
  let text: string
  try {
    text = readFileSync(join(resources, feedFile), 'utf8')
  } catch {
    return null
  }
  const address = /^url: *(['"]?)(\S+)\1\s*$/m.exec(text)?.[2]
  if (address === undefined || !URL.canParse(address)) return null
  const feed = new URL(address)
  return feed.protocol === 'https:' || loopback.test(feed.hostname) ? feed : null
}

/** What a feed's addresses lead to: the only names that are looked up. */
export function hostsOf({ hostname }: URL): string[] {
  // a release's files lie elsewhere
  return hostname === 'github.com' ? [hostname, '*.githubusercontent.com'] : [hostname]
}

export interface Updates {
  /** Looks once. Never rejects. */
  offer(): Promise<void>
  /** The system ends the app, and has no time: nothing is installed. */
  skip(): void
}

export interface UpdateOptions {
  readonly window: BrowserWindow
  readonly log: Log
  /** Something a person should know. */
  readonly notify: (notice: AppError) => void
}

/** The app is never ended by it: what is fetched is installed when a person quits, and what trains was saved then. */
export function createUpdates({ window, log, notify }: UpdateOptions): Updates {
  let updater: AppUpdater | null = null
  const warn = (message: unknown) => log.write('warning', 'update', { message: String(message) })

  async function offer(): Promise<void> {
    const { default: library } = await import('electron-updater')
    updater = library.autoUpdater
    updater.autoDownload = false
    Object.assign(updater, { getOrCreateStagingUserId: async () => nobody })
    updater.logger = { info: () => undefined, warn, error: warn }
    const found = await updater.checkForUpdates()
    if (!found?.isUpdateAvailable) return
    const { version } = found.updateInfo
    if (!(await asked(version, updater.currentVersion.version))) return
    try {
      await updater.downloadUpdate()
    } catch (thrown) {
      const { message } = AppError.from(thrown)
      throw new AppError(
        'update/not-fetched',
        `Version ${version} could not be fetched. This one goes on as it is.`,
        'It is offered again at the next start.',
        { cause: thrown, details: message },
      )
    }
    notify(
      new AppError(
        'update/ready',
        `Version ${version} has been fetched. It will be installed when you quit the app.`,
        '',
      ),
    )
  }

  async function asked(version: string, current: string): Promise<boolean> {
    const { response } = await dialog.showMessageBox(window, {
      type: 'question',
      message: `VLAE Studio ${version} is available. You have ${current}.`,
      detail: 'It will be fetched now, and installed when you quit the app. Training goes on.',
      buttons: ['Fetch it', 'Not now'],
      defaultId: 0,
      cancelId: 1,
      noLink: true,
    })
    return response === 0
  }

  return {
    offer: () =>
      offer().catch((thrown: unknown) => {
        // a person who asked for nothing is not troubled
        if (thrown instanceof AppError) notify(thrown)
        else warn(thrown)
      }),
    skip() {
      if (updater !== null) updater.autoInstallOnAppQuit = false
    },
  }
}
