/** A name that a page gives leads to a folder in the result folder, or nowhere. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import type * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, posix, win32 } from 'node:path'
import { assert, constantFrom, oneof, property, string } from 'fast-check'
import { expect, it, vi } from 'vitest'
import { isRunId, runIds } from '../../main/runs/ids'

/** Links to a disk that never answers. */
const asked = vi.hoisted(() => ({ silent: 0 }))
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>()
  const stat = (path: string) =>
    path.endsWith('silent') ? (asked.silent++, new Promise<never>(() => undefined)) : real.stat(path)
  return { ...real, stat }
})

const nasty = constantFrom('..', '.', '/', '\\', ':', '\0', 'C:', 'CON', 'nul.txt', ' ', '~', '%2e%2e', '\u2215', 'a')

it.each([
  ['linux', posix],
  ['win32', win32],
] as const)('never leads out of the folder, nor to the folder itself, on %s', (platform, path) => {
  const root = platform === 'win32' ? 'D:\\result' : '/result'
  const names = oneof(string({ unit: 'binary' }), string({ unit: nasty, maxLength: 6 }))
  assert(
    property(names, (name) => {
      if (!isRunId(name, platform)) return true
      const full = path.resolve(root, name)
      return path.dirname(full) === root && path.basename(full) === name
    }),
    { numRuns: 5000 },
  )
})

it('takes what a system allows, and only that', () => {
  const everywhere = ['2026-11-22-0812-ladder', 'a b', 'ночь', 'a..b', '-x', '~', 'console', 'com', 'x'.repeat(255)]
  const elsewhere = ['a:b', 'a\\b', 'C:', 'run:stream', 'run::$INDEX_ALLOCATION', 'what?', 'a.', 'a ', 'con', 'NUL.txt']
  const nowhere = ['', '.', '..', '.hidden', 'a/b', '/', 'a\0', 'x'.repeat(256)]
  const taken = (platform: 'linux' | 'win32') =>
    [...everywhere, ...elsewhere, ...nowhere].filter((name) => isRunId(name, platform))
  expect(taken('linux')).toEqual([...everywhere, ...elsewhere])
  expect(taken('win32')).toEqual(everywhere)
})

it('does not wait for ever for a link to a disk that is gone, and asks it once', async () => {
  const result = mkdtempSync(join(tmpdir(), 'vlae-links-'))
  mkdirSync(join(result, 'run'))
  for (const link of ['link', 'silent']) symlinkSync(join(result, 'run'), join(result, link), 'junction')
  for (let look = 0; look < 3; look++) expect((await runIds(result)).toSorted()).toEqual(['link', 'run'])
  expect(asked.silent).toBe(1)
  rmSync(result, { recursive: true })
})
