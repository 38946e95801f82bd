/** What is noted of a run, as the terminal takes and lists it. */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { changeNotes } from '../../main/runs/notes'
import type { Trainer } from '../../main/trainer/api'
import { standIn, type } from './stand-in'

let out: string
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'vlae-notes-'))
  const fixtures = join(import.meta.dirname, '../fixtures/runs-0.2')
  for (const name of ['label', 'none']) await cp(join(fixtures, name), join(out, name), { recursive: true })
})
afterAll(() => rm(out, { recursive: true }))

it('begins a run with a note and tags', async () => {
  const start = vi.fn<Trainer['start']>(() => Promise.reject(new Error('as far as this goes')))
  await type(['train', '--note', 'why it is', '--tag', 'seeds', '--tag', ' for Friday '], standIn({ start }))
  expect(start.mock.lastCall).toMatchObject([
    { notes: { note: 'why it is', tags: ['seeds', 'for Friday'], archived: false } },
  ])
  const { code, err } = await type(['train', '--tag', 'a,b'])
  expect([code, err]).toEqual([2, expect.stringContaining('--tag')])
})

it('lists tags and notes where there are some, and archived runs where they are asked for', async () => {
  expect((await type(['runs', '--out', out])).out).not.toContain('tags')
  await changeNotes(join(out, 'label'), { note: 'first line\nsecond', tags: ['seeds', 'two words'] })
  await changeNotes(join(out, 'none'), { archived: true })
  const { out: listed } = await type(['runs', '--out', out])
  expect(listed).toMatch(/tags and note\n.*\[seeds\] \[two words\] first line\n1 archived run not listed: /)
  const { out: all } = await type(['runs', '--out', out, '--archived'])
  expect(all).toMatch(/\(archived\)\n/)
  expect(all).not.toContain('not listed')
  const { out: lines } = await type(['runs', '--out', out, '--json'])
  expect(lines.trim().split('\n')).toHaveLength(1)
  // of the two the one that was not put away is meant
  const { err } = await type(['sample', 'no-such-run', '--out', out])
  expect(err).not.toContain('none')
})
