/** A writer whose run is another process's by now stops before it writes. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { acquireLock, type Lock } from '../../main/files/lock'
import { contentOf } from '../../main/files/lock-file'
import { lockName, runFileName } from '../../main/runs/names'
import { train, type Stretch } from './small-session'

vi.mock('../../main/training/gallery', () => {
  const picture = async () => new Uint8Array(8)
  return { samplesPicture: picture, reconstructionsPicture: picture }
})

let folder: string
let lock: Lock
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-run-'))
  lock = await acquireLock(join(folder, lockName))
})
afterEach(async () => {
  await lock.release()
  rmSync(folder, { recursive: true })
})

const filesNow = () =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'latin1')]))

/** Trains, and does something when the first epoch is saved: steps of the second are done or under way. */
function trainUntil(then: () => void): Promise<Stretch> {
  return train(folder, {
    resumes: false,
    lock,
    on: (event) => {
      if (event.type === 'epoch' && event.epoch === 1) then()
    },
  })
}

function takeOver(): void {
  writeFileSync(lock.path, contentOf({ ...lock.holder, pid: 7, space: 'another', token: 'another' }))
}

describe('a run that trains', () => {
  it('is left as it is when another process has taken it over, and that is said', async () => {
    let then = {}
    const { events } = await trainUntil(() => {
      takeOver()
      then = filesNow()
    })
    expect(events.at(-2)).toMatchObject({
      type: 'failure',
      error: { code: 'run/taken-over', message: expect.stringContaining('process 7 of another container') },
      resumable: false,
      waits: false,
    })
    expect(events.at(-1)).toMatchObject({ type: 'state', state: 'failed' })
    expect(filesNow()).toEqual(then)
    await lock.release()
    expect(filesNow()).toEqual(then)
  })

  it('is left as it is also when the other one has ended since', async () => {
    let then = {}
    const { events } = await trainUntil(() => {
      const path = join(folder, runFileName)
      writeFileSync(
        path,
        readFileSync(path, 'utf8').replace(/"updatedAt": "[^"]+"/, `"updatedAt": "2030-01-01T00:00:00.000Z"`),
      )
      rmSync(lock.path)
      then = filesNow()
    })
    expect(events.at(-2)).toMatchObject({ type: 'failure', error: { code: 'run/taken-over' } })
    expect(filesNow()).toEqual(then)
  })

  it('puts its lock back when a person has deleted it, and goes on', async () => {
    const { events } = await trainUntil(() => rmSync(lock.path))
    expect(events.at(-2)).toMatchObject({ type: 'done', status: 'done' })
    expect(readFileSync(lock.path, 'utf8')).toContain(lock.holder.token)
    await expect(acquireLock(lock.path)).rejects.toMatchObject({ code: 'run/locked' })
  })
})
