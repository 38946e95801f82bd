/** What the window's door does for a person, with a stand-in for Electron. */
import { once, type EventEmitter } from 'node:events'
import type { BrowserWindow as RealWindow, MenuItemConstructorOptions } from 'electron'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { firstBounds, readBounds, writeBounds } from '../../main/desktop/bounds'
import { connectPage } from '../../main/desktop/channel'
import { guardClosing } from '../../main/desktop/closing'
import { windowDoor } from '../../main/desktop/door'
import { claimInstance } from '../../main/desktop/instance'
import { menuTemplate } from '../../main/desktop/menu'
import { createNotifier } from '../../main/desktop/notifications'
import { createWakeLock } from '../../main/desktop/power'
import { showProgress } from '../../main/desktop/progress'
import { createWindow, showWindow } from '../../main/desktop/window'
import type { AppEvent, CallHandlers, TrainingState } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { connectToApp, connectToPage, type Page } from '../../preload/seam'
import * as electron from './stand-in'

vi.mock('electron', () => import('./stand-in'))

/** What asks the process to end, and how it ends at once. */
const system = vi.hoisted(() => ({ listeners: new Set<() => void>(), die: vi.fn<() => void>() }))
vi.mock('../../main/process/end', () => ({
  onAsked: (listener: () => void) => system.listeners.add(listener),
  die: system.die,
}))

let stub: electron.BrowserWindow
let window: RealWindow

beforeEach(() => {
  vi.clearAllMocks()
  electron.app.removeAllListeners()
  electron.ipcMain.removeAllListeners()
  electron.powerMonitor.removeAllListeners()
  electron.Notification.shown = []
  stub = new electron.BrowserWindow({})
  window = stub as unknown as RealWindow
})

function state(phase: TrainingState['phase'], change: Partial<TrainingState> = {}): TrainingState {
  return {
    run: 'a',
    phase,
    epoch: 1,
    epochs: 30,
    step: 50,
    steps: 200,
    sketched: null,
    imagesPerSecond: null,
    secondsLeft: null,
    engine: null,
    device: null,
    work: null,
    problem: null,
    ...change,
  }
}

const files = { preload: '/preload.cjs', icon: '/icon.png' }
const settled = () => new Promise((resolve) => setTimeout(resolve, 0))

describe('the window', () => {
  it('opens on the page, shown once there is something to see', () => {
    const store = { get: () => undefined, set: vi.fn<(key: string, value: unknown) => void>() }
    const made = createWindow(files, store) as unknown as electron.BrowserWindow
    expect(made.options).toMatchObject({ width: 1280, height: 800, show: false, minWidth: 640 })
    expect(made.options['webPreferences']).toMatchObject({ preload: '/preload.cjs', sandbox: true })
    expect(made.loadURL).toHaveBeenCalledWith('app://vlae/')
    expect(made.visible).toBe(false)
    made.emit('ready-to-show')
    expect(made.visible).toBe(true)
    made.emit('close', new electron.StandInEvent())
    expect(store.set).toHaveBeenCalledWith('bounds', { x: 10, y: 20, width: 1000, height: 700, maximized: false })
  })

  it('loads a page that died again; one that dies at once again when it is asked for', async () => {
    const made = createWindow(files, { get: () => undefined, set: () => undefined })
    const contents = made.webContents as unknown as electron.WebContents
    contents.emit('render-process-gone', {}, { reason: 'oom' })
    expect(contents.reload).toHaveBeenCalledOnce()
    electron.dialog.showMessageBox.mockResolvedValueOnce({ response: 0 })
    contents.emit('render-process-gone', {}, { reason: 'crashed' })
    expect(contents.reload).toHaveBeenCalledOnce()
    await settled()
    expect(contents.reload).toHaveBeenCalledTimes(2)
    electron.dialog.showMessageBox.mockResolvedValueOnce({ response: 1 })
    contents.emit('render-process-gone', {}, { reason: 'crashed' })
    await settled()
    expect(contents.reload).toHaveBeenCalledTimes(2)
    expect(electron.app.quit).toHaveBeenCalledOnce()
  })

  it('asks about a page that hangs until it answers again', async () => {
    const made = createWindow(files, {
      get: () => undefined,
      set: () => undefined,
    }) as unknown as electron.BrowserWindow
    made.emit('unresponsive')
    const { signal } = electron.dialog.showMessageBox.mock.lastCall![1] as { signal: AbortSignal }
    expect(signal.aborted).toBe(false)
    made.emit('responsive')
    expect(signal.aborted).toBe(true)
    electron.dialog.showMessageBox.mockResolvedValueOnce({ response: 1 })
    made.emit('unresponsive')
    await settled()
    expect(made.webContents.forcefullyCrashRenderer).toHaveBeenCalledOnce()
  })

  it('comes forward from wherever it is', () => {
    stub.minimized = true
    showWindow(window)
    expect(stub.restore).toHaveBeenCalledOnce()
    expect(stub.visible).toBe(true)
    expect(stub.focus).toHaveBeenCalledOnce()
  })

  it('is the only one: a second start brings it forward', () => {
    const show = vi.fn<() => void>()
    expect(claimInstance(show)).toBe(true)
    electron.app.emit('second-instance')
    expect(show).toHaveBeenCalledOnce()
    electron.app.requestSingleInstanceLock.mockReturnValueOnce(false)
    expect(claimInstance(show)).toBe(false)
  })
})

describe('its place', () => {
  const screens = [{ x: 0, y: 0, width: 1920, height: 1080 }] as const
  const kept = { x: 100, y: 50, width: 900, height: 600, maximized: true }
  const store = (bounds: unknown) => ({ get: () => bounds, set: () => undefined })

  it('is as it was', () => {
    expect(readBounds(store(kept), screens)).toEqual(kept)
  })

  it('is on a screen that is still there', () => {
    const size = { width: 900, height: 600, maximized: true }
    for (const place of [{ x: 1900 }, { x: -850 }, { y: -200 }, { y: 1060 }, { x: 5000, y: 5000 }])
      expect(readBounds(store({ ...kept, ...place }), screens)).toEqual(size)
    expect(readBounds(store({ ...kept, x: 2000 }), [...screens, { ...screens[0]!, x: 1920 }])).toMatchObject({
      x: 2000,
    })
  })

  it('is no larger than the screen that is left', () => {
    const left = [{ x: 0, y: 0, width: 1366, height: 728 }] as const
    const large = { ...kept, x: 2000, width: 3840, height: 2160 }
    expect(readBounds(store(large), left)).toEqual({ width: 1366, height: 728, maximized: true })
    expect(readBounds(store(undefined), left)).toEqual({ width: 1280, height: 728, maximized: false })
  })

  it('is the first one’s where the file holds nonsense', () => {
    for (const bounds of [undefined, null, 1, {}, { ...kept, width: -5 }, { ...kept, x: 'left' }])
      expect(readBounds(store(bounds), screens)).toEqual(firstBounds)
  })

  it('troubles nobody where it cannot be kept', () => {
    const full = {
      get: () => undefined,
      set: () => {
        throw new Error('ENOSPC')
      },
    }
    expect(() => writeBounds(full, stub)).not.toThrow()
  })
})

describe('the channel', () => {
  const frame = (url: string) => ({ url, parent: null, postMessage: vi.fn<(...args: unknown[]) => void>() })

  function answer(url: string): electron.MessagePortMain | undefined {
    const senderFrame = frame(url)
    electron.ipcMain.emit('vlae-connect', { sender: stub.webContents, senderFrame })
    const [message, , ports] = senderFrame.postMessage.mock.calls[0] ?? []
    return message === 'vlae-port' ? (ports as electron.MessagePortMain[])[0] : undefined
  }

  it('carries calls and pictures between the page and the app', async () => {
    const pixels = new Uint8Array(784).fill(9)
    const left = vi.fn<() => void>()
    let page: Page | undefined
    connectPage(window, (channel) => {
      const handlers: Partial<CallHandlers> = { picture: async () => ({ rows: 1, columns: 1, pixels, labels: null }) }
      page = connectToPage(handlers as CallHandlers, channel)
      return left
    })
    const { port } = answer('app://vlae/')!
    const events = vi.fn<(batch: AppEvent[]) => void>()
    const app = connectToApp(
      { events },
      { post: (message) => port.postMessage(message), on: (listener) => port.on('message', listener) },
    )
    expect((await app.picture({ run: 'a', epoch: 0, kind: 'samples' })).pixels).toEqual(pixels)
    await page!.events.asEvent([{ type: 'runs', changed: [], gone: ['b'] }])
    await vi.waitFor(() => expect(events).toHaveBeenCalledOnce())
    port.close()
    await once(port, 'close')
    await vi.waitFor(() => expect(left).toHaveBeenCalledOnce())
  })

  it('is given to nobody else', () => {
    const connect = vi.fn<() => () => void>()
    connectPage(window, connect)
    expect(answer('https://example.com/')).toBeUndefined()
    expect(answer('app://other/')).toBeUndefined()
    const senderFrame = frame('app://vlae/')
    electron.ipcMain.emit('vlae-connect', { sender: new electron.WebContents(), senderFrame })
    electron.ipcMain.emit('vlae-connect', { sender: stub.webContents, senderFrame: null })
    stub.emit('closed')
    answer('app://vlae/')
    expect(connect).not.toHaveBeenCalled()
  })
})

describe('closing', () => {
  let phase: TrainingState['phase']
  let close: ReturnType<typeof vi.fn<() => Promise<void>>>
  let tell: (training: TrainingState) => void

  beforeEach(() => {
    system.listeners.clear()
    phase = 'training'
    close = vi.fn<() => Promise<void>>(async () => undefined)
    tell = guardClosing({ window, training: () => state(phase), close })
  })
  afterEach(() => vi.useRealTimers())

  const choose = (response: number) => electron.dialog.showMessageBox.mockResolvedValueOnce({ response })
  /** A question that nobody answers: it ends by its signal, as if it had been cancelled. */
  const leaveUnanswered = () =>
    electron.dialog.showMessageBox.mockImplementationOnce(
      (_window, options) =>
        new Promise((resolve) =>
          (options as { signal: AbortSignal }).signal.addEventListener('abort', () => resolve({ response: 2 })),
        ),
    )
  function emit(from: EventEmitter, name: string): electron.StandInEvent {
    const event = new electron.StandInEvent()
    from.emit(name, event)
    return event
  }

  it.each(['idle', 'paused', 'done', 'failed'] as const)('saves, then quits, when nothing trains: %s', async (now) => {
    phase = now
    expect(emit(stub, 'close').defaultPrevented).toBe(true)
    await settled()
    expect(electron.dialog.showMessageBox).not.toHaveBeenCalled()
    expect(close).toHaveBeenCalledOnce()
    expect(electron.app.quit).toHaveBeenCalledOnce()
    expect(emit(electron.app, 'before-quit').defaultPrevented).toBe(false)
  })

  it('asks while it trains: keep training in the background, and come back when it has ended', async () => {
    stub.visible = true
    choose(0)
    emit(stub, 'close')
    await settled()
    expect(stub.visible).toBe(false)
    expect(close).not.toHaveBeenCalled()
    tell(state('training'))
    tell(state('paused'))
    expect(stub.visible).toBe(false)
    tell(state('done'))
    expect(stub.visible).toBe(true)
  })

  it('asks while it trains: save and quit', async () => {
    choose(1)
    emit(electron.app, 'before-quit')
    await settled()
    tell(state('stopped'))
    expect(close).toHaveBeenCalledOnce()
    expect(electron.app.quit).toHaveBeenCalledOnce()
    expect(stub.visible).toBe(false)
  })

  it('asks while it trains: stay; and asks once at a time', async () => {
    choose(2)
    stub.visible = true
    emit(stub, 'close')
    emit(electron.app, 'before-quit')
    await settled()
    expect(electron.dialog.showMessageBox).toHaveBeenCalledOnce()
    expect([close.mock.calls.length, stub.visible]).toEqual([0, true])
  })

  it('does not go on asking when the run has ended: it leaves', async () => {
    leaveUnanswered()
    emit(stub, 'close')
    await settled()
    expect(close).not.toHaveBeenCalled()
    tell(state('done'))
    await settled()
    expect(close).toHaveBeenCalledOnce()
    expect(electron.app.quit).toHaveBeenCalledOnce()
  })

  const ends = {
    'a signal': () => {
      for (const listener of system.listeners) listener()
      return new electron.StandInEvent()
    },
    'query-session-end': () => emit(stub, 'query-session-end'),
    'session-end': () => emit(stub, 'session-end'),
    shutdown: () => emit(electron.powerMonitor, 'shutdown'),
  }
  it.each(Object.entries(ends))('saves and ends without asking: %s', async (name, end) => {
    const event = end()
    await settled()
    expect(event.defaultPrevented).toBe(name === 'query-session-end' || name === 'shutdown')
    expect(electron.dialog.showMessageBox).not.toHaveBeenCalled()
    expect(close).toHaveBeenCalledOnce()
    expect(electron.app.quit).toHaveBeenCalledOnce()
    // told by another way, it does not hold the system up any more
    expect(emit(stub, 'query-session-end').defaultPrevented).toBe(false)
    expect(close).toHaveBeenCalledOnce()
  })

  it('takes a question back when the app is ended from outside', async () => {
    leaveUnanswered()
    emit(stub, 'close')
    await settled()
    ends['a signal']()
    await settled()
    expect(close).toHaveBeenCalledOnce()
    expect(electron.app.quit).toHaveBeenCalledOnce()
  })

  it('ends after five seconds, saved or not', async () => {
    vi.useFakeTimers()
    close.mockReturnValue(new Promise(() => undefined))
    ends.shutdown()
    await vi.advanceTimersByTimeAsync(4900)
    expect(system.die).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(200)
    expect(system.die).toHaveBeenCalledOnce()
  })

  it('ends at once at a second Ctrl-C', async () => {
    close.mockReturnValue(new Promise(() => undefined))
    ends['a signal']()
    expect(system.die).not.toHaveBeenCalled()
    ends['a signal']()
    expect(system.die).toHaveBeenCalledOnce()
  })

  it('ends even where saving fails, and says so where a person is there', async () => {
    phase = 'idle'
    close.mockRejectedValueOnce(new AppError('disk/full', 'The disk is full.', 'Resume the run.'))
    emit(stub, 'close')
    await settled()
    expect(electron.dialog.showMessageBox.mock.lastCall![1]).toMatchObject({
      message: 'The disk is full.',
      detail: 'Resume the run.',
    })
    expect(electron.app.quit).toHaveBeenCalledOnce()
  })
})

describe('while it trains', () => {
  it('shows how far it is', () => {
    const calls = (['starting', 'training', 'paused', 'stopped'] as const).map((phase) => {
      showProgress(window, state(phase))
      return stub.setProgressBar.mock.lastCall
    })
    expect(calls).toEqual([[2, { mode: 'indeterminate' }], [0.25], [0.25, { mode: 'paused' }], [-1]])
    showProgress(window, state('waiting', { problem: { code: 'disk/full', message: '', remedy: '' } }))
    expect(stub.setProgressBar.mock.lastCall).toEqual([0.25, { mode: 'error' }])
  })

  it('keeps the machine awake, and lets it sleep after', () => {
    const tell = createWakeLock()
    for (const phase of ['idle', 'starting', 'training', 'training'] as const) tell(state(phase))
    expect(electron.powerSaveBlocker.start).toHaveBeenCalledExactlyOnceWith('prevent-app-suspension')
    expect(electron.powerSaveBlocker.stop).not.toHaveBeenCalled()
    tell(state('paused'))
    expect(electron.powerSaveBlocker.stop).toHaveBeenCalledExactlyOnceWith(7)
  })

  it('tells a person who is elsewhere that a run has ended, once', () => {
    const tell = createNotifier(window, () => true)
    for (const phase of ['training', 'done', 'done'] as const) tell(state(phase))
    expect(electron.Notification.shown.map((note) => note.options.title)).toEqual(['Training is done'])
    electron.Notification.shown[0]!.emit('click')
    expect(stub.visible).toBe(true)
    tell(state('training'))
    tell(state('failed', { problem: { code: 'x', message: 'The loss is not a number.', remedy: '' } }))
    expect(electron.Notification.shown[1]!.options.body).toBe('The loss is not a number.')
  })

  it('tells nobody who looks, does not want to know, or stopped it', () => {
    stub.focused = true
    const looking = createNotifier(window, () => true)
    for (const phase of ['training', 'done'] as const) looking(state(phase))
    stub.focused = false
    const unwanted = createNotifier(window, () => false)
    for (const phase of ['training', 'done'] as const) unwanted(state(phase))
    const stopping = createNotifier(window, () => true)
    for (const phase of ['training', 'stopped'] as const) stopping(state(phase))
    expect(electron.Notification.shown).toEqual([])
  })
})

describe('the menu', () => {
  const actions = {
    chooseData: vi.fn<() => void>(),
    showResults: vi.fn<() => void>(),
    showAbout: vi.fn<() => void>(),
  }
  const roles = (items: MenuItemConstructorOptions[]): unknown[] =>
    items.flatMap((item) => [item.role, ...(Array.isArray(item.submenu) ? roles(item.submenu) : [])]).filter(Boolean)

  it('has each platform’s own entries', () => {
    expect(roles(menuTemplate(actions, 'darwin', true))).toEqual(
      expect.arrayContaining(['hide', 'services', 'close', 'editMenu', 'quit']),
    )
    expect(roles(menuTemplate(actions, 'linux', true))).toContain('quit')
    expect(roles(menuTemplate(actions, 'linux', true))).not.toContain('hide')
  })

  it.each([
    ['darwin', 'VLAE Studio'],
    ['linux', 'help'],
    ['win32', 'help'],
  ] as const)('has About where %s has it: under “%s”', (platform, place) => {
    const menus = menuTemplate(actions, platform, true)
    const found = menus.filter(({ submenu }) => Array.isArray(submenu) && submenu.some(isAbout))
    expect(found.map(({ label, role }) => role ?? label)).toEqual([place])
    const about = (found[0]!.submenu as MenuItemConstructorOptions[]).find(isAbout)
    about!.click!(undefined as never, undefined, undefined as never)
    expect(actions.showAbout).toHaveBeenCalledOnce()
  })
  const isAbout = ({ label }: MenuItemConstructorOptions) => label === 'About VLAE Studio'

  it('has developers’ tools only where the app is built from its sources', () => {
    expect(roles(menuTemplate(actions, 'win32', true))).not.toContain('toggleDevTools')
    expect(roles(menuTemplate(actions, 'win32', false))).toContain('toggleDevTools')
  })
})

describe('folders', () => {
  it('are chosen in the system’s dialog', async () => {
    const door = windowDoor(() => window)
    expect(await door.chooseFolder!({ title: 'Choose', start: '/here' })).toBeNull()
    expect(electron.dialog.showOpenDialog.mock.calls[0]).toMatchObject([
      stub,
      { title: 'Choose', defaultPath: '/here', properties: ['openDirectory', 'createDirectory'] },
    ])
    electron.dialog.showOpenDialog.mockResolvedValueOnce({ canceled: false, filePaths: ['/mnist'] })
    expect(await door.chooseFolder!({ title: 'Choose', start: null })).toBe('/mnist')
    door.reveal!('/result/a')
    expect(electron.shell.showItemInFolder).toHaveBeenCalledWith('/result/a')
    expect(await door.openFolder!('/result')).toBe('')
    expect(electron.shell.openPath).toHaveBeenCalledWith('/result')
  })
})
