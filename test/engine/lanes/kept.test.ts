/** What was compiled before: whole and of the same, or made anew, whatever lies there and whatever the disk does. */
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Keeping, kept } from '../../../main/engine/lanes/kept'
import { present } from '../../../preload/present'
import { FaultyLayer, restoreDisk } from '../../files/faulty-layer'

let where: Keeping
beforeEach(() => {
  const folder = join(mkdtempSync(join(tmpdir(), 'vlae-kept-')), 'not', 'yet')
  where = { folder, build: 'this', most: { files: 4, bytes: 1 << 20 } }
})
afterEach(() => {
  restoreDisk()
  rmSync(join(where.folder, '..', '..'), { recursive: true })
})

const weights = Float32Array.of(-0, NaN, 1e-40)
const plan = { bytes: Uint8Array.of(1, 2, 3), tables: [weights, weights], nested: { at: [0, 64], name: 'graph' } }

/** What is found, and whether it was made for that. */
async function found(name: string | undefined = 'a', specs: unknown = 1, place = where) {
  let made = false
  const value = await kept(name, specs, () => ((made = true), structuredClone(plan)), place)
  return { value, made }
}
const files = () => readdirSync(where.folder).map((name) => join(where.folder, name))
const theFile = () => present(files()[0], 'file')

it('is made once, and the same the next time, to the bit', async () => {
  const [first, second] = [await found(), await found()]
  expect([first.made, second.made]).toEqual([true, false])
  expect(second.value).toEqual(plan)
  expect(Object.is(second.value.tables[0]?.[0], -0)).toBe(true)
  // what was one is one
  expect(second.value.tables[0]).toBe(second.value.tables[1])
})

it('is made anew of anything else', async () => {
  await found()
  expect((await found('b')).made).toBe(true)
  expect((await found('a', 2)).made).toBe(true)
  expect((await found('a', 1, { ...where, build: 'another' })).made).toBe(true)
  expect((await found()).made).toBe(false)
})

it('is made each time where it has no name', async () => {
  await found()
  for (let time = 0; time < 2; time++) {
    let made = false
    await kept(undefined, 1, () => (made = true), where)
    expect(made).toBe(true)
  }
  expect(files()).toHaveLength(1)
})

it('is not kept where making it fails', async () => {
  const failing = kept('a', 1, () => { throw new Error('no such kernel') }, where) // prettier-ignore
  await expect(failing).rejects.toThrow('no such kernel')
  expect((await found()).made).toBe(true)
})

describe('a file', () => {
  it('that is cut off, longer, or changed in any byte is written again', async () => {
    await found()
    const whole = readFileSync(theFile())
    const changed = Array.from(whole, (_, at) => Buffer.from(whole.with(at, whole[at]! ^ 1)))
    const damages = [whole.subarray(0, 0), whole.subarray(0, 31), whole.subarray(0, 40), whole.subarray(0, -1), Buffer.concat([whole, whole.subarray(0, 1)]), ...changed] // prettier-ignore
    for (const damaged of damages) {
      writeFileSync(theFile(), damaged)
      expect(await found()).toEqual({ value: plan, made: true })
      expect(readFileSync(theFile())).toEqual(whole)
    }
  })

  it('of something else is not taken for it', async () => {
    await found()
    const path = theFile()
    await kept('b', 1, () => 'another', where)
    renameSync(present(files().find((file) => file !== path), 'other file'), path) // prettier-ignore
    expect(await found()).toEqual({ value: plan, made: true })
  })

  it('goes when others have come after it', async () => {
    const small = { ...where, most: { files: 100, bytes: 2500 } }
    const big = async (name: string) => {
      let made = false
      await kept(name, 1, () => ((made = true), new Uint8Array(1000)), small)
      // files' times are not told apart more finely
      await sleep(20)
      return made
    }
    for (const name of ['a', 'b', 'c']) expect(await big(name)).toBe(true)
    expect(files()).toHaveLength(2)
    for (const name of ['b', 'c']) expect(await big(name)).toBe(false)
    expect(await big('a')).toBe(true)
  })
})

it('is as many files as may lie there', async () => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) await found(name)
  expect(files()).toHaveLength(4)
  expect((await found('e')).made).toBe(false)
})

it('is given to all who want it at once', async () => {
  const all = await Promise.all(Array.from({ length: 8 }, () => found()))
  for (const { value } of all) expect(value).toEqual(plan)
  expect((await found()).made).toBe(false)
  expect(files()).toHaveLength(1)
})

it('is made where nothing can be kept', async () => {
  const file = `${join(where.folder, '..', '..')}/file`
  writeFileSync(file, '')
  for (const folder of [file, join(file, 'below'), '/proc/nowhere']) {
    const place = { ...where, folder }
    for (let time = 0; time < 2; time++) expect(await found('a', 1, place)).toEqual({ value: plan, made: true })
  }
  rmSync(file)
})

it.each(['ENOSPC', 'EIO', 'EROFS', 'CRASH'].flatMap((code) => [{ code }, { code, done: true }]))(
  'is right whatever operation the disk fails at (%o)',
  async (how) => {
    for (let at = 0, more = true; more; at++) {
      const layer = new FaultyLayer({ at, ...how }).install()
      expect((await found()).value).toEqual(plan)
      more = layer.operations.length > at
      for (const left of Object.values(layer.left())) {
        left.install()
        expect((await found()).value).toEqual(plan)
        expect(await found()).toEqual({ value: plan, made: false })
      }
    }
  },
)
