/** How runs are found, ordered into columns and put together. */
import { describe, expect, it } from 'vitest'
import { noNotes, runSettings, type RunSummary } from '../../../preload/contract'
import { highestUsual } from '../../../renderer/charts/range'
import { overlayLine, placeOf, shortNames } from '../../../renderer/runs/overlay-lines'
import { differingColumns } from '../../../renderer/runs/run-columns'
import { entriesOf, lastLoss, meanCurve, spreadOf } from '../../../renderer/runs/run-groups'
import { searchFor } from '../../../renderer/runs/run-search'
import { summary } from '../fake-backend'

type Given = Parameters<typeof runSettings.parse>[0]

function run(id: string, settings: object = {}, changed: Partial<RunSummary> = {}): RunSummary {
  return summary(id, { settings: runSettings.parse(settings as Given), ...changed })
}

/** With these test losses from epoch 1 on. */
function trained(
  id: string,
  settings: object,
  losses: readonly number[],
  changed: Partial<RunSummary> = {},
): RunSummary {
  const loss = Math.min(...losses)
  const best = { epoch: losses.indexOf(loss) + 1, loss }
  return run(id, settings, { epoch: losses.length, curve: [null, ...losses], best, ...changed })
}

describe('a search', () => {
  const one = run(
    '2026-11-22-0812-ladder',
    { seed: 2, learningRate: 0.003 },
    {
      name: 'First Light',
      data: { name: 'Fashion-MNIST', fingerprint: 'ab', classes: null },
      notes: { ...noNotes, note: 'Does the rate\nfall?', tags: ['for Friday'] },
    },
  )
  const finds = (words: string) => searchFor(words)(one)

  it('finds a run by its name, its folder, its data, what is noted of it, and any of its settings', () => {
    for (const words of ['first light', '2026-11-22', 'fashion', 'friday', 'rate\nfall', 'done', ' ', ''])
      expect([words, finds(words)]).toEqual([words, true])
    // as it is typed, as its field says it, and as it stands beside the run
    for (const words of [
      'seed 2',
      '0.003',
      'learning rate 0.003',
      'prior label',
      'prior with classes',
      'prior: with classes',
    ])
      expect([words, finds(words)]).toEqual([words, true])
    expect(finds('seed 3')).toBe(false)
  })

  it('takes a number of a setting as a whole, and of a name as a part', () => {
    expect([finds('seed 2'), finds('0.00'), finds('.003'), finds('batch size 12')]).toEqual([true, false, false, false])
    expect(searchFor('seed 2')(run('x', { seed: 21 }))).toBe(false)
    expect(finds('2026-11-2')).toBe(true)
  })

  it('wants all that stands between commas, and takes signs for what they are', () => {
    expect([finds('seed 2, 0.003'), finds('seed 2, 0.001'), finds('seed 2,')]).toEqual([true, false, true])
    expect([finds('.*'), finds('('), finds('[')]).toEqual([false, false, false])
  })
})

describe('columns', () => {
  it('are the settings in which the runs differ, and no others', () => {
    const runs = [
      run('a', { seed: 1, lanes: 2 }),
      run('b', { seed: 2, lanes: 2 }),
      run('c', { seed: 2, lanes: 2, epochs: 3 }),
    ]
    expect(differingColumns(runs).map(({ title }) => title)).toEqual(['Seed'])
    expect(differingColumns(runs.slice(1))).toEqual([])
    expect(differingColumns([])).toEqual([])
  })

  it('tell another model and other data, and leave free what a model does not have', () => {
    const data = (name: string, fingerprint: string) => ({ data: { name, fingerprint, classes: null } })
    const runs = [
      run('a', { condition: 'none' }, data('MNIST', 'aaaaaaaa')),
      run('b', {}, data('MNIST', 'bbbbbbbb')),
      run('c', { model: 'vlae', condition: 'none' }, data('Mine', 'cccccccc')),
      // nothing is known of it: it makes no column
      run('d', { seed: 9 }, { engine: null }),
    ]
    const columns = differingColumns(runs)
    const rows = runs.map((one) => columns.map((column) => column.text(one)))
    expect(columns.map(({ title }) => title).slice(0, 2)).toEqual(['Model', 'Data'])
    expect(columns.map(({ title }) => title)).not.toContain('Seed')
    expect(rows.map((row) => row[1])).toEqual(['MNIST aaaaaa', 'MNIST bbbbbb', 'Mine', '–'])
    const warmup = columns.find(({ name }) => name === 'klWarmup')
    expect(warmup).toBeUndefined()
    expect(rows[3]!.slice(2).every((text) => text === '–')).toBe(true)
  })
})

describe('groups', () => {
  const wide = (seed: number, losses: number[]) =>
    trained(`w${seed}`, { seed, batch: 64 }, losses, { name: `wide, seed ${seed}` })
  const runs = [wide(0, [120, 100]), wide(1, [110, 104, 96]), wide(2, [112, 98, 102]), trained('n', {}, [130])]

  it('are of runs that are equal but for their seed, with the mean of those that have come furthest', () => {
    const [group, alone, ...none] = entriesOf(runs, true)
    expect([group!.name, group!.runs.length, alone!.runs[0].id, none.length]).toEqual(['wide', 3, 'n', 0])
    // seed 0 has come to epoch 2 only
    expect(group!.counted.map(({ id }) => id)).toEqual(['w1', 'w2'])
    expect(group!.best).toEqual({ n: 2, mean: 97, deviation: Math.SQRT2 })
    expect(group!.last).toMatchObject({ n: 2, mean: 99 })
    expect(meanCurve(group!.counted)).toEqual([null, 111, 101, 99])
    expect(alone!.best).toEqual({ n: 1, mean: 130, deviation: null })
    expect(entriesOf(runs, false).map(({ key }) => key)).toEqual(['w0', 'w1', 'w2', 'n'])
  })

  it('are never of other data, of another beginning, or of runs that nothing is known of', () => {
    const data = (fingerprint: string) => ({ data: { name: 'MNIST', fingerprint, classes: null } })
    const from = { run: 'w1', epoch: 3, epochs: 3 }
    const others = [run('a', {}, data('a')), run('b', {}, data('b')), run('c', {}, { ...data('a'), from })]
    const unknown = [run('d', {}, { engine: null }), run('e', {}, { engine: null })]
    expect(entriesOf([...others, ...unknown], true)).toHaveLength(5)
  })

  it('spread as samples do', () => {
    expect(spreadOf([])).toBeNull()
    expect(spreadOf([null, undefined])).toBeNull()
    expect(spreadOf([2, 4, 4, 4, 5, 5, 7, 9])?.deviation).toBeCloseTo(2.138, 3)
    expect(lastLoss(trained('x', {}, [3, 2]))).toBe(2)
    expect(lastLoss(run('x', {}, { curve: [null, 5, null] }))).toBe(5)
  })

  it('are called in a legend by what tells them apart', () => {
    const sweep = [0, 1, 2].flatMap((seed) =>
      [0.001, 0.003].map((rate) => `ladder, seed ${seed}, learning rate ${rate}`),
    )
    expect(shortNames(sweep).slice(0, 2)).toEqual(['seed 0, le…ing rate 0.001', 'seed 0, le…ing rate 0.003'])
    const long = ['a very long name of a run that was the first', 'a very long name of a run that was the second']
    expect(shortNames(long)).toEqual(['a very lon…was the first', 'a very lon…was the second'])
    // these would be cut to the same
    const alike = ['a very long name, of which one word differs: one, else the same', 'a very long name, of which one word differs: two, else the same'] // prettier-ignore
    expect(new Set(shortNames(alike)).size).toBe(2)
    expect(shortNames(['first', 'first'])).toEqual(['first', 'first'])
    expect(shortNames(['ladder, seed 0', 'ladder'])).toEqual(['ladder, seed 0', 'ladder'])
  })

  it('are drawn as their mean within a band, along epochs, steps or time', () => {
    const [entry] = entriesOf(runs.slice(1, 3), true)
    const drawn = { entry: entry!, place: 9, name: 'wide' }
    const draw = (axis: 'epochs' | 'steps' | 'time', band: 'deviation' | 'range') =>
      overlayLine(drawn, ({ curve }) => curve, { axis, band })
    const line = draw('epochs', 'range')
    expect([line.label, line.dash, line.length]).toEqual(['wide ×2', true, 3])
    expect([line.x, line.y, line.band?.low, line.band?.high]).toEqual([
      [1, 2, 3],
      [111, 101, 99],
      [110, 98, 96],
      [112, 104, 102],
    ])
    expect(draw('epochs', 'deviation').band?.high[0]).toBeCloseTo(111 + Math.SQRT2)
    expect(draw('steps', 'range').x).toEqual([10, 20, 30])
    // nobody has kept the time of these
    expect(draw('time', 'range').length).toBe(0)
    expect(placeOf({ ...runs[1]!, seconds: [0, 2.5] }, 1, 'time')).toBe(2.5)
  })
})

it('takes for an outlier what is far above the rest, and not the steep beginning of a curve', () => {
  const curve = Array.from({ length: 30 }, (_, epoch) => 95 + 40 / (epoch + 1))
  const sorted = (values: number[]) => values.toSorted((a, b) => a - b)
  expect(highestUsual(sorted(curve))).toBe(135)
  expect(highestUsual(sorted([...curve, ...curve, ...Array.from({ length: 12 }, () => 543)]))).toBe(135)
  expect(highestUsual([])).toBeNull()
  expect(highestUsual([7])).toBe(7)
})
