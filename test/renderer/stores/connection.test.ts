/** What is said at the edge of the page. */
import { beforeEach, expect, it } from 'vitest'
import { useConnection } from '../../../renderer/stores/connection'
import { stage } from '../fake-backend'

beforeEach(() => stage({}))
const said = (): string[] => useConnection().notices.map(({ message }) => message)

it('has room for the newest four; a problem gives way to no note, and of notes the newest is said', () => {
  const { say } = useConnection()
  say({ kind: 'problem', message: 'wrong' })
  for (const message of ['1', '2', '3', '4']) say({ kind: 'note', message })
  expect(said()).toEqual(['wrong', '2', '3', '4'])
  for (const message of ['a', 'b', 'c']) say({ kind: 'problem', message })
  expect(said()).toEqual(['wrong', '4', 'a', 'b', 'c'])
  say({ kind: 'problem', message: 'd' })
  expect(said()).toEqual(['4', 'a', 'b', 'c', 'd'])
})
