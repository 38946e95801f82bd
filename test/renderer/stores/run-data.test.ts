/** What needs a run's data asks a person for it where it is gone, and only then. */
import { expect, it, vi } from 'vitest'
import type { Calls } from '../../../preload/contract'
import { AppError } from '../../../preload/errors'
import { useRunData } from '../../../renderer/stores/run-data'
import { stage } from '../fake-backend'

const gone = new AppError('run/data-gone', 'It is not there.', 'Name its folder.')
const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

function open(locateData: Calls['locateData'] = async () => undefined) {
  const locate = vi.fn<Calls['locateData']>(locateData)
  stage({ locateData: locate, cancel: async () => undefined })
  return { data: useRunData(), locate }
}

it('asks nothing while all is there, nor of what is wrong with something else', async () => {
  const { data } = open()
  expect(await data.need('01', async () => 'done')).toBe('done')
  const other = new AppError('run/damaged', 'It is damaged.', '')
  await expect(data.need('01', () => Promise.reject(other))).rejects.toBe(other)
  expect(data.question).toBeNull()
})

it('does what was wanted once the folder is known, and says why one is not it', async () => {
  const { data, locate } = open(async ({ folder }) => {
    if (folder !== '/good') throw new AppError('run/other-data', 'Not the same.', 'Choose another.')
  })
  const work = vi.fn<() => Promise<string>>().mockRejectedValueOnce(gone).mockResolvedValue('done')
  const done = data.need('01', work)
  await settled()
  expect(data.question).toMatchObject({ run: '01', problem: { message: 'It is not there.' } })
  await data.look('/bad')
  expect(data.problem).toMatchObject({ code: 'run/other-data' })
  await Promise.all([data.look('/good'), data.look('/good')])
  expect(await done).toBe('done')
  expect([data.question, data.problem, work.mock.calls.length]).toEqual([null, null, 2])
  // Enter and leaving the field are one wish
  expect(locate.mock.calls.map(([{ run, folder }]) => [run, folder])).toEqual([
    ['01', '/bad'],
    ['01', '/good'],
  ])
})

it('gives up when a person does, also while it looks', async () => {
  let found: () => void
  const { data } = open(() => new Promise((resolve) => (found = resolve)))
  const done = data.need('01', () => Promise.reject(gone))
  await settled()
  const looking = data.look('/slow')
  data.giveUp()
  await expect(done).rejects.toMatchObject({ code: 'cancelled' })
  found!()
  await looking
  expect([data.question, data.looking]).toEqual([null, false])
})
