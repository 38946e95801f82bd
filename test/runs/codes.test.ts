/** Codes saved with a run: in their order, renamed in place, taken back, and never lost to what cannot be read. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { dropCode, keepCode, readCodes } from '../../main/runs/codes'
import { isOwnName } from '../../main/runs/names'
import { changeNotes, readNotes } from '../../main/runs/notes'
import { mostSavedCodes, type SavedCode } from '../../preload/contract'

let folder: string
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'vlae-codes-'))))
afterEach(() => rm(folder, { recursive: true, force: true }))

const code = (id: string, minute: number): SavedCode => ({
  id,
  name: `code ${id}`,
  epoch: 3,
  savedAt: `2026-11-27T06:${String(minute).padStart(2, '0')}:00.000Z`,
  label: 4,
  numbers: [0.5, Math.fround(-0.1), 3],
})
const names = async () => (await readCodes(folder)).map(({ name }) => name)

it('are none at first, kept in the order of their saving, renamed in place, and taken back where they were', async () => {
  expect(await readCodes(folder)).toEqual([])
  for (const [id, minute] of [['a', 1] as const, ['b', 2] as const, ['c', 3] as const])
    await keepCode(folder, code(id, minute))
  expect(await readCodes(folder)).toEqual([code('a', 1), code('b', 2), code('c', 3)])
  await keepCode(folder, { ...code('a', 1), name: 'a seven' })
  expect(await names()).toEqual(['a seven', 'code b', 'code c'])
  const before = await readCodes(folder)
  await dropCode(folder, 'b')
  expect(await names()).toEqual(['a seven', 'code c'])
  await keepCode(folder, before[1]!)
  expect(await readCodes(folder)).toEqual(before)
  expect(await dropCode(folder, 'gone already')).toEqual(before)
})

it('are all kept that are saved at once, or with a note of the run', async () => {
  const codes = Array.from({ length: 8 }, (_, i) => code(`c${i}`, i))
  await Promise.all([...codes.map((one) => keepCode(folder, one)), dropCode(folder, 'c3')])
  expect(await readCodes(folder)).toEqual(codes.filter(({ id }) => id !== 'c3'))
  const notes = { note: 'why', tags: ['seeds'], archived: true }
  await Promise.all(Object.entries(notes).map(([name, value]) => changeNotes(folder, { [name]: value })))
  expect(await readNotes(folder)).toEqual(notes)
})

it('are refused in words where the file is not what was written, which stays as it is', async () => {
  const path = join(folder, 'codes.json')
  for (const text of ['', '{', '[]', '{"codes":[{"id":"a"}]}']) {
    await writeFile(path, text)
    for (const work of [() => readCodes(folder), () => keepCode(folder, code('a', 1)), () => dropCode(folder, 'a')])
      await expect(work()).rejects.toMatchObject({
        code: 'run/damaged',
        remedy: expect.stringMatching(/delete it/) as string,
      })
    expect(await readFile(path, 'utf8')).toBe(text)
  }
})

it('have an end', async () => {
  const codes = Array.from({ length: mostSavedCodes }, (_, i) => ({ ...code(String(i), 1), numbers: [i] }))
  await writeFile(join(folder, 'codes.json'), JSON.stringify({ codes }))
  await expect(keepCode(folder, code('one more', 2))).rejects.toMatchObject({ code: 'run/many-codes' })
  expect(await keepCode(folder, { ...code('7', 2), name: 'renamed' })).toHaveLength(mostSavedCodes)
})

it('are one of the files that this app writes, and goes with the run', () => {
  expect(isOwnName('codes.json')).toBe(true)
})
