/** Making a folder, where something is in the way: it ends, and says what the system has against it. */
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { assertUsable } from '../../main/app/folders'
import { openSettingsIn } from '../../main/app/settings'
import { diskError } from '../../main/files/disk-error'
import { makeFolder } from '../../main/files/make-folder'
import { makeRunFolder } from '../../main/runs/folder'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-make-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const at = (...names: string[]) => join(folder, ...names)
const codeOf = (made: Promise<unknown>) =>
  made.then(
    () => 'made',
    (error: unknown) => diskError(error, 'made', folder).code,
  )

describe('a folder', () => {
  it('is made with those above it, by many at once; where it is there, nothing happens', async () => {
    await Promise.all(Array.from({ length: 20 }, () => makeFolder(at('a', 'b', 'c'))))
    await makeFolder(at('a', 'b'))
    symlinkSync(at('a'), at('link'), 'junction')
    await makeFolder(at('link', 'b', 'd'))
    expect(statSync(at('a', 'b', 'd')).isDirectory()).toBe(true)
  })

  it('is not made where a file is', async () => {
    writeFileSync(at('file'), '')
    expect(await codeOf(makeFolder(at('file')))).toBe('disk/exists')
    expect(await codeOf(makeFolder(at('file', 'below')))).toBe('disk/wrong-kind')
  })

  it.skipIf(process.platform === 'win32')('is not made where links lead in a circle, or nowhere', async () => {
    symlinkSync(at('one'), at('two'))
    symlinkSync(at('two'), at('one'))
    symlinkSync(at('gone'), at('broken'))
    for (const path of [at('one'), at('one', 'below'), at('one', 'below', 'that')]) {
      expect(await codeOf(makeFolder(path))).toBe('disk/link-loop')
      expect(await codeOf(makeRunFolder(path, 'x'))).toBe('disk/link-loop')
      expect(await codeOf(assertUsable(path))).toBe('disk/link-loop')
    }
    for (const path of [at('broken'), at('broken', 'below')])
      expect(await codeOf(makeFolder(path))).toBe('disk/not-found')
  })

  // Node's own way of making folders never comes back from there
  it.runIf(process.platform === 'linux')(
    'in /proc is given up, and settings that should be there are not kept',
    async () => {
      expect(await codeOf(makeFolder('/proc/vlae/a'))).toBe('disk/not-found')
      const settings = await openSettingsIn('/proc/vlae', () => {
        throw new Error('the library was asked')
      })
      expect(settings.path).toBeNull()
      expect(settings.problem).toMatchObject({ code: 'settings/not-kept' })
      expect(settings.change({ theme: 'dark' }).theme).toBe('dark')
    },
  )
})
