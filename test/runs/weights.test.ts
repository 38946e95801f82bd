/** Which checkpoint is taken where none is asked for, whatever has become of the files of weights. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { weightsName } from '../../main/runs/names'
import { newestWeights, weightsProblem } from '../../main/runs/weights'
import { wholeWeights } from '../app/fake-trainer'

let folder: string
const path = (epoch: number) => join(folder, weightsName(epoch))
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-weights-'))
  for (const epoch of [0, 1, 2]) writeFileSync(path(epoch), wholeWeights)
})
afterEach(() => rmSync(folder, { recursive: true }))

const look = async (finished = 2) => {
  const newest = await newestWeights(folder, readdirSync(folder))
  return { ...newest, problem: weightsProblem(newest, finished) }
}

const posix = process.platform !== 'win32'
const damages: [string, boolean, () => void][] = [
  ['a link that leads nowhere', true, () => symlinkSync(join(folder, 'gone'), path(7), 'junction')],
  ['a link to itself', true, () => symlinkSync(path(7), path(7), 'junction')],
  ['a folder', true, () => mkdirSync(path(7))],
  ['an empty file', true, () => writeFileSync(path(7), '')],
  ['a file that is cut off in its header', true, () => writeFileSync(path(7), wholeWeights.subarray(0, 20))],
  ['a file that is cut off at its end', true, () => writeFileSync(path(7), wholeWeights.subarray(0, -1))],
  ['zeros, where room was made and nothing came', true, () => writeFileSync(path(7), new Uint8Array(9000))],
  ['a page that a server has sent instead', true, () => writeFileSync(path(7), '<!doctype html>'.repeat(900))],
  ['a pipe that nobody writes to', posix, () => void execFileSync('mkfifo', [path(7)])],
  [
    'more than fits in memory, of which nothing is there',
    posix,
    () => {
      writeFileSync(path(7), wholeWeights)
      truncateSync(path(7), 2 ** 40)
    },
  ],
]

describe('the newest checkpoint that can be used', () => {
  it.each(damages.filter(([, here]) => here))('is not %s', async (_, __, put) => {
    put()
    expect(await look()).toMatchObject({
      epoch: 2,
      problem: {
        code: 'run/weights-unusable',
        message: expect.stringContaining(weightsName(7)) as string,
        remedy: 'The newest checkpoint that can be used is that of epoch 2.',
      },
    })
    for (const epoch of [0, 1, 2]) rmSync(path(epoch))
    expect(await look()).toMatchObject({ epoch: null, problem: { code: 'run/no-checkpoint' } })
  })

  it('is the last one, where all is well', async () => {
    expect(await look()).toEqual({ epoch: 2, wrong: null, problem: null })
    // one that is older is no matter here
    writeFileSync(path(1), '')
    expect(await look()).toEqual({ epoch: 2, wrong: null, problem: null })
  })

  it('is not there before an epoch is done; that it is gone later is a problem', async () => {
    for (const epoch of [0, 1, 2]) rmSync(path(epoch))
    expect(await look(-1)).toEqual({ epoch: null, wrong: null, problem: null })
    expect(await look(2)).toMatchObject({
      problem: { message: expect.stringMatching(/No weights are left/) as string },
    })
  })
})
