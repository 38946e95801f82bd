/** The page's channel: one message port, made when the page asks for it, gone when the page is. */
import { ipcMain, MessageChannelMain, type BrowserWindow, type MessagePortMain } from 'electron'
import type { Channel } from '../../preload/rpc'
import { isOwnPage } from './security/senders'

/**
 * Gives the window's page a port whenever it asks, after a reload anew.
 *
 * @param connect a page has come; returns what to call when it is gone
 */
export function connectPage(window: BrowserWindow, connect: (channel: Channel) => () => void): void {
  const answer = (event: Electron.IpcMainEvent): void => {
    if (!isOwnPage(event, window.webContents)) return
    const { port1, port2 } = new MessageChannelMain()
    const leave = connect(mainPortChannel(port1))
    port1.on('close', leave)
    event.senderFrame?.postMessage('vlae-port', null, [port2])
  }
  ipcMain.on('vlae-connect', answer)
  window.on('closed', () => ipcMain.off('vlae-connect', answer))
}

function mainPortChannel(port: MessagePortMain): Channel {
  return {
    post: (message) => port.postMessage(message),
    on(listener) {
      port.on('message', ({ data }) => listener(data))
      port.start()
    },
  }
}
