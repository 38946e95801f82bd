/** Settings on a disk that fails at every operation in turn: the last ones saved, or those being saved, are there. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Conf from 'conf'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openSettings, type Settings } from '../../main/app/settings'

type Way = 'ENOSPC' | 'EIO' | 'EROFS' | 'crash before' | 'crash after' | 'short write'

/** Which of the file operations fails, from 0, and how; the operations that there were. */
const disk = vi.hoisted(() => {
  const state = { at: -1, way: 'EIO' as string, crashed: false, operations: [] as string[] }
  const fs = process.getBuiltinModule('node:fs') as unknown as Record<string, (...args: unknown[]) => unknown>
  const writing = ['openSync', 'writeSync', 'fsyncSync', 'closeSync', 'renameSync', 'mkdirSync', 'copyFileSync']
  const error = (code: string) => Object.assign(new Error(`${code}: made to fail`), { code })
  // before anything that writes settings is loaded, and keeps the functions as they are then
  for (const name of writing) {
    const real = fs[name]!
    fs[name] = (...args) => {
      if (state.at < 0) return real(...args)
      if (state.crashed) throw error('EIO')
      if (state.operations.push(name) - 1 !== state.at) return real(...args)
      if (state.way === 'short write') {
        const [fd, data, ...rest] = args as [number, string | Uint8Array]
        return name === 'writeSync' ? real(fd, data.slice(0, data.length / 2), ...rest) : real(...args)
      }
      state.crashed = state.way.startsWith('crash')
      if (state.way === 'crash after') real(...args)
      throw error(state.crashed ? 'EIO' : state.way)
    }
  }
  ;(process.getBuiltinModule('node:module') as { syncBuiltinESMExports(): void }).syncBuiltinESMExports()
  return state
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-settings-'))
})
afterEach(() => {
  disk.at = -1
  rmSync(folder, { recursive: true })
})

const open = (): Settings =>
  openSettings((deserialize) => new Conf({ cwd: folder, configName: 'settings', deserialize }))

describe('settings on a disk that fails', () => {
  const ways: Way[] = ['ENOSPC', 'EIO', 'EROFS', 'crash before', 'crash after', 'short write']
  it.each(ways)('at any operation of a change (%s) are the old or the new ones at the next start', (way) => {
    let [at, more] = [0, true]
    for (; more; at++) {
      rmSync(folder, { recursive: true })
      open().change({ theme: 'dark' })
      const settings = open()
      Object.assign(disk, { at, way, crashed: false, operations: [] })
      let refused: unknown = null
      try {
        settings.change({ theme: 'light' })
      } catch (error) {
        refused = error
      }
      more = disk.operations.length > at
      disk.at = -1
      expect(settings.current.theme).toBe('light')
      expect([null, 'settings/not-saved']).toContain(refused && (refused as { code: unknown }).code)
      const next = open()
      expect({ at, problem: next.problem, notes: readdirSync(folder).filter((name) => /unusable/.test(name)) }).toEqual(
        {
          at,
          problem: null,
          notes: [],
        },
      )
      expect(refused === null ? ['light'] : ['dark', 'light']).toContain(next.current.theme)
    }
    expect(at).toBeGreaterThan(4)
  })
})
