/** What the window's page gets of Electron: a way to ask for its port, and the paths of what is dropped on it. */
import { contextBridge, ipcRenderer, webUtils } from 'electron'
import type { WindowBridge } from './contract'

// to this window and this origin only; a port can be moved on, but not copied
ipcRenderer.on('vlae-port', (event) => window.postMessage('vlae-port', location.origin, [...event.ports]))

const bridge: WindowBridge = {
  connect: () => ipcRenderer.send('vlae-connect'),
  pathOf: (file) => webUtils.getPathForFile(file),
}
contextBridge.exposeInMainWorld('vlae', bridge)
