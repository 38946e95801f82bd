/** A result folder on a disk that does not answer holds nobody up, and is shown once it does. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Shelf } from '../../main/app/shelf'
import { Runs } from '../../main/runs/list'
import type { AppEvent } from '../../preload/contract'
import { writeRun } from './fake-trainer'

let folder: string
let told: AppEvent[]
let shelf: Shelf
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-shelf-'))
  writeRun(folder, 'a', 1)
  told = []
  shelf = new Shelf({ folder, chosen: false }, (event) => told.push(event), 50)
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
})

/** The list is not answered until the function that is given back is called. */
function disconnect(): () => void {
  let connect = (): void => undefined
  const connected = new Promise<void>((resolve) => (connect = resolve))
  const { list } = Runs.prototype
  vi.spyOn(Runs.prototype, 'list').mockImplementation(async function (this: Runs) {
    await connected
    return list.call(this)
  })
  return connect
}

it('says that it does not answer, asks it once, and tells what is there when it does', async () => {
  const connect = disconnect()
  for (let page = 0; page < 3; page++)
    expect(await shelf.show()).toMatchObject({
      runs: [],
      resultFolder: { path: folder, problem: { code: 'disk/unanswered' } },
    })
  expect(Runs.prototype.list).toHaveBeenCalledTimes(1)
  expect(told).toEqual([])
  connect()
  await vi.waitFor(
    () =>
      expect(told).toMatchObject([
        { type: 'resultFolder', resultFolder: { path: folder, problem: null } },
        { type: 'runs', changed: [{ id: 'a' }], gone: [] },
        { type: 'removed', removed: [] },
      ]),
    { timeout: 10_000 },
  )
  expect((await shelf.show()).runs).toHaveLength(1)
})

it('tells nothing of it that comes after another folder was chosen', async () => {
  const connect = disconnect()
  await shelf.show()
  vi.restoreAllMocks()
  const elsewhere = mkdtempSync(join(tmpdir(), 'vlae-shelf-'))
  await shelf.move({ folder: elsewhere, chosen: true })
  const before = [...told]
  connect()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(told).toEqual(before)
  expect(told).toContainEqual({ type: 'runs', changed: [], gone: ['a'] })
  rmSync(elsewhere, { recursive: true })
})

it('is not waited for when the app closes; what it has removed elsewhere is deleted', async () => {
  // an app that pages were shown: another one clears nothing away
  shelf.watching(true)
  await shelf.runs.remove('a')
  vi.spyOn(Runs.prototype, 'sweep').mockReturnValue(new Promise(() => undefined))
  await shelf.close()
  expect(existsSync(join(folder, 'a'))).toBe(false)
  await expect(shelf.runs.restore('a')).rejects.toMatchObject({ code: 'run/not-removed' })
})
