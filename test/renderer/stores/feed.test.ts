/** What the app tells at each connection, and between: a person is told of each thing once. */
import { expect, it, vi } from 'vitest'
import { idleTraining, type AppNotice, type Snapshot } from '../../../preload/contract'
import type { Backend } from '../../../renderer/backend/backend'
import { defaults } from '../../../renderer/lib/defaults'
import { useConnection } from '../../../renderer/stores/connection'
import { feedStores } from '../../../renderer/stores/feed'
import { stage } from '../fake-backend'

// it reads the page's address
vi.mock('../../../renderer/stores/view', () => ({ useView: () => ({ value: 'train' }) }))

type Listener = Parameters<Backend['open']>[0]

it('a notice is shown once, however often the page is cut off and comes back', async () => {
  vi.stubGlobal('requestAnimationFrame', (done: () => void) => setTimeout(done))
  const notice = (id: string): AppNotice => ({ id, code: 'training/notice', message: `notice ${id}`, remedy: '' })
  let notices = [notice('a')]
  const snapshot = async () =>
    ({
      app: { name: 'VLAE Studio' },
      settings: defaults,
      training: idleTraining,
      resultFolder: { path: '/result', problem: null },
      runs: [],
      shipped: null,
      removed: [],
      queue: { state: 'works', current: null, runs: [], problem: null },
      tasks: [],
      notices,
    }) as unknown as Snapshot
  let page: Listener | undefined
  const app = stage({ snapshot }, (listener) => (page = listener))
  app.runWithContext(feedStores)
  const connection = useConnection()
  const shown = () => connection.notices.map(({ message }) => message)

  page!.link('online')
  await vi.waitFor(() => expect(shown()).toEqual(['notice a']))
  page!.events([{ type: 'notice', notice: notice('b') }])
  await vi.waitFor(() => expect(shown()).toEqual(['notice a', 'notice b']))
  for (const { id } of connection.notices) connection.dismiss(id)
  notices = [notice('a'), notice('b'), notice('c')]
  page!.link('lost')
  page!.link('online')
  await vi.waitFor(() => expect(shown()).toEqual(['notice c']))
  vi.unstubAllGlobals()
})
