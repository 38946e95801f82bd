/** What is read of metrics.jsonl, whatever has happened to it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readMetrics } from '../../main/runs/metrics'
import { FaultyLayer, restoreDisk } from '../files/faulty-layer'

const test = { loss: 3, reconstruction: 2, klZ1: 0.5, klZ2: 0.5 }
const parts = { ...test, objective: 2.5 }
const step = (step: number, loss: number | null = 3) => ({ type: 'step', step, epoch: 1, klWeight: 1, ...parts, loss })
const epoch = (epoch: number, step: number) => ({ type: 'epoch', epoch, step, klWeight: 1, train: parts, test })

let layer: FaultyLayer
beforeEach(() => void (layer = new FaultyLayer().install()))
afterEach(restoreDisk)

function read(lines: readonly unknown[], upTo?: { step: number; epoch: number }) {
  layer.seed('/run/metrics.jsonl', Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join('')))
  return readMetrics('/run', upTo)
}

describe('metrics.jsonl', () => {
  it('is read line by line', async () => {
    const lines = [epoch(0, 0), step(1), step(2), epoch(1, 2), step(3)]
    expect(await read(lines)).toEqual(lines)
    expect(await read(lines, { step: 2, epoch: 0 })).toEqual(lines.slice(0, 3))
    expect(await read(lines, { step: 2, epoch: 1 })).toEqual(lines.slice(0, 4))
  })

  it('has NaN where JSON has null for a value that was none', async () => {
    expect(await read([step(1, null)])).toEqual([step(1, NaN)])
    const line = { ...epoch(1, 4), train: null, klWeight: null }
    expect(await read([{ ...line, test: { ...test, klZ1: null } }])).toEqual([
      { ...line, test: { ...test, klZ1: NaN }, klWeight: NaN },
    ])
  })

  it('leaves out what is none of its lines, and takes its lines with more in them', async () => {
    const { loss: _, ...without } = step(3)
    const others = [{ type: 'note' }, without, { ...step(3), step: '3' }, { ...step(3), loss: 'x' }, [], {}, 7, null]
    const more = { ...step(2), learningRate: 1e-3 }
    expect(await read([step(1), ...others, { ...more, note: 'more' }])).toEqual([step(1), { ...more, note: NaN }])
  })

  it('has each step and epoch once, in order: of two that say different things the later counts', async () => {
    const lines = [epoch(0, 0), step(1, 9), step(2, 9), step(3), step(1), step(2), epoch(1, 3), epoch(1, 3), step(4)]
    expect(await read(lines)).toEqual([epoch(0, 0), step(1), step(2), step(3), epoch(1, 3), step(4)])
  })

  it('that is not there has no lines', async () => {
    expect(await readMetrics('/run')).toEqual([])
  })
})
