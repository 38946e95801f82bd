/** The one long-lived thread that trains: its entry. Started by the trainer, never by hand. */
import { parentPort, workerData } from 'node:worker_threads'
import { connect } from '../../preload/rpc'
import { createService } from './service'
import type { TrainerCalls, WorkerCalls } from './worker-calls'

if (parentPort === null) throw new Error('This is the training thread of the app: it is started by the app.')
const port = parentPort

const main: TrainerCalls = {
  event: (event) => void trainer.event.asEvent(event),
  progress: (id, done, total) => void trainer.progress.asEvent(id, done, total),
}
const trainer = connect<TrainerCalls, WorkerCalls>(createService(main, workerData as { readonly saveEvery?: number }), {
  post: (message) => port.postMessage(message),
  on: (listener) => void port.on('message', listener),
})
