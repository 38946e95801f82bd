/** The entry of a lane's thread: takes part in steps until training ends, or computes shares of rows until it is told to end. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { Lane, type LanePlan } from './lane-work'
import type { RowsData } from './rows-thread'
import { inWords, type RowsOrder, RowsWork } from './rows-work'

export interface LaneData {
  readonly plan: LanePlan
  readonly index: number
}

/** What a lane tells: it is ready, or a step failed. */
export type LaneMessage = { readonly type: 'ready' } | { readonly type: 'failed'; readonly error: string }

if (!parentPort) throw new Error('A lane runs in a thread of its own.')
const data = workerData as LaneData | RowsData
if ('rows' in data) computeRows(parentPort)
else await train(parentPort, data)

async function train(port: MessagePort, { plan, index }: LaneData): Promise<void> {
  const tell = (message: LaneMessage) => port.postMessage(message)
  const lane = await Lane.create(plan, index)
  tell({ type: 'ready' })
  for (;;) {
    try {
      if (!(await lane.step())) break
    } catch (error) {
      tell({ type: 'failed', error: inWords(error) })
    }
  }
  await lane.release()
}

function computeRows(port: MessagePort): void {
  const work = new RowsWork()
  // one order at a time, whatever it waits for
  let last: Promise<unknown> = Promise.resolve()
  const follow = async (order: RowsOrder): Promise<void> => {
    if (order.what === 'end') port.close()
    else port.postMessage(await work.answer(order))
  }
  port.on('message', (order: RowsOrder) => (last = last.then(() => follow(order))))
}
