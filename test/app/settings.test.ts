/** Settings survive a restart, and a damaged file loses nothing. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Conf from 'conf'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openSettings, type Settings } from '../../main/app/settings'
import { appSettings } from '../../preload/contract'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-settings-'))
})
afterEach(() => {
  chmodSync(folder, 0o700)
  rmSync(folder, { recursive: true })
})

const file = () => join(folder, 'settings.json')
const defaults = appSettings.parse({})

function open(): Settings {
  return openSettings((deserialize) => new Conf({ cwd: folder, configName: 'settings', deserialize }))
}

it('starts with the defaults and no file', () => {
  const settings = open()
  expect(settings.current).toEqual(defaults)
  expect(settings.problem).toBeNull()
})

it('keeps a change for the next start', () => {
  open().change({ theme: 'dark', run: { ...defaults.run, epochs: 3 } })
  const settings = open()
  expect(settings.current).toEqual({ ...defaults, theme: 'dark', run: { ...defaults.run, epochs: 3 } })
  expect(settings.problem).toBeNull()
})

it('puts one field back, or all', () => {
  open().change({ theme: 'dark', notify: false })
  expect(open().reset(['theme'])).toEqual({ ...defaults, notify: false })
  expect(open().reset()).toEqual(defaults)
  expect(open().current).toEqual(defaults)
})

it.each(['', '{"theme": "dark"', 'null', '[1]', '\0\0\0\0'])('sets %j aside, byte for byte, and says so', (text) => {
  writeFileSync(file(), text)
  const settings = open()
  expect(settings.current).toEqual(defaults)
  expect(settings.problem?.code).toBe('settings/unusable')
  const aside = readdirSync(folder).filter((name) => name.includes('unusable'))
  expect(aside).toHaveLength(1)
  expect(readFileSync(join(folder, aside[0]!), 'utf8')).toBe(text)
  expect(settings.problem?.remedy).toContain(aside[0])
  settings.change({ theme: 'light' })
  expect(open().problem).toBeNull()
  expect(readdirSync(folder)).toHaveLength(2)
})

it('keeps the good fields of a file with a bad one, and the file as it was', () => {
  const text = JSON.stringify({ theme: 'dark', notify: 'perhaps', fromTomorrow: 1 })
  writeFileSync(file(), text)
  const settings = open()
  expect(settings.current).toEqual({ ...defaults, theme: 'dark' })
  expect(settings.problem?.message).toContain('"notify", "fromTomorrow"')
  const aside = readdirSync(folder).find((name) => name.includes('unusable'))
  expect(readFileSync(join(folder, aside!), 'utf8')).toBe(text)
})

it.each(['utf8', 'utf16le', 'utf16be'] as const)('reads a file that an editor saved as %s with a mark', (encoding) => {
  const text = `\ufeff${JSON.stringify({ theme: 'dark', dataFolder: '/Größe/数' })}`
  const bytes = Buffer.from(text, encoding === 'utf8' ? 'utf8' : 'utf16le')
  writeFileSync(file(), encoding === 'utf16be' ? bytes.swap16() : bytes)
  const settings = open()
  expect(settings.current).toEqual({ ...defaults, theme: 'dark', dataFolder: '/Größe/数' })
  expect([settings.problem, readdirSync(folder)]).toEqual([null, ['settings.json']])
  settings.change({ notify: false })
  expect(open().current).toMatchObject({ theme: 'dark', dataFolder: '/Größe/数', notify: false })
})

it('opens whatever the file holds', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        fc.json().map((text) => `{"theme":${text}}`),
      ),
      (text) => {
        writeFileSync(file(), text)
        expect(appSettings.parse(open().current)).toEqual(open().current)
      },
    ),
    { numRuns: 200 },
  )
})

it('says that a change is not saved, and still uses it', () => {
  const settings = openSettings(() => ({
    path: file(),
    get store() {
      return {}
    },
    set store(_value: Record<string, unknown>) {
      throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
    },
  }))
  expect(() => settings.change({ theme: 'dark' })).toThrow(/the disk is full/)
  expect(settings.current.theme).toBe('dark')
})
