/** The card of the paper's model: which of its settings count, what its presets are, and what it cannot be asked. */
import { describe, expect, it } from 'vitest'
import { createModel } from '../../../main/models/create'
import {
  cardNamed,
  cardOf,
  countingSettings,
  decodingsOf,
  defaultsOf,
  hasClasses,
  imagesOf,
  plain,
  presetOf,
  type SettingValue,
  runSettings,
} from '../../../preload/contract'
import { imageSize, side } from '../../../preload/images'
import { largest, pixelsIn } from '../../../preload/models/vlae-window'

const usual = defaultsOf('vlae')
const set = (change: Record<string, SettingValue>) => ({ ...usual, ...change })
const counting = (change: Record<string, SettingValue>) => Object.keys(countingSettings(set(change)))

describe('the settings of vlae', () => {
  it('are the paper’s where nobody says', () => {
    expect(usual).toMatchObject({
      decoder: 'local',
      window: 'triangle',
      prior: 'flow',
      batch: 100,
      learningRate: 0.002,
    })
    expect(presetOf(usual)).toBe('vlae')
  })

  it('are asked for as far as they count', () => {
    expect(counting({})).toEqual(['decoder', 'window', 'tied', 'prior', 'hidden', 'condition', 'freeBits'])
    expect(counting({ window: '4x2' })).not.toContain('tied')
    expect(counting({ prior: 'gaussian' })).not.toContain('hidden')
    expect(counting({ decoder: 'factorised' })).toEqual(['decoder', 'prior', 'hidden', 'condition', 'freeBits'])
    expect(counting({ decoder: 'alone' })).toEqual(['decoder', 'window', 'tied'])
  })

  it('are by default where they do not, so that what is trained alike is one', () => {
    const alone = plain(set({ decoder: 'alone', prior: 'gaussian', condition: 'label', freeBits: 'soft', hidden: 3 }))
    expect(alone).toEqual(set({ decoder: 'alone' }))
    expect(plain(set({ window: '5x3', tied: 'yes' }))).toEqual(set({ window: '5x3' }))
    expect(plain(set({ tied: 'yes' }))).toEqual(set({ tied: 'yes' }))
    expect(hasClasses(set({ decoder: 'alone', condition: 'label' }))).toBe(false)
  })

  it('are recognised as a preset, and each preset is a model of its own', () => {
    const { presets = {} } = cardNamed('vlae')
    const names = Object.entries(presets).map(([name, { settings }]) => {
      expect(presetOf(set({ ...settings }))).toBe(name)
      return createModel(set({ ...settings })).name
    })
    expect(new Set(names).size).toBe(Object.keys(presets).length)
    expect(presetOf(set({ decoder: 'alone', prior: 'gaussian' }))).toBe('unconditional-decoder')
    expect(presetOf(set({ window: '4x2' }))).toBeUndefined()
  })

  it('each decide what is computed, and so are in the model’s name', () => {
    const names = Object.entries(countingSettings(usual)).flatMap(([name, { schema, choices }]) =>
      (choices ? Object.keys(choices) : [1, 3])
        .filter((value) => value !== schema.parse(undefined))
        .map((value) => createModel(plain(set({ [name]: value }))).name),
    )
    expect(new Set([createModel(usual).name, ...names]).size).toBe(names.length + 1)
  })

  it('take any window that the layers can make, and draw the far ones row by row', () => {
    expect(largest).toEqual({ width: 2 * side - 1, above: side - 1 })
    expect(pixelsIn('past')).toBe(imageSize - 1)
    const drawnAtOnce = (window: string) => typeof createModel(set({ window })).drawing!.draw === 'function'
    expect(['2x1', '5x3', '7x4', '55x27'].map(drawnAtOnce)).toEqual([true, true, false, false])
    for (const window of ['56x3', '4x28', '1x2', '4x0', '04x2', '4×2', '4x2x1', 'all', ''])
      expect(runSettings.safeParse({ model: 'vlae', window }).success).toBe(false)
  })

  it('refuse weights that cannot be tied in a sentence that says what to do', () => {
    expect(() => createModel(set({ window: '7x4', tied: 'yes' }))).toThrow(
      expect.objectContaining({ code: 'model/window', remedy: expect.stringContaining('untied') }) as Error,
    )
  })
})

describe('what is told of vlae', () => {
  it('has γ only where it is one', () => {
    const scalars = (change: Record<string, SettingValue>) => cardOf(set(change)).scalars.map(({ name }) => name)
    expect(scalars({})).toEqual(['rateFactor'])
    expect(scalars({ freeBits: 'soft' })).toEqual(['rateFactor', 'gamma'])
    expect(scalars({ freeBits: 'soft', decoder: 'alone' })).toEqual(['rateFactor'])
  })

  it('are several decodings of a code where pixels are drawn', () => {
    expect(decodingsOf(usual)).toBe(3)
    expect(decodingsOf(set({ decoder: 'factorised' }))).toBe(1)
    expect(decodingsOf(defaultsOf('ladder'))).toBe(1)
    for (const decoder of ['local', 'factorised', 'alone'])
      expect(decodingsOf(set({ decoder })) > 1).toBe((createModel(set({ decoder })).decodingUniforms ?? 0) > 0)
  })
})

describe('the images that are held out', () => {
  it.each([
    ['all of MNIST', 0, 60_000, { trained: 50_000, held: 10_000 }],
    ['some of it', 20_000, 60_000, { trained: 20_000, held: 4_000 }],
    ['nearly all of it', 55_000, 60_000, { trained: 50_000, held: 10_000 }],
    ['a handful', 0, 7, { trained: 5, held: 1 }],
    ['one', 0, 1, { trained: 1, held: 0 }],
  ])('are a fifth of those trained on, the last ones: %s', (_, limit, all, expected) => {
    expect(imagesOf({ model: 'vlae', limit }, all)).toEqual(expected)
  })

  it('are none for a model that needs none', () => {
    expect(imagesOf({ model: 'ladder', limit: 0 }, 60_000)).toEqual({ trained: 60_000, held: 0 })
    expect(imagesOf({ model: 'ladder', limit: 70_000 }, 60_000)).toEqual({ trained: 60_000, held: 0 })
  })
})
