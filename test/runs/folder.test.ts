import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { assert, asyncProperty, nat, string } from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { changeRunFile, makeRunFolder, readRunFile, renameRun, writeRunFile } from '../../main/runs/folder'
import { epochsOf, optimizerName, samplesName, weightsName } from '../../main/runs/names'
import type { RunFile } from '../../main/runs/run-file'
import { runId, runSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'

let result: string
beforeEach(async () => {
  result = await mkdtemp(join(tmpdir(), 'vlae-result-'))
})
afterEach(() => rm(result, { recursive: true, force: true }))

const file: RunFile = {
  format: 1,
  name: 'Ladder',
  status: 'training',
  settings: runSettings.parse({}),
  from: null,
  data: {
    name: 'MNIST',
    folder: '/data',
    bundled: true,
    fingerprint: 'ab',
    trainImages: 60_000,
    testImages: 10_000,
    classes: null,
  },
  engine: { name: 'onnx-cpu', device: 'CPU, 1 lane' },
  versions: { node: '20.20.0' },
  startedAt: '2026-11-22T08:12:00.000Z',
  updatedAt: '2026-11-22T08:12:00.000Z',
  epoch: -1,
  step: 0,
  stepsPerEpoch: 469,
  curve: [],
  seconds: [],
  problem: null,
}

describe('makeRunFolder', () => {
  const now = new Date(2026, 10, 22, 8, 12)

  it('names it by time and name, in a result folder that it makes', async () => {
    const folder = await makeRunFolder(join(result, 'new'), 'Ladder, no classes', now)
    expect(folder).toBe(join(result, 'new', '2026-11-22-0812-ladder-no-classes'))
  })

  it('never takes a folder that is there', async () => {
    const folders = await Promise.all([1, 2, 3].map(() => makeRunFolder(result, 'run', now)))
    expect(folders.map((folder) => basename(folder)).toSorted()).toEqual([
      '2026-11-22-0812-run',
      '2026-11-22-0812-run-2',
      '2026-11-22-0812-run-3',
    ])
  })

  it('makes a name that every system takes of any text', async () => {
    await assert(
      asyncProperty(string({ unit: 'grapheme' }), async (name) => {
        const folder = await makeRunFolder(result, name, now)
        expect(runId.safeParse(basename(folder)).success).toBe(true)
        expect(await readdir(result)).toContain(basename(folder))
      }),
      { numRuns: 50 },
    )
  })

  it('says what is in the way', async () => {
    await writeFile(join(result, 'file'), '')
    await expect(makeRunFolder(join(result, 'file'), 'run')).rejects.toMatchObject({
      code: expect.stringMatching(/^disk/),
    })
  })
})

describe('run.json', () => {
  it('comes back as it was written, and as a change leaves it', async () => {
    await writeRunFile(result, file)
    expect(await readRunFile(result)).toEqual(file)
    const changed = await changeRunFile(result, { epoch: 0, step: 0, curve: [500] })
    expect(changed).toMatchObject({ name: 'Ladder', epoch: 0, curve: [500], startedAt: file.startedAt })
    expect(changed.updatedAt > file.updatedAt).toBe(true)
    expect(await readRunFile(result)).toEqual(changed)
  })

  it('keeps the name that a person gives it, however the one who trains writes meanwhile', async () => {
    await writeRunFile(result, file)
    for (let step = 1; step <= 20; step++) {
      // a write that began before the renaming and ends after it, as from another thread
      const writing = changeRunFile(result, { step })
      await renameRun(result, `Renamed ${step}`)
      await writing
      expect(await readRunFile(result)).toMatchObject({ name: `Renamed ${step}`, step })
    }
    await writeRunFile(result, file)
    expect((await readRunFile(result)).name).toBe('Renamed 20')
  })

  it('has the name it was born with where the given one says nothing', async () => {
    await writeRunFile(result, file)
    for (const [text, name] of [
      ['', 'Ladder'],
      [' \n', 'Ladder'],
      ['One\ntwo', 'One'],
      ['x'.repeat(1000), 'x'.repeat(120)],
    ] as const) {
      await writeFile(join(result, 'name.txt'), text)
      expect((await readRunFile(result)).name).toBe(name)
    }
    await expect(renameRun(join(result, 'nowhere'), 'x')).rejects.toMatchObject({ code: 'run/not-found' })
  })

  it('is read as it was typed, whatever encoding an editor saved it and the name in', async () => {
    const text = `\ufeff${JSON.stringify({ ...file, data: { ...file.data, folder: '/Größe/数' } })}`
    const utf16 = (of: string) => Buffer.from(of, 'utf16le')
    for (const [run, name] of [
      [Buffer.from(text), Buffer.from('\ufeffÜbung\r\n')],
      [utf16(text), utf16('\ufeffÜbung\r\n')],
      [utf16(text).swap16(), utf16('\ufeffÜbung\r\n').swap16()],
    ] as const) {
      await writeFile(join(result, 'run.json'), run)
      await writeFile(join(result, 'name.txt'), name)
      expect(await readRunFile(result)).toEqual({ ...file, name: 'Übung', data: { ...file.data, folder: '/Größe/数' } })
    }
    // what the app writes next is plain UTF-8
    await changeRunFile(result, { epoch: 0 })
    expect((await readFile(join(result, 'run.json'), 'utf8')).startsWith('{')).toBe(true)
  })

  it('that is not there is no run', async () => {
    await expect(readRunFile(result)).rejects.toMatchObject({ code: 'run/not-found' })
    await expect(readRunFile(join(result, 'nowhere'))).rejects.toMatchObject({ code: 'run/not-found' })
  })

  it('that was tampered with is refused with a sentence, whatever was done to it', async () => {
    const text = JSON.stringify(file)
    await assert(
      asyncProperty(nat(text.length - 1), nat(40), string({ maxLength: 5 }), async (at, cut, put) => {
        await writeFile(join(result, 'run.json'), text.slice(0, at) + put + text.slice(at + cut))
        const refusal = await readRunFile(result).then(
          () => null,
          (error: unknown) => AppError.from(error),
        )
        // what it says is also true of a change that leaves a run.json: there is nothing to refuse then
        expect(refusal?.code ?? 'run/damaged').toBe('run/damaged')
      }),
      { numRuns: 200 },
    )
  })
})

describe('epochsOf', () => {
  it('finds the epochs of one kind of file, by number', () => {
    const names = [weightsName(10), weightsName(2), weightsName(0), optimizerName(7), samplesName(3), 'run.json']
    expect(epochsOf(names, weightsName)).toEqual([0, 2, 10])
    expect(epochsOf(names, optimizerName)).toEqual([7])
  })

  it('takes no name that it would not write itself', () => {
    const wrong = [
      'vlae_condprior_epoch01.safetensors',
      'vlae_condprior_epoch.safetensors',
      'vlae_condprior_epoch-1.safetensors',
      'vlae_condprior_epoch1.safetensors.tmp',
      'x_vlae_condprior_epoch1.safetensors',
    ]
    expect(epochsOf(wrong, weightsName)).toEqual([])
  })
})
