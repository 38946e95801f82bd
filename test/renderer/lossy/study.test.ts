/** The rows of “What is lossy?”: which runs they are, how long they take, what they say; and windows against rate. */
import { describe, expect, it } from 'vitest'
import { createModel } from '../../../main/models/create'
import { cardNamed, presetOf, runSettings, speedKey, type RunSummary } from '../../../preload/contract'
import { present } from '../../../preload/present'
import {
  areAlike,
  conclusion,
  findStudy,
  runOfRow,
  secondsOfRow,
  settingsOfRow,
  sizes,
} from '../../../renderer/lossy/study'
import { windowGroups } from '../../../renderer/lossy/windows'
import { summary } from '../fake-backend'

const study = present(findStudy(), 'study')
const machine = { lanes: 2, engine: 'auto' } as const
const rowOf = (preset: string) => present(study.rows.find((row) => row.preset === preset), preset) // prettier-ignore
const settingsOf = (preset: string) => settingsOfRow(study, rowOf(preset), sizes.usual, machine)
const best = settingsOf('vlae')
const mnist = { name: 'MNIST', fingerprint: 'a', classes: null }
const runOf = (id: string, changed: Partial<RunSummary> = {}): RunSummary =>
  summary(id, { settings: best, data: mnist, epoch: 5, ...changed })

describe('a row', () => {
  it('is a preset of the model, trained as long as all others', () => {
    for (const row of study.rows) {
      const settings = settingsOf(row.preset)
      expect(presetOf(settings)).toBe(row.preset)
      expect(settings).toMatchObject({ model: study.model, epochs: 5, limit: 20_000, lanes: 2 })
      expect(study.hasCode(settings)).toBe(row.code !== 'none')
      expect(study.pixelsSeen(settings) === 0).toBe(row.code === 'all')
    }
  })

  it('is the run that trained the same, wherever it did, and no other', () => {
    const elsewhere = runOf('03', { settings: { ...best, lanes: 8, engine: 'onnx-cuda' } })
    const others = [
      runOf('04', { settings: { ...best, seed: 1 } }),
      runOf('05', { settings: { ...best, epochs: 2 } }),
      runOf('06', { settings: settingsOf('gaussian-prior') }),
      runOf('07', { data: { ...mnist, fingerprint: 'b' } }),
      runOf('08', { from: { run: '01', epoch: 2, epochs: 0 } }),
      runOf('09', { problem: { code: 'run/damaged', message: '', remedy: '' } }),
      summary('10'),
    ]
    expect(runOfRow([...others, elsewhere], best, 'a')).toBe(elsewhere)
    expect(runOfRow(others, best, 'a')).toBeUndefined()
    // a setting that counts for nothing beside the others makes no other run
    const alone = settingsOf('unconditional-decoder')
    expect(areAlike({ ...alone, prior: 'gaussian', hidden: 3 }, alone)).toBe(true)
  })

  it('is of several the one that has come furthest, and of those the newest', () => {
    const stopped = runOf('05', { status: 'stopped', epoch: 4 })
    const begun = runOf('06', { status: 'training', epoch: 1 })
    expect(runOfRow([begun, stopped], best, 'a')).toBe(stopped)
    const done = [runOf('04'), runOf('03')]
    expect(runOfRow([begun, stopped, ...done], best, 'a')).toBe(done[0])
  })
})

describe('how long a row takes here', () => {
  const images = { train: 60_000, test: 10_000 }
  const of = (speeds: Record<string, number>, preset = 'vlae') =>
    secondsOfRow(rowOf(preset), settingsOf(preset), images, { name: 'onnx-cpu', speeds })
  // five epochs of 20,000 images; after each a third of the work for 4,000 held out and 10,000 of the test
  const work = 5 * (20_000 + 14_000 / 3)
  const ready = 10

  it('is told by the speed of the same kind of run, or by that of the usual model', () => {
    expect(of({ [speedKey('onnx-cpu', best)]: 400, 'onnx-cpu': 2800 })).toBeCloseTo(ready + work / 400, 6)
    expect(of({ 'onnx-cpu': 2800 })).toBeCloseTo(ready + (work / 2800) * rowOf('vlae').work, 6)
    const alone = speedKey('onnx-cpu', settingsOf('unconditional-decoder'))
    expect(of({ [alone]: 900 }, 'unconditional-decoder')).toBeCloseTo(ready + work / 900, 6)
    // of another engine, or another kind of run, nothing is known
    expect(of({ [alone]: 900, 'onnx-cuda': 90_000 })).toBeNull()
  })
})

describe('what the rows say', () => {
  const found = (all: readonly (readonly [preset: string, loss: number, kl: number])[]) =>
    conclusion(
      study,
      study.rows.map((row) => {
        const numbers = all.find(([preset]) => preset === row.preset)
        return numbers === undefined ? null : { row, test: { loss: numbers[1], kl: numbers[2] } }
      }),
    )

  it('is said of the code that tells all and the one that tells the rest, once both are there', () => {
    const both = found([
      ['factorised-gaussian', 95.07, 24.21],
      ['vlae', 87.27, 8.73],
    ])
    expect(both).toContain('costs 8.73 nats (12.6 bits)')
    expect(both).toContain('24.21 (34.9 bits) where it does not: 36 % of it')
    expect(both).toContain('7.80 nats less in all')
    expect(found([['vlae', 87.27, 8.73]])).toBeNull()
    expect(found([])).toBeNull()
  })

  it('is no success where there is none', () => {
    const dearer = found([
      ['factorised-gaussian', 95, 7],
      ['vlae', 99, 7.5],
    ])
    expect(dearer).toContain('Train a larger size')
    expect(
      found([
        ['factorised-gaussian', 95, 20],
        ['vlae', 99, 7.5],
      ]),
    ).toContain('4.00 nats more in all')
  })
})

describe('a window', () => {
  it('sees as many pixels as the model’s layers', () => {
    const all = ['4x2', '5x3', '7x4', 'triangle', '2x1', '9x5'].map((window) =>
      runSettings.parse({ model: study.model, window }),
    )
    expect(all.map((settings) => study.pixelsSeen(settings))).toEqual(
      all.map((settings) => createModel(settings).codes?.sees.length),
    )
    expect(study.pixelsSeen(runSettings.parse({ model: study.model, window: 'past' }))).toBe(783)
  })

  it('is set beside others of runs that are alike in all else', () => {
    const window = (id: string, window: string, changed: object = {}) =>
      runOf(id, { settings: { ...best, window, ...changed } })
    const runs = [
      window('09', '7x4'),
      window('08', 'triangle'),
      window('07', '4x2'),
      window('06', '4x2'),
      window('05', '5x3', { prior: 'gaussian' }),
      window('04', '7x4', { prior: 'gaussian' }),
      window('03', '5x3', { seed: 4 }),
      runOf('02', { settings: settingsOf('unconditional-decoder') }),
      runOf('01', { settings: settingsOf('factorised-gaussian') }),
      runOf('00', { status: 'stopped', settings: { ...best, window: '5x3' } }),
      summary('11'),
    ]
    const groups = windowGroups(study, runs).map(({ seeing }) => seeing.map(({ run, name }) => [run.id, name]))
    const title = cardNamed(study.model).settings[study.window]!.choices!['triangle']
    expect(groups).toEqual([
      [
        ['07', '4×2'],
        ['09', '7×4'],
        ['08', title],
      ],
      [
        ['05', '5×3'],
        ['04', '7×4'],
      ],
    ])
  })
})
