/** What the app tells of itself, at each of its doors. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Conf from 'conf'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openSettings } from '../../main/app/settings'
import { Studio, type Door } from '../../main/app/studio'
import { AppError } from '../../preload/errors'
import { FakeTrainer } from './fake-trainer'

let folder: string
let studio: Studio
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-about-'))
})
afterEach(async () => {
  await studio.close()
  rmSync(folder, { recursive: true })
})

const result = () => join(folder, 'result')

function open(door: Door, kept = true): Studio['calls'] {
  const settings = openSettings((deserialize) => {
    if (!kept) throw new AppError('disk/no-right', 'Not here.', '')
    return new Conf({ cwd: folder, configName: 'settings', deserialize })
  })
  studio = new Studio({ trainer: new FakeTrainer(), settings, door, resultFolder: result(), version: '1.2.3' })
  return studio.calls
}

describe('in a tab', () => {
  it('tells where things lie, as paths', async () => {
    const calls = open({ kind: 'tab' })
    expect(await calls.about({})).toEqual({
      folders: { results: result(), settings: folder },
      updates: null,
      licences: false,
    })
    mkdirSync(result())
    expect(await calls.showFolder({ folder: 'results' })).toBe(result())
    expect(await calls.showFolder({ folder: 'settings' })).toBe(folder)
  })

  it('has the licences of what it is made of where npm has put them', async () => {
    await expect(open({ kind: 'tab' }).licences({})).rejects.toMatchObject({
      code: 'about/no-licences',
      remedy: expect.stringContaining('node_modules'),
    })
  })
})

describe('in the window', () => {
  const openFolder = vi.fn<(path: string) => Promise<string>>(async () => '')
  const door: Door = { kind: 'window', openFolder }
  beforeEach(() => openFolder.mockClear())

  it('opens the folders, and says where there is none yet', async () => {
    const calls = open(door)
    await expect(calls.showFolder({ folder: 'results' })).rejects.toMatchObject({ code: 'about/no-folder' })
    expect(openFolder).not.toHaveBeenCalled()
    mkdirSync(result())
    await calls.showFolder({ folder: 'results' })
    expect(openFolder).toHaveBeenCalledExactlyOnceWith(result())
    openFolder.mockResolvedValueOnce('no program opens it')
    await expect(calls.showFolder({ folder: 'results' })).rejects.toMatchObject({ details: 'no program opens it' })
  })

  it('says at the menu’s entry, too, that nothing can be shown', async () => {
    open(door)
    await studio.showResults()
    expect(studio.notices.map(({ code }) => code)).toEqual(['about/no-folder'])
  })

  it('knows when the settings are not being saved', async () => {
    const calls = open(door, false)
    expect((await calls.about({})).folders.settings).toBeNull()
    await expect(calls.showFolder({ folder: 'settings' })).rejects.toMatchObject({ code: 'about/no-folder' })
  })

  it('shows the licences that come with it, and whom it asks for new versions', async () => {
    const licences = join(folder, 'licences.txt')
    writeFileSync(licences, 'zod 4.0.0: MIT\n')
    const calls = open({ ...door, licences, updates: 'example.org' })
    expect(await calls.about({})).toMatchObject({ licences: true, updates: 'example.org' })
    expect(await calls.licences({})).toBe('zod 4.0.0: MIT\n')
  })
})
