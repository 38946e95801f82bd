/** Threads of a real training process, counted: getting ready for one run after another does not gather lanes. */
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { startProcess } from '../../main/trainer/hosts'
import { createTrainer } from '../../main/trainer/trainer'
import { worker } from '../trainer/built'
import { small } from './set-up'

const linux = existsSync('/proc/self/task')
if (!linux) console.info('No /proc here: threads are not counted.')

/** The process that this one has started to train in. */
function trainingProcess(): string {
  const all = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  const found = all
    .map((line) => line.trim().split(/\s+/))
    .find(([, parent, ...args]) => Number(parent) === process.pid && args.join(' ').includes('worker.js'))
  return found![0]!
}

it.skipIf(!linux)('does not gather lane threads, whatever settings are turned', async () => {
  const trainer = createTrainer({ worker, host: () => startProcess })
  const ready = (lanes: number, batch = 8) => trainer.prepare({ ...small, lanes, batch })
  try {
    await ready(1)
    const pid = trainingProcess()
    const threads = () => readdirSync(`/proc/${pid}/task`).length
    for (const lanes of [2, 3, 4]) await ready(lanes)
    // the lanes of 3 and 4 are what is kept
    await ready(4)
    const two = threads()
    await ready(1)
    await vi.waitFor(() => expect(threads()).toBeLessThan(two))
    // other numbers of images a step have lanes of their own
    await ready(4)
    for (const batch of [16, 24, 32]) for (const lanes of [3, 4]) await ready(lanes, batch)
    await vi.waitFor(() => expect(threads()).toBeLessThanOrEqual(two))
  } finally {
    await trainer.close()
  }
})
