/** A thread that passes a barrier again and again, and notes how far all the others were each time. */
import { parentPort, workerData } from 'node:worker_threads'
import { Barrier } from '../../../main/engine/lanes/barrier'

export interface Party {
  readonly memory: SharedArrayBuffer
  /** One counter a party: how often it has come to the barrier. */
  readonly arrivals: SharedArrayBuffer
  readonly index: number
  readonly parties: number
  readonly rounds: number
}

const { memory, arrivals, index, parties, rounds } = workerData as Party
const barrier = new Barrier(memory, parties)
const counters = new Int32Array(arrivals)
let tooEarly = 0
for (let round = 1; round <= rounds; round++) {
  // Some come late, another one each time.
  if (round % 50 === 0 && (round / 50) % parties === index) await new Promise((resolve) => setTimeout(resolve, 5))
  Atomics.store(counters, index, round)
  await barrier.pass()
  // Behind the barrier, nobody can still be in an earlier round, nor two rounds ahead.
  for (let other = 0; other < parties; other++) {
    const arrived = Atomics.load(counters, other)
    if (arrived < round || arrived > round + 1) tooEarly++
  }
}
const port = parentPort!
port.postMessage(tooEarly)
