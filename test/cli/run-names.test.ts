/** What a person types for a run. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { visible } from '../../main/cli/format'
import { findRunFolder } from '../../main/cli/run-names'
import { weightsName } from '../../main/runs/names'
import { writeRun } from '../app/fake-trainer'
import { noRights, unprivileged } from '../files/unprivileged'

let result: string
beforeEach(() => {
  result = mkdtempSync(join(tmpdir(), 'vlae-names-'))
})
afterEach(() => rmSync(result, { recursive: true }))

const put = (id: string, day: number, epochs = 2, change: Parameters<typeof writeRun>[3] = {}) =>
  writeRun(result, id, epochs, { startedAt: `2026-11-${day}T08:12:00.000Z`, ...change })

describe('latest', () => {
  it('is the newest run that can be used, whatever lies about that is newer', async () => {
    const whole = put('whole', 10)
    rmSync(join(put('2026-11-22-0812-headless', 22), 'run.json'))
    writeFileSync(join(put('2026-11-23-0812-garbled', 23), 'run.json'), '{"format": 1')
    mkdirSync(join(result, '2026-11-24-0812-empty'))
    expect(await findRunFolder('latest', result)).toBe(whole)
    expect(await findRunFolder('latest', result, 'resume')).toBe(whole)
  })

  it('has weights to look at, and a state to go on from', async () => {
    const both = put('both', 10)
    const stateless = put('stateless', 11)
    rmSync(join(stateless, 'resume.safetensors'))
    const weightless = put('weightless', 12)
    for (const epoch of [0, 1, 2]) rmSync(join(weightless, weightsName(epoch)))
    expect(await findRunFolder('latest', result)).toBe(stateless)
    expect(await findRunFolder('latest', result, 'resume')).toBe(weightless)
    rmSync(weightless, { recursive: true })
    expect(await findRunFolder('latest', result, 'resume')).toBe(both)
    // also where something else was wrong with it before
    const problem = { code: 'training/crashed', message: 'It crashed.', remedy: 'Resume it.' }
    rmSync(join(put('failed', 13, 2, { status: 'failed', problem }), 'resume.safetensors'))
    expect(await findRunFolder('latest', result, 'resume')).toBe(both)
    rmSync(join(result, 'failed'), { recursive: true })
    // weights that cannot be used are none
    for (const epoch of [0, 1, 2]) writeFileSync(join(stateless, weightsName(epoch)), '')
    expect(await findRunFolder('latest', result)).toBe(both)
  })

  it('is not there where no run can be used, and why', async () => {
    await expect(findRunFolder('latest', result)).rejects.toMatchObject({ message: `There is no run in ${result}.` })
    rmSync(join(put('headless', 22), 'run.json'))
    await expect(findRunFolder('latest', result)).rejects.toMatchObject({
      code: 'run/not-found',
      message: expect.stringMatching(/The last one is headless: .*run\.json is gone/) as string,
    })
  })
})

describe('a run', () => {
  it('is found by its name, whatever that is, and by its path', async () => {
    for (const name of ['a b', "it's", '12-30', '-x', 'ночь']) {
      const folder = put(name, 10)
      expect(await findRunFolder(name, result)).toBe(folder)
      expect(await findRunFolder(folder, join(result, 'elsewhere'))).toBe(folder)
    }
    await expect(findRunFolder('nothing', result)).rejects.toMatchObject({ code: 'run/not-found' })
  })

  it('that is half deleted is said to be', async () => {
    rmSync(join(put('headless', 22), 'run.json'))
    await expect(findRunFolder('headless', result)).rejects.toMatchObject({ code: 'run/incomplete' })
  })

  it.skipIf(noRights)('that may not be looked at is said not to be', async () => {
    chmodSync(result, 0o755)
    chmodSync(put('closed', 22), 0o000)
    await unprivileged(() => expect(findRunFolder('closed', result)).rejects.toMatchObject({ code: 'disk/denied' }))
  })
})

it('shows a terminal’s commands in a name instead of sending them', () => {
  expect(visible('a\u001b[2Jb\nc\u007f\u009b')).toBe('a␛[2Jb␊c␡\ufffd')
  expect(visible('ночь 数 ✓')).toBe('ночь 数 ✓')
})
