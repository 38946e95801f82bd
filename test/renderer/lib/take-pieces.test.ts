/** A file that comes in pieces: it is whole, of one state of the run, or there is none. */
import { expect, it } from 'vitest'
import { gathered } from '../../../renderer/lib/take-pieces'

const piece = (text: string, state = 'a') => ({ name: 'x', pieces: 3, state, bytes: new TextEncoder().encode(text) })
const { signal } = new AbortController()

it('is all of them, in their order, and tells how far it is', async () => {
  const told: number[] = []
  const { name, file } = await gathered(
    async (i) => piece('abc'.charAt(i)),
    (share) => told.push(share),
    signal,
  )
  expect([name, await file.text()]).toEqual(['x', 'abc'])
  expect(told).toEqual([1 / 3, 2 / 3])
})

it('is none where the run changed between two pieces', async () => {
  const ask = async (i: number) => piece('a', i === 2 ? 'b' : 'a')
  await expect(gathered(ask, () => {}, signal)).rejects.toMatchObject({ code: 'run/changed' })
})

it('is none where it was stopped, also within the last piece', async () => {
  const stop = new AbortController()
  const ask = async (i: number) => {
    if (i === 2) stop.abort(new Error('stopped'))
    return piece('a')
  }
  await expect(gathered(ask, () => {}, stop.signal)).rejects.toThrow('stopped')
})
