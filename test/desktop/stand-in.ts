/** The module `electron` as far as the window's door uses it: remembers what was asked, and emits what a test says. */
import { EventEmitter } from 'node:events'
import { PassThrough } from 'node:stream'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { vi } from 'vitest'

type Any = (...args: unknown[]) => unknown
const mock = <T extends Any = Any>(implementation?: T) => vi.fn<Any>(implementation)

/** An event as Electron hands it to listeners. */
export class StandInEvent {
  defaultPrevented = false
  constructor(readonly url = '') {}
  preventDefault(): void {
    this.defaultPrevented = true
  }
}

export class WebContents extends EventEmitter {
  windowOpenHandler: ((details: { url: string }) => { action: string }) | null = null
  readonly reload = mock()
  readonly forcefullyCrashRenderer = mock()
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.windowOpenHandler = handler
  }
}

export class BrowserWindow extends EventEmitter {
  static made: BrowserWindow[] = []
  readonly webContents = new WebContents()
  readonly loadURL = mock(async () => undefined)
  readonly setProgressBar = mock()
  readonly maximize = mock()
  readonly restore = mock()
  readonly focus = mock()
  visible = false
  focused = false
  minimized = false
  constructor(readonly options: Record<string, unknown>) {
    super()
    BrowserWindow.made.push(this)
  }
  show(): void {
    this.visible = true
  }
  showInactive(): void {
    this.visible = true
  }
  hide(): void {
    this.visible = false
  }
  isVisible(): boolean {
    return this.visible
  }
  isFocused(): boolean {
    return this.focused
  }
  isMinimized(): boolean {
    return this.minimized
  }
  isMaximized(): boolean {
    return false
  }
  getNormalBounds(): { x: number; y: number; width: number; height: number } {
    return { x: 10, y: 20, width: 1000, height: 700 }
  }
}

export class Notification extends EventEmitter {
  static shown: Notification[] = []
  static isSupported(): boolean {
    return true
  }
  constructor(readonly options: { title: string; body: string }) {
    super()
  }
  show(): void {
    Notification.shown.push(this)
  }
}

/** Electron's ports in the main process are emitters whose messages lie in `data`. */
export class MessagePortMain extends EventEmitter {
  constructor(readonly port: MessagePort) {
    super()
    port.on('message', (data: unknown) => this.emit('message', { data }))
    port.on('close', () => this.emit('close'))
  }
  start(): void {
    this.port.start()
  }
  postMessage(message: unknown): void {
    this.port.postMessage(message, [])
  }
}

export class MessageChannelMain {
  readonly port1: MessagePortMain
  readonly port2: MessagePortMain
  constructor() {
    const { port1, port2 } = new MessageChannel()
    this.port1 = new MessagePortMain(port1)
    this.port2 = new MessagePortMain(port2)
  }
}

/** A process that answers every call at once, and ends when it is asked to or a test says so. */
export class UtilityProcess extends EventEmitter {
  static made: UtilityProcess[] = []
  readonly stderr = new PassThrough()
  constructor(
    readonly file: string,
    readonly args: readonly string[],
  ) {
    super()
    UtilityProcess.made.push(this)
  }
  postMessage({ i, m }: { i?: string; m?: string }): void {
    if (m === 'leave') this.kill()
    if (i !== undefined) setImmediate(() => this.emit('message', { t: 's', i }))
  }
  kill(): boolean {
    return this.emit('exit', 0)
  }
}
export const utilityProcess = { fork: mock((file, args) => new UtilityProcess(file as string, args as string[])) }

class App extends EventEmitter {
  isPackaged = false
  name = 'VLAE Studio'
  readonly commandLine = { appendSwitch: mock() }
  readonly quit = mock()
  readonly requestSingleInstanceLock = mock(() => true)
  readonly whenReady = mock(async () => undefined)
  readonly getVersion = () => '1.2.3'
  getPath = (name: string): string => `/paths/${name}`
}

export const app = new App()
export const ipcMain = new EventEmitter()
export const dialog = {
  showOpenDialog: mock(async () => ({ canceled: true, filePaths: [] })),
  showMessageBox: mock(async () => ({ response: 2 })),
  showErrorBox: mock(),
}
export const shell = {
  openExternal: mock(async () => undefined),
  showItemInFolder: mock(),
  openPath: mock(async () => ''),
}
export const nativeTheme = Object.assign(new EventEmitter(), { themeSource: 'system', shouldUseDarkColors: false })
export const powerSaveBlocker = { start: mock(() => 7), stop: mock() }
export const powerMonitor = new EventEmitter()
const display = { workArea: { x: 0, y: 0, width: 1920, height: 1080 } }
export const screen = { getPrimaryDisplay: () => display, getAllDisplays: () => [display] }
export const Menu = { buildFromTemplate: mock((template) => template), setApplicationMenu: mock() }
export const protocol = {
  registerSchemesAsPrivileged: mock(),
  handle: mock(),
}

export type Handler = (...args: unknown[]) => unknown
/** What was set on the session, by the name of the call. */
export const sessionHandlers: Record<string, Handler> = {}
const keep = (name: string) => (handler: Handler) => {
  sessionHandlers[name] = handler
}
export const session = {
  defaultSession: {
    setPermissionRequestHandler: keep('permissionRequest'),
    setPermissionCheckHandler: keep('permissionCheck'),
    setDevicePermissionHandler: keep('devicePermission'),
    setDisplayMediaRequestHandler: keep('displayMedia'),
    webRequest: { onBeforeRequest: keep('request') },
  },
}

export default {
  app,
  ipcMain,
  dialog,
  shell,
  nativeTheme,
  powerSaveBlocker,
  screen,
  Menu,
  protocol,
  session,
  utilityProcess,
}
