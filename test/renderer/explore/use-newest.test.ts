/** What is asked newest first: what a lost connection has cut off is asked again once it is back. */
import { expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { AppError } from '../../../preload/errors'
import type { At } from '../../../renderer/backend/ask'
import { useNewest } from '../../../renderer/explore/use-newest'
import { useConnection } from '../../../renderer/stores/connection'
import { stage } from '../fake-backend'

const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

it('asks again what was cut off, once the connection is back, and keeps what was there until then', async () => {
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
  // hooks of a component, which it has not
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  stage({})
  const connection = useConnection()
  connection.link = 'online'
  const wanted = ref<At>({ run: '01', epoch: 1 })
  const ask = vi.fn<(at: At) => Promise<number>>(async ({ epoch }) => epoch)
  const scope = effectScope()
  const { answer, problem } = scope.run(() => useNewest(() => wanted.value, ask))!
  await settled()
  expect(answer.value).toBe(1)

  // the question fails before the page is told that the connection is lost
  ask.mockRejectedValueOnce(new AppError('link/lost', 'Lost.', ''))
  wanted.value = { run: '01', epoch: 2 }
  await settled()
  expect([answer.value, problem.value, ask.mock.calls.length]).toEqual([1, null, 2])
  connection.link = 'lost'
  await settled()
  connection.link = 'online'
  await nextTick()
  await settled()
  expect([answer.value, problem.value, ask.mock.calls.length]).toEqual([2, null, 3])

  // what is wrong with the question itself is said
  ask.mockRejectedValueOnce(new AppError('run/damaged', 'Damaged.', ''))
  wanted.value = { run: '01', epoch: 3 }
  await settled()
  expect([answer.value, problem.value?.code]).toEqual([null, 'run/damaged'])
  scope.stop()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})
