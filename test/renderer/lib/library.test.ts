/** The page's small parts: cache, film, pictures, numbers as typed and as read. */
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { runSettings, settingsOf } from '../../../preload/contract'
import { checkNumber } from '../../../renderer/lib/check'
import { about, bytes, count, duration, left, nats, plural, signed } from '../../../renderer/lib/format'
import { Lru } from '../../../renderer/lib/lru'
import { differences, incomparable, lineStyle, toggleOverlay } from '../../../renderer/lib/run-facts'
import { compose, differenceRamp, paint, palettes, pick, ramp, scaleFor } from '../../../renderer/lib/tiles'
import { layFilmstrip } from '../../../renderer/shell/filmstrip'

describe('Lru', () => {
  it('forgets what was used longest ago, and never holds more than it may', () => {
    const cache = new Lru<number, string>(3)
    for (const key of [1, 2, 3]) cache.set(key, `${key}`)
    expect(cache.get(1)).toBe('1')
    cache.set(4, '4')
    expect([1, 2, 3, 4].map((key) => cache.get(key))).toEqual(['1', undefined, '3', '4'])
    for (let key = 0; key < 100; key++) cache.set(key, 'x')
    expect(cache.size).toBe(3)
  })
})

describe('the filmstrip', () => {
  it('has a frame an epoch while there is room', () => {
    const film = layFilmstrip(1100, 30)
    expect([film.stride, film.frames]).toEqual([1, 31])
    for (let epoch = 0; epoch <= 30; epoch++) expect(film.epochAt(film.x(epoch))).toBe(epoch)
  })

  it('has a frame for several epochs in a long run, and still reaches every epoch', () => {
    const film = layFilmstrip(1100, 300)
    expect(film.frames * 31).toBeLessThanOrEqual(1100 + 31)
    expect(film.stride).toBeGreaterThan(1)
    for (let epoch = 0; epoch <= 300; epoch++) expect(film.epochAt(film.x(epoch))).toBe(epoch)
  })

  it('keeps its first and last frame whole, in a long run as in a short one', () => {
    for (const total of [0, 9, 30, 60, 300, 9000]) {
      const film = layFilmstrip(1100, total)
      expect(film.x(0)).toBeGreaterThanOrEqual(15.5)
      expect(film.x(total)).toBeLessThanOrEqual(1100 - 15.5 + 1e-9)
    }
  })

  it('never leaves the run', () => {
    const film = layFilmstrip(500, 9)
    expect([film.epochAt(-50), film.epochAt(5000)]).toEqual([0, 9])
  })
})

const two = { rows: 1, columns: 2, pixels: new Uint8Array(2 * 784), labels: null }
two.pixels[0] = 255
two.pixels[784 + 1] = 100

describe('pictures', () => {
  it('are painted side by side from paper to ink', () => {
    const image = { data: new Uint8ClampedArray(56 * 28 * 4), width: 56, height: 28 } as unknown as ImageData
    paint(two, ramp([255, 255, 255], [0, 0, 0]), image)
    const at = (x: number, y: number) => [...image.data.subarray((y * 56 + x) * 4, (y * 56 + x) * 4 + 4)]
    expect(at(0, 0)).toEqual([0, 0, 0, 255])
    expect(at(29, 0)).toEqual([155, 155, 155, 255])
    expect(at(5, 5)).toEqual([255, 255, 255, 255])
  })

  it('are painted as what has changed', () => {
    const image = { data: new Uint8ClampedArray(56 * 28 * 4), width: 56, height: 28 } as unknown as ImageData
    const before = { ...two, pixels: new Uint8Array(2 * 784) }
    before.pixels[5] = 255
    paint(two, differenceRamp(palettes.light), image, before)
    const at = (x: number) => [...image.data.subarray(x * 4, x * 4 + 3)]
    expect(at(0)).toEqual(palettes.light.more)
    expect(at(5)).toEqual(palettes.light.less)
    expect(at(9)).toEqual(palettes.light.paper)
  })

  it('are picked and put into rows; the last row may stay short', () => {
    const picked = pick(two, [1, 0, 1], 2)
    expect([picked.rows, picked.columns]).toEqual([2, 2])
    expect([picked.pixels[1], picked.pixels[784], picked.pixels[2 * 784 + 1], picked.pixels[3 * 784 + 1]]).toEqual([
      100, 255, 100, 0,
    ])
  })

  it('are enlarged for saving with their values kept', () => {
    const { values, width, height } = compose(two, 2, 3)
    expect([width, height]).toEqual([2 * 56 + 3, 56])
    expect([values[0], values[1], values[width], values[56 + 3 + 2]]).toEqual([255, 255, 255, 100])
    expect(values[57]).toBe(0)
  })

  it('are drawn in whole multiples, in halves while small, and never smaller than they are', () => {
    expect(scaleFor(8 * 56 + 7, 8, 1)).toBe(2)
    expect(scaleFor(8 * 50, 8, 1)).toBe(1.5)
    expect(scaleFor(8 * 28 * 3.9 + 7, 8, 1)).toBe(3)
    expect(scaleFor(10, 8, 1)).toBe(1)
  })
})

/** A number's schema, of a setting by its name. */
const schemas = Object.fromEntries(
  Object.entries(settingsOf('ladder')).map(([name, { schema }]) => [name, schema]),
) as Record<'batch' | 'limit' | 'learningRate' | 'klWarmup' | 'seed' | 'epochs', z.ZodDefault<z.ZodNumber>>

describe('numbers', () => {
  it('are read as typed', () => {
    const { batch, learningRate, klWarmup } = schemas
    expect(checkNumber('1e-3', learningRate.unwrap())).toEqual({ value: 0.001, problem: null })
    expect(checkNumber(' 1,024 ', batch.unwrap())).toEqual({ value: 1024, problem: null })
    expect(checkNumber('0', klWarmup.unwrap())).toEqual({ value: 0, problem: null })
  })

  it('are refused with the reason', () => {
    const { batch, learningRate } = schemas
    const problem = (text: string, schema: Parameters<typeof checkNumber>[1]) => checkNumber(text, schema).problem
    expect(problem('', batch.unwrap())).toBe('Write a number.')
    expect(problem('many', batch.unwrap())).toBe('Write a number.')
    expect(problem('0', batch.unwrap())).toBe('At least 1.')
    expect(problem('5000', batch.unwrap())).toBe('Up to 4,096.')
    expect(problem('2.5', batch.unwrap())).toBe('A whole number.')
    expect(problem('0', learningRate.unwrap())).toBe('More than 0.')
    for (const text of ['0x10', 'Infinity', '1e999', '--1', '1.2.3', '1,2,3', '1, 000'])
      expect([text, checkNumber(text, batch.unwrap()).value]).toEqual([text, null])
  })

  it('are never taken for another number than was meant: a comma for a point, groups by commas, points or spaces', () => {
    const { batch, limit, learningRate, klWarmup, seed } = schemas
    const check = (text: string, field: { unwrap(): Parameters<typeof checkNumber>[1] }) => {
      const { value, problem } = checkNumber(text, field.unwrap())
      return value ?? problem
    }
    expect(check('0,001', learningRate)).toBe('Use a point: 0.001.')
    expect(check('0,0005', learningRate)).toBe('Use a point: 0.0005.')
    expect(check(',5', klWarmup)).toBe('Use a point: .5.')
    expect(check('0,001', limit)).toBe('Use a point: 0.001.')
    expect(check('1,5e-3', learningRate)).toBe('Use a point: 1.5e-3.')
    // one and a half, or one and a half thousand
    expect(check('1,500', klWarmup)).toBe('With a point, 1.500, or without: 1500.')
    expect(check('1.500', klWarmup)).toBe(1.5)
    expect(check('1 500', klWarmup)).toBe(1500)
    expect(check('60.000', limit)).toBe('Without the point: 60000.')
    expect(check('1.000.000', limit)).toBe('Without the point: 1000000.')
    expect([check('60,000', limit), check('60 000', limit), check('60\u202f000', limit)]).toEqual([
      60_000, 60_000, 60_000,
    ])
    expect(check('4,294,967,295', seed)).toBe(2 ** 32 - 1)
    expect([check('128.0', batch), check('1e3', batch)]).toEqual([128, 1000])
    // groups that are none
    for (const text of ['60,00', '6,0000', '0,100', '1,000,00', '1,000 000'])
      expect([text, typeof check(text, limit)]).toEqual([text, 'string'])
  })

  it('a speed is told by two digits', () => {
    expect([5943, 5961, 84, 123_456].map(about)).toEqual(['5,900', '6,000', '84', '120,000'])
  })

  it('are written as a person reads them', () => {
    expect([543.26, 97.123, 0.0421, null, Number.NaN].map((value) => nats(value))).toEqual([
      '543.26',
      '97.12',
      '0.042',
      '–',
      '–',
    ])
    expect([-1.43, 0.2, 0, 0.0001].map(signed)).toEqual(['−1.43', '+0.200', '±0', '±0'])
    expect([0, 0.2, 3, 89, 90, 240, 3600, 5400, 86_400].map(duration)).toEqual([
      '1 s',
      '1 s',
      '3 s',
      '89 s',
      '2 min',
      '4 min',
      '60 min',
      '1 h 30 min',
      '24 h 00 min',
    ])
    expect([null, 240].map(left)).toEqual(['', '4 min left'])
    expect([900, 7_012_864, 288_000_000].map(bytes)).toEqual(['900 B', '7.0 MB', '288 MB'])
    expect([count(60_000), plural(1, 'epoch'), plural(30, 'epoch')]).toEqual(['60,000', '1 epoch', '30 epochs'])
  })
})

it('keeps each overlaid run in its colour while others come and go', () => {
  let places = toggleOverlay([], 'a')
  places = toggleOverlay(places, 'b')
  places = toggleOverlay(places, 'a')
  expect(places.indexOf('b')).toBe(1)
  places = toggleOverlay(places, 'c')
  expect([places.indexOf('c'), places.indexOf('b')]).toEqual([0, 1])
  for (const id of 'defghijklmno') places = toggleOverlay(places, id)
  expect(places).toHaveLength(14)
  // no two of them look alike
  expect(new Set(places.slice(0, 12).map((_, place) => JSON.stringify(lineStyle(place)))).size).toBe(12)
  // one that was too many takes the colour that becomes free
  places = toggleOverlay(places, 'd')
  expect([places.indexOf('n'), places.length]).toEqual([2, 13])
  expect(toggleOverlay(places, 'o')).toEqual(places.slice(0, 12))
})

it('names what sets a run apart, and not what the machine decided', () => {
  expect(differences(runSettings.parse({ lanes: 2, engine: 'onnx-cpu', batch: 64 }))).toEqual(['Batch size: 64'])
  expect(differences(runSettings.parse({}))).toEqual([])
  expect(differences(runSettings.parse({ condition: 'none' }))).toEqual(['Prior: Without classes'])
})

it('warns of runs whose losses do not compare: of other data, or of other images', () => {
  const run = (model: string, fingerprint: string | null) => ({
    settings: runSettings.parse({ model }),
    data: fingerprint === null ? null : { name: 'MNIST', fingerprint, classes: null },
  })
  expect(incomparable([])).toBeNull()
  expect(incomparable([run('ladder', 'a'), run('ladder', 'a'), run('ladder', null)])).toBeNull()
  expect(incomparable([run('ladder', 'a'), run('ladder', 'b')])).toContain('different data')
  expect(incomparable([run('ladder', 'a'), run('vlae', 'a')])).toContain('grey levels')
})
