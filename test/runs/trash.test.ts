/** What was deleted comes back until the app is closed, and nothing else is ever deleted. */
import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import type * as fs from 'node:fs/promises'
import { readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { processOf } from '../../main/files/owner'
import { Runs } from '../../main/runs/list'
import { optimizerName, samplesName, weightsName } from '../../main/runs/names'
import { sweep } from '../../main/runs/removed'
import { Trash } from '../../main/runs/trash'
import { AppError } from '../../preload/errors'
import { wholeWeights, writeRun } from '../app/fake-trainer'

/** `at`: the call, counted from 1, from which on `forever`, or at which only, the disk fails; `only`: of this kind. */
const well = { at: Infinity, calls: 0, forever: false, code: 'EIO', only: '' }
const fault = vi.hoisted(() => ({ ...({} as typeof well) }))
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>()
  const breaking = ['mkdtemp', 'open', 'rename', 'rm', 'rmdir'] as const
  const broken = breaking.map((name) => [
    name,
    async (...given: never[]) => {
      if (fault.only === '' || fault.only === name) fault.calls++
      if (fault.forever ? fault.calls >= fault.at : fault.calls === fault.at && (fault.only || name) === name)
        throw Object.assign(new Error(`${fault.code}: it failed`), { code: fault.code })
      return (real[name] as (...given: never[]) => unknown)(...given)
    },
  ])
  return { ...real, ...(Object.fromEntries(broken) as object) }
})

let result: string
let trash: Trash
let runs: Runs
beforeEach(() => {
  Object.assign(fault, well)
  result = mkdtempSync(join(tmpdir(), 'vlae-trash-'))
  trash = new Trash()
  runs = new Runs(result, { trash })
})
afterEach(() => {
  Object.assign(fault, well)
  rmSync(result, { recursive: true, force: true })
})

/** Every file below a folder with its content, whatever removals call their folders. */
function contentOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    entries.map((entry) => [
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replace(/\.vlae-removed-\w{6}\//, ''),
      readFileSync(join(entry.parentPath, entry.name), 'latin1'),
    ]),
  )
}
const places = (folder = result) => readdirSync(folder).filter((name) => name.startsWith('.vlae-removed-'))

/** A run that a process which is gone has removed. */
async function leftBehind(id: string): Promise<string> {
  writeRun(result, id, 1)
  await runs.remove(id)
  const place = join(result, places().at(-1)!)
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const owner = await processOf(child.pid!)
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
  const record = JSON.parse(readFileSync(join(place, 'removed.json'), 'utf8')) as object
  writeFileSync(join(place, 'removed.json'), JSON.stringify({ ...record, owner }))
  return place
}

describe('a run', () => {
  it('comes back whole; of the removal nothing is left', async () => {
    writeRun(result, 'run', 2)
    const before = contentOf(result)
    await runs.remove('run')
    expect(await runs.list()).toEqual([])
    expect(await runs.restore('run')).toBe('run')
    expect(contentOf(result)).toEqual(before)
    expect(readdirSync(result)).toEqual(['run'])
  })

  it('comes back beside one that has its name meanwhile; each removal by itself, the last one first', async () => {
    writeRun(result, 'run', 1, { name: 'first' })
    await runs.remove('run')
    writeRun(result, 'run', 1, { name: 'second' })
    await runs.remove('run')
    writeRun(result, 'run', 1, { name: 'third' })
    expect(await runs.restore('run')).toBe('run-2')
    expect(await runs.restore('run')).toBe('run-3')
    const names = new Map((await runs.list()).map(({ id, name }) => [id, name]))
    expect(['run', 'run-2', 'run-3'].map((id) => names.get(id))).toEqual(['third', 'second', 'first'])
    await expect(runs.restore('run')).rejects.toMatchObject({ code: 'run/not-removed' })
  })

  it('is taken back once by two who ask at the same time, and is there', async () => {
    writeRun(result, 'run', 1)
    await runs.remove('run')
    const [first, second] = await Promise.allSettled([runs.restore('run'), runs.restore('run')])
    expect([first.status, second.status].toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await runs.list()).toHaveLength(1)
  })

  it('that is a link loses the link only, and comes back as one', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'vlae-elsewhere-'))
    writeRun(elsewhere, 'real', 1)
    symlinkSync(join(elsewhere, 'real'), join(result, 'link'))
    await runs.remove('link')
    expect(await runs.restore('link')).toBe('link')
    expect((await runs.list()).map(({ id }) => id)).toEqual(['link'])
    const before = contentOf(elsewhere)
    await runs.remove('link')
    await trash.empty()
    expect([readdirSync(result), contentOf(elsewhere)]).toEqual([[], before])
    rmSync(elsewhere, { recursive: true })
  })

  it('is deleted for good with all that the app wrote there; a person’s own files are back in its folder', async () => {
    for (const id of ['plain', 'noted']) writeRun(result, id, 2)
    for (const name of [
      'name.txt',
      'data.txt',
      optimizerName(2),
      'sample_digit3_seed0_epoch1.png',
      '.run.json.123-4f.tmp',
    ])
      writeFileSync(join(result, 'plain', name), '')
    mkdirSync(join(result, 'noted', 'paper', 'figures'), { recursive: true })
    writeFileSync(join(result, 'noted', 'paper', 'figures', weightsName(1)), 'my own')
    writeFileSync(join(result, 'noted', 'notes.md'), 'why the second latent collapses')
    await runs.remove('plain')
    await runs.remove('noted')
    await trash.empty()
    expect(contentOf(result)).toEqual({
      'noted/notes.md': 'why the second latent collapses',
      [`noted/paper/figures/${weightsName(1)}`]: 'my own',
    })
    expect(readdirSync(result)).toEqual(['noted'])
    expect(await runs.list()).toEqual([])
  })

  it('that is a disk of its own is refused in words, and stays as it is', async () => {
    writeRun(result, 'run', 1)
    const before = contentOf(result)
    for (const code of ['EBUSY', 'EXDEV']) {
      // the record's is the first
      Object.assign(fault, { at: 2, calls: 0, code, only: 'rename' })
      await expect(runs.remove('run')).rejects.toMatchObject({ code: 'run/cannot-move' })
      expect([contentOf(result), readdirSync(result)]).toEqual([before, ['run']])
    }
  })
})

describe('a checkpoint', () => {
  it('comes back with its optimizer’s state; its pictures had stayed', async () => {
    const folder = writeRun(result, 'run', 2)
    writeFileSync(join(folder, optimizerName(2)), 'state')
    const before = contentOf(result)
    await runs.remove('run', 2)
    const names = readdirSync(folder)
    expect([names.includes(weightsName(2)), names.includes(optimizerName(2))]).toEqual([false, false])
    expect(names).toContain(samplesName(2))
    await runs.restore('run', 2)
    expect(contentOf(result)).toEqual(before)
    expect(places(folder)).toEqual([])
  })

  it('is not put over one that training has written anew, and can still be had when that is gone', async () => {
    const folder = writeRun(result, 'run', 2)
    await runs.remove('run', 2)
    writeFileSync(join(folder, weightsName(2)), 'anew')
    await expect(runs.restore('run', 2)).rejects.toMatchObject({ code: 'run/not-removed' })
    expect(readFileSync(join(folder, weightsName(2)), 'utf8')).toBe('anew')
    rmSync(join(folder, weightsName(2)))
    await runs.restore('run', 2)
    expect(readFileSync(join(folder, weightsName(2))).equals(wholeWeights)).toBe(true)
  })

  it('of a run that is deleted, too, comes back after it, and goes with it', async () => {
    writeRun(result, 'run', 2)
    const before = contentOf(result)
    await runs.remove('run', 1)
    await runs.remove('run')
    await expect(runs.restore('run', 1)).rejects.toMatchObject({ code: 'run/not-removed' })
    await runs.restore('run')
    await runs.remove('run', 2)
    await runs.restore('run', 2)
    expect((await runs.checkpoints('run')).map(({ epoch }) => epoch)).toEqual([0, 2])
    expect(contentOf(result)).toMatchObject(before)
    await runs.remove('run')
    await trash.empty()
    expect(readdirSync(result)).toEqual([])
  })
})

describe('two apps on one result folder', () => {
  let others: Runs
  let end: () => void
  /** What the second app puts aside is as if another living process had. */
  async function othersRemove(id: string, epoch?: number): Promise<void> {
    const folder = epoch === undefined ? result : join(result, id)
    const before = places(folder)
    await others.remove(id, epoch)
    const place = places(folder).find((name) => !before.includes(name))
    const path = join(folder, place!, 'removed.json')
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    end = () => child.kill('SIGKILL')
    const record = JSON.parse(readFileSync(path, 'utf8')) as object
    writeFileSync(path, JSON.stringify({ ...record, owner: await processOf(child.pid!) }))
  }
  beforeEach(() => {
    end = () => undefined
    others = new Runs(result, { trash: new Trash() })
  })
  afterEach(() => end())

  it('a checkpoint that one has put aside comes back, although the other deletes its run meanwhile', async () => {
    writeRun(result, 'run', 2)
    const before = contentOf(result)
    await runs.remove('run', 0)
    await othersRemove('run')
    for (let i = 0; i < 2; i++)
      await expect(runs.restore('run', 0)).rejects.toMatchObject({
        code: 'run/removed-elsewhere',
        message: expect.stringMatching(/waits in run, which has been deleted in another window or tab/) as string,
        remedy: 'Take run back there first.',
      })
    expect(runs.canRestore('run', 0)).toBe(true)
    await others.restore('run')
    await runs.restore('run', 0)
    expect(contentOf(result)).toEqual(before)
  })

  it('a checkpoint also comes back when a person had moved its run away, and back', async () => {
    const folder = writeRun(result, 'run', 2)
    const before = contentOf(result)
    await runs.remove('run', 0)
    renameSync(folder, join(result, 'elsewhere'))
    await expect(runs.restore('run', 0)).rejects.toMatchObject({
      code: 'run/not-removed',
      message: expect.stringMatching(/is not where the app has put it/) as string,
    })
    renameSync(join(result, 'elsewhere'), folder)
    await runs.restore('run', 0)
    expect(contentOf(result)).toEqual(before)
  })

  it('the one that has not deleted a run is told that the other can take it back, until that is closed', async () => {
    writeRun(result, 'run', 2)
    await othersRemove('run')
    await expect(runs.restore('run')).rejects.toMatchObject({
      code: 'run/removed-elsewhere',
      message: 'run has been deleted in another window or tab of VLAE Studio.',
    })
    await others.restore('run')
    await othersRemove('run', 1)
    await expect(runs.restore('run', 1)).rejects.toMatchObject({ code: 'run/removed-elsewhere' })
  })

  it('the one that deletes a moment later is told that the other has', async () => {
    writeRun(result, 'run', 2)
    await othersRemove('run')
    await expect(trash.put(result, ['run'])).rejects.toMatchObject({ code: 'run/removed-elsewhere' })
    await expect(trash.put(join(result, 'run'), [weightsName(1)])).rejects.toMatchObject({
      code: 'run/removed-elsewhere',
      message: 'run has been deleted in another window or tab of VLAE Studio.',
    })
    expect(places()).toHaveLength(1)
    await others.restore('run')
    await othersRemove('run', 1)
    await expect(runs.remove('run', 1)).rejects.toMatchObject({ code: 'run/removed-elsewhere' })
  })
})

describe('for good goes', () => {
  it('what this app has removed, wherever it was, and no more', async () => {
    const other = mkdtempSync(join(tmpdir(), 'vlae-trash-'))
    writeRun(other, 'there', 1)
    for (const id of ['gone', 'stays']) writeRun(result, id, 2)
    await new Runs(other, { trash }).remove('there')
    await runs.remove('gone')
    await runs.remove('stays', 1)
    await trash.empty()
    await runs.sweep()
    expect([readdirSync(result), readdirSync(other), places(join(result, 'stays'))]).toEqual([['stays'], [], []])
    await expect(runs.restore('gone')).rejects.toMatchObject({ code: 'run/not-removed' })
    await expect(runs.restore('stays', 1)).rejects.toMatchObject({ code: 'run/not-removed' })
    rmSync(other, { recursive: true })
  })

  it('nothing that another app on the same folder can still bring back', async () => {
    const folder = writeRun(result, 'kept', 2)
    writeRun(result, 'theirs', 1)
    const mine = new Trash()
    const others = new Runs(result, { trash: mine })
    await runs.remove('theirs')
    await runs.remove('kept', 1)
    const before = contentOf(result)
    await mine.empty()
    await others.sweep()
    expect(contentOf(result)).toEqual(before)
    await runs.restore('theirs')
    await runs.restore('kept', 1)
    expect(places(folder)).toEqual([])
    expect(await runs.list()).toHaveLength(2)
  })

  it('what an app that has crashed left, in the folder and in its runs', async () => {
    const folder = writeRun(result, 'stays', 2)
    await runs.remove('stays', 1)
    const lost = join(folder, places(folder)[0]!)
    const place = await leftBehind('crashed')
    writeFileSync(
      join(lost, 'removed.json'),
      readFileSync(join(place, 'removed.json'), 'utf8').replace('crashed', weightsName(1)),
    )
    await new Runs(result).sweep()
    expect([readdirSync(result), places(folder), existsSync(lost)]).toEqual([['stays'], [], false])
  })

  it('nothing of an owner on another computer, or of whom nothing can be known', async () => {
    const place = await leftBehind('run')
    const record = JSON.parse(readFileSync(join(place, 'removed.json'), 'utf8')) as { owner: object }
    const elsewhere = { ...record.owner, host: 'another.example', boot: 'another start' }
    for (const owner of [elsewhere, { ...record.owner, space: 'pid:[1]' }]) {
      writeFileSync(join(place, 'removed.json'), JSON.stringify({ ...record, owner }))
      await runs.sweep()
      expect(existsSync(join(place, 'run', 'run.json'))).toBe(true)
    }
  })

  it('nothing that was not put aside by the app, whatever it is called', async () => {
    const place = await leftBehind('run')
    const record = readFileSync(join(place, 'removed.json'), 'utf8')
    rmSync(result, { recursive: true })
    mkdirSync(result)
    const treasure = mkdtempSync(join(tmpdir(), 'vlae-treasure-'))
    const put = (path: string, text = 'mine') => {
      mkdirSync(join(path, '..'), { recursive: true })
      writeFileSync(path, text)
    }
    put(join(treasure, 'run', 'run.json'))
    put(join(treasure, 'removed.json'), record)
    // trashes of other programs, and of earlier versions of this one
    for (const name of ['.trash', '.Trash', '.Trash-1000', '.vlae-removed-old'])
      put(join(result, name, 'run', 'run.json'))
    put(join(result, 'vault', '.trash', 'note.md'))
    // links that are called as ours, to a folder that looks as ours
    symlinkSync(treasure, join(result, '.vlae-removed-link12'))
    mkdirSync(join(result, 'vault2'))
    symlinkSync(treasure, join(result, 'vault2', '.vlae-removed-link12'))
    // records that are damaged, of another program, or name what is not theirs to name
    for (const [i, text] of [
      '',
      '{',
      record.replace('vlae-studio', 'another'),
      record.replace('"run"', '"../../vault"'),
      record.replace('"run"', '".."'),
      record.replace('"run"', '"removed.json"'),
      record.replace('["run"]', '[]'),
    ].entries()) {
      put(join(result, `.vlae-removed-bad${i}`, 'removed.json'), text)
      put(join(result, `.vlae-removed-bad${i}`, 'run', 'run.json'))
    }
    const before = [contentOf(result), contentOf(treasure)]
    await trash.empty()
    await runs.sweep()
    expect([contentOf(result), contentOf(treasure)]).toEqual(before)
    rmSync(treasure, { recursive: true })
  })

  it('nothing that a person has put among what was removed', async () => {
    const place = await leftBehind('run')
    await writeFile(join(place, 'letter.txt'), 'mine')
    await writeFile(join(place, 'run', 'essay.txt'), 'mine')
    await sweep(result)
    expect([readdirSync(place), readdirSync(join(result, 'run'))]).toEqual([['letter.txt'], ['essay.txt']])
    await sweep(result)
    expect(existsSync(join(place, 'letter.txt'))).toBe(true)
  })
})

describe('a disk that fails', () => {
  /** A result folder with one run in it; and whether all of it is still somewhere there, and whether in its place. */
  function begin() {
    Object.assign(fault, well)
    rmSync(result, { recursive: true })
    mkdirSync(result)
    const folder = writeRun(result, 'run', 2)
    writeFileSync(join(folder, optimizerName(2)), 'state')
    const before = contentOf(result)
    return {
      isWhole: () => expect(contentOf(result)).toMatchObject(before),
      isAsBefore: () => expect(contentOf(result)).toEqual(before),
    }
  }

  const removals: [string, number | undefined, boolean][] = [
    ['a run, once', undefined, false],
    ['a run, from then on', undefined, true],
    ['a checkpoint, once', 2, false],
    ['a checkpoint, from then on', 2, true],
  ]
  it.each(removals)('at any operation of removing %s, or of its undo, loses nothing', async (_, epoch, forever) => {
    for (let at = 1, over = false; !over; at++) {
      const { isWhole, isAsBefore } = begin()
      Object.assign(fault, { at, forever })
      const refused = await runs.remove('run', epoch).then(
        () => null,
        (error: unknown) => AppError.from(error),
      )
      isWhole()
      expect(['disk/io', undefined]).toContain(refused?.code)
      // what is refused has not happened; a disk that does nothing any more does not take it back either
      if (refused !== null && !forever) isAsBefore()
      if (refused !== null) continue
      const restored = await runs.restore('run', epoch).catch(() => null)
      isWhole()
      over = fault.calls < at
      fault.at = Infinity
      if (restored === null) await runs.restore('run', epoch)
      isWhole()
      const checkpoints = await runs.checkpoints('run')
      expect(checkpoints.map((checkpoint) => checkpoint.epoch)).toEqual([0, 1, 2])
    }
  })

  it.each([
    ['mkdtemp', 1],
    // before that the run's lock is
    ['open', 2],
  ])('because it is full does not tell who makes room to make room first (%s)', async (only, at) => {
    const { isAsBefore } = begin()
    Object.assign(fault, { at, forever: true, code: 'ENOSPC', only })
    await expect(runs.remove('run')).rejects.toMatchObject({
      code: 'disk/full',
      message: expect.stringMatching(/run cannot be put aside: the disk is full/) as string,
      remedy: expect.stringMatching(/^Delete it with the file manager\./) as string,
    })
    isAsBefore()
  })

  it('at any operation of a deletion for good leaves what is not done to the next app', async () => {
    for (let at = 1, over = false; !over; at++) {
      begin()
      rmSync(join(result, 'run'), { recursive: true })
      await leftBehind('run')
      Object.assign(fault, { at, calls: 0, forever: true })
      await runs.sweep()
      over = fault.calls < at
      fault.at = Infinity
      await runs.sweep()
      const left = await readdir(result)
      // at worst an empty folder, when its record was deleted and the disk failed then
      const inside = left.flatMap((name) => readdirSync(join(result, name)))
      expect([left.length <= (over ? 0 : 1), inside]).toEqual([true, []])
    }
  })
})
