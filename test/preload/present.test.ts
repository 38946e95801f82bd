import { describe, expect, it } from 'vitest'
import { pairs, present } from '../../preload/present'

describe('present', () => {
  it('gives what is there, whatever it is worth', () => {
    expect(present<number>(0, 'number')).toBe(0)
    expect(present<string>('', 'word')).toBe('')
  })

  it('names what is not', () => {
    expect(() => present<number>(undefined, 'axis 3')).toThrow(new RangeError('there is no axis 3'))
    expect(() => present<number>(null, 'axis 3')).toThrow(RangeError)
  })
})

describe('pairs', () => {
  it('puts two lists side by side', () => {
    expect(pairs([1, 2], ['a', 'b'])).toEqual([
      [1, 'a'],
      [2, 'b'],
    ])
    expect(pairs([], [])).toEqual([])
  })

  it('refuses lists of different lengths', () => {
    expect(() => pairs([1], ['a', 'b'])).toThrow(new RangeError('there are 2 beside 1'))
    expect(() => pairs([1, 2], ['a'])).toThrow(RangeError)
  })
})
