/** Subscribes the stores to what the app tells: a snapshot at each connection, events after it. */
import type { AppEvent, AppNotice } from '../../preload/contract'
import { useBackend } from '../backend/backend'
import { Pace } from '../backend/pace'
import { useConnection } from './connection'
import { useDataset } from './dataset'
import { useQueue } from './queue'
import { useRuns } from './runs'
import { useSettings } from './settings'
import { useView } from './view'

/** Called once, from the root component. */
export function feedStores(): void {
  const backend = useBackend()
  const connection = useConnection()
  const data = useDataset()
  const queue = useQueue()
  const runs = useRuns()
  const settings = useSettings()
  const view = useView()

  /** The notices that were shown: after each connection the app tells its last ones again. */
  const shown = new Set<string>()
  function notify(notice: AppNotice): void {
    if (!shown.has(notice.id)) connection.report(notice)
    shown.add(notice.id)
  }

  async function refresh(): Promise<void> {
    const now = await backend.call.snapshot({})
    connection.app = now.app
    connection.tasks = now.tasks
    settings.set(now.settings)
    runs.resultFolder = now.resultFolder
    runs.shipped = now.shipped
    runs.removed = now.removed
    queue.set(now.queue)
    runs.reset(now.runs, now.training)
    for (const notice of now.notices) notify(notice)
  }

  function take(event: AppEvent): void {
    switch (event.type) {
      case 'training':
        runs.setTraining(event.training)
        break
      case 'metrics':
        runs.grow(event.span)
        break
      case 'runs':
        runs.change(event.changed, event.gone)
        break
      case 'resultFolder':
        runs.resultFolder = event.resultFolder
        break
      case 'removed':
        runs.removed = event.removed
        break
      case 'queue':
        queue.set(event.queue)
        break
      case 'task':
        connection.setTask(event.task)
        break
      case 'settings':
        settings.set(event.settings)
        break
      case 'dataChosen':
        view.value = 'data'
        void data.use(event.folder)
        break
      case 'notice':
        notify(event.notice)
        break
      case 'about':
        connection.about = true
        break
    }
  }

  const pace = new Pace(take)
  let refusal: number | undefined

  backend.open({
    link(state) {
      if (state === 'refused' && connection.link !== 'refused')
        refusal = connection.say({
          kind: 'problem',
          message: 'The app was restarted, and this tab no longer belongs to it.',
          remedy:
            'Open the address that the app has just printed; this tab then works again, too. All saved runs are still there.',
        })
      if (state === 'online' && refusal !== undefined) connection.dismiss(refusal)
      connection.link = state
      if (state !== 'online') return
      pace.clear()
      void connection.attempt(refresh)
    },
    events: (batch) => pace.put(batch),
  })
}
