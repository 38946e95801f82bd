/** The menu, with the platform's usual shortcuts. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron'
import { externalLinks } from './security/external-links'
import { openExternal } from './security/open-external'

export interface MenuActions {
  chooseData(): void
  showResults(): void
  showAbout(): void
}

/** Where plus needs Shift, nobody presses it; and those of the number pad. */
const otherZoomKeys = [
  ['zoomIn', 'CmdOrCtrl+='],
  ['zoomIn', 'CmdOrCtrl+numadd'],
  ['zoomOut', 'CmdOrCtrl+numsub'],
  ['resetZoom', 'CmdOrCtrl+num0'],
] as const

export function setMenu(actions: MenuActions): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(actions, process.platform, app.isPackaged)))
}

/** @param packaged developers' entries are left out of an installed app */
export function menuTemplate(
  { chooseData, showResults, showAbout }: MenuActions,
  platform: NodeJS.Platform,
  packaged: boolean,
): MenuItemConstructorOptions[] {
  const mac = platform === 'darwin'
  const separator = { type: 'separator' } as const
  const about = { label: 'About VLAE Studio', click: showAbout }
  return [
    ...(mac ? [macMenu(about)] : []),
    {
      label: '&File',
      submenu: [
        { label: 'Choose &Data Folder…', accelerator: 'CmdOrCtrl+O', click: chooseData },
        { label: 'Show &Result Folder', accelerator: 'CmdOrCtrl+Shift+R', click: showResults },
        separator,
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        ...otherZoomKeys.map(([role, accelerator]) => ({ role, accelerator, visible: false })),
        separator,
        { role: 'togglefullscreen' },
        ...(packaged ? [] : [separator, { role: 'reload' } as const, { role: 'toggleDevTools' } as const]),
      ],
    },
    { role: 'windowMenu' },
    {
      role: 'help',
      submenu: [
        { label: 'Paper: Variational Lossy Autoencoder', click: () => openExternal(externalLinks.vlae) },
        { label: 'Paper: Inverse Autoregressive Flow', click: () => openExternal(externalLinks.iaf) },
        ...(mac ? [] : [separator, about]),
      ],
    },
  ]
}

/** What every app on a Mac has under its own name; Electron's own menu of it has a panel of its own for About. */
function macMenu(about: MenuItemConstructorOptions): MenuItemConstructorOptions {
  const separator = { type: 'separator' } as const
  return {
    label: app.name,
    submenu: [
      about,
      separator,
      { role: 'services' },
      separator,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      separator,
      { role: 'quit' },
    ],
  }
}
