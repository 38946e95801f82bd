/** The entry of a lane's thread: takes part in steps until training ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { Lane, type LanePlan } from './lane-work'

export interface LaneData {
  readonly plan: LanePlan
  readonly index: number
}

/** What a lane tells: it is ready, or a step failed. */
export type LaneMessage = { readonly type: 'ready' } | { readonly type: 'failed'; readonly error: string }

const port = parentPort
if (!port) throw new Error('A lane runs in a thread of its own.')
const tell = (message: LaneMessage) => port.postMessage(message)

const { plan, index } = workerData as LaneData
const lane = await Lane.create(plan, index)
tell({ type: 'ready' })
for (;;) {
  try {
    if (!(await lane.step())) break
  } catch (error) {
    tell({ type: 'failed', error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}
await lane.release()
