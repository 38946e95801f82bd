/** The window's door. An ordered list: what must come before what. */
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { app, nativeTheme, session, type BrowserWindow } from 'electron'
import { openLog } from './app/log'
import { Studio } from './app/studio'
import { connectPage } from './desktop/channel'
import { guardClosing } from './desktop/closing'
import { windowDoor } from './desktop/door'
import { failToStart } from './desktop/failure'
import { collectGarbageAlone, collectGarbageAtEnd } from './desktop/garbage'
import { claimInstance } from './desktop/instance'
import { setMenu } from './desktop/menu'
import { createNotifier } from './desktop/notifications'
import { registerPageScheme, servePage } from './desktop/page-scheme'
import { createWakeLock, onSleep } from './desktop/power'
import { showProgress } from './desktop/progress'
import { resolveNothing } from './desktop/security/network'
import { secure } from './desktop/security/rules'
import { openBoundsStore, openWindowSettings } from './desktop/stores'
import { startUtilityProcess } from './desktop/training-process'
import { createUpdates, hostsOf, readFeed } from './desktop/updates'
import { createWindow, showWindow } from './desktop/window'
import { readPageFiles } from './page/files'
import { startThread } from './trainer/hosts'
import { createTrainer } from './trainer/trainer'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const feed = app.isPackaged ? readFeed(process.resourcesPath) : null
let window: BrowserWindow | null = null

collectGarbageAlone()
collectGarbageAtEnd(app)
registerPageScheme()
resolveNothing(app, feed === null ? [] : hostsOf(feed))
if (claimInstance(() => window !== null && showWindow(window))) void app.whenReady().then(start).catch(failToStart)
else app.quit()

async function start(): Promise<void> {
  secure(session.defaultSession)
  servePage(await readPageFiles(here('../renderer')))
  const settings = await openWindowSettings()
  nativeTheme.themeSource = settings.current.theme
  const log = openLog(settings.path && dirname(settings.path))
  const studio = new Studio({
    trainer: createTrainer({
      worker: new URL('worker.js', import.meta.url),
      page: true,
      host: () => (settings.current.trainer === 'process' ? startUtilityProcess : startThread),
    }),
    settings,
    door: windowDoor(() => opened, {
      ...(app.isPackaged && { licences: join(process.resourcesPath, 'licences.txt') }),
      ...(feed && { updates: feed.host }),
    }),
    resultFolder: app.isPackaged ? join(app.getPath('documents'), 'VLAE Studio') : resolve('result'),
    version: app.getVersion(),
    log,
  })
  const bounds = openBoundsStore(settings.path !== null)
  const opened = createWindow({ preload: here('../preload/index.cjs'), icon: here('icon.png') }, bounds)
  window = opened
  connectPage(opened, (channel) => studio.connect(channel))
  void studio.prepare()
  setMenu({
    chooseData: () => void studio.chooseData(),
    showResults: () => void studio.showResults(),
    showAbout() {
      showWindow(opened)
      studio.showAbout()
    },
  })
  const updates = feed && createUpdates({ window: opened, log, notify: (notice) => studio.notify(notice) })
  onSleep({ sleep: () => void studio.sleep(), wake: () => studio.wake() })
  const guard = guardClosing({
    window: opened,
    training: () => studio.training,
    close: () => studio.close(),
    hurry: () => updates?.skip(),
  })
  const onTraining = [
    (training: Studio['training']) => showProgress(opened, training),
    createWakeLock(),
    createNotifier(opened, () => settings.current.notify),
  ]
  studio.watch((batch) => {
    for (const event of batch) {
      if (event.type === 'training') for (const tell of onTraining) tell(event.training)
      // the end of a run that another one follows is none
      if ((event.type === 'training' || event.type === 'queue') && !studio.queue.works) guard(studio.training)
      if (event.type === 'settings') nativeTheme.themeSource = event.settings.theme
    }
  })
  // what it asks belongs to a window that is there
  opened.once('show', () => void updates?.offer())
}
