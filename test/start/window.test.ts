/** The window is tried, with packages of `electron` that behave like real ones do where a window cannot be had. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { programOf, tryWindow, type WindowAttempt } from '../../main/start/window'

let electron: string
beforeEach(() => {
  electron = mkdtempSync(join(tmpdir(), 'vlae-electron-'))
})
afterEach(() => rmSync(electron, { recursive: true }))

/** What Electron's installer does, and what the program does that it leaves behind. */
function install({ installer = 'process.exit(1)', program }: { installer?: string; program?: string }): void {
  writeFileSync(join(electron, 'install.js'), installer)
  writeFileSync(join(electron, 'package.json'), '{}')
  if (program !== undefined) place(program)
}

function place(program: string): void {
  mkdirSync(join(electron, 'dist'))
  writeFileSync(join(electron, 'dist', 'electron'), `#!/bin/sh\n${program}\n`)
  chmodSync(join(electron, 'dist', 'electron'), 0o755)
  writeFileSync(join(electron, 'path.txt'), 'electron')
}

function start(patience = 3000): Promise<WindowAttempt> {
  // the made-up package is the one that is tried, not the Electron that this machine may name
  const environment = { ...process.env, DISPLAY: ':0', ELECTRON_OVERRIDE_DIST_PATH: undefined }
  return tryWindow({ electron, args: [], environment, platform: 'linux', patience })
}

it('is not tried where there is no display', async () => {
  install({ program: 'exit 0' })
  const environment = { PATH: process.env['PATH'] }
  expect(await tryWindow({ electron, args: [], environment, platform: 'linux' })).toEqual({
    opened: false,
    reason: 'There is no display for a window here',
  })
})

it('is not there where Electron is not', async () => {
  expect(await start()).toEqual({ opened: false, reason: 'Electron is not installed' })
})

it('cannot be had where the program cannot be downloaded', async () => {
  install({})
  expect(await start()).toMatchObject({ opened: false, reason: expect.stringContaining('could not be downloaded') })
})

it('is not waited for while the download takes long', async () => {
  install({ installer: 'setTimeout(() => undefined, 2000)' })
  expect(await start(300)).toMatchObject({ opened: false, reason: expect.stringContaining('goes on downloading') })
})

it('opens with a program that was just downloaded', async () => {
  place('exit 0')
  const download = `
    const { renameSync } = require('node:fs')
    renameSync(__dirname + '/later.txt', __dirname + '/path.txt')`
  writeFileSync(join(electron, 'later.txt'), 'electron')
  rmSync(join(electron, 'path.txt'))
  install({ installer: download })
  expect(await start()).toMatchObject({ opened: true })
})

it('is opened with another Electron where ELECTRON_OVERRIDE_DIST_PATH names its folder', () => {
  place('exit 0')
  rmSync(join(electron, 'path.txt'))
  const other = join(electron, 'dist')
  expect(programOf(electron, {}, 'linux')).toBeNull()
  expect(programOf(electron, { ELECTRON_OVERRIDE_DIST_PATH: other }, 'linux')).toBe(join(other, 'electron'))
  expect(programOf(electron, { ELECTRON_OVERRIDE_DIST_PATH: electron }, 'linux')).toBeNull()
})

it('cannot be opened where the program ends at once', async () => {
  install({ program: 'echo "cannot open display" >&2; exit 1' })
  expect(await start()).toMatchObject({ opened: false, reason: expect.stringContaining('cannot open a window') })
})

it('is open when the program goes on, and ends with its code', async () => {
  install({ program: 'sleep 0.6; exit 3' })
  const attempt = await start(200)
  expect(attempt.opened).toBe(true)
  expect(attempt.opened && (await attempt.code)).toBe(3)
})

it('was open when the program ended well: another instance has the window', async () => {
  install({ program: 'exit 0' })
  expect(await start()).toMatchObject({ opened: true })
})
