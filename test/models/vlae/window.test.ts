import { describe, expect, it } from 'vitest'
import { fieldOf, maskedLayers, tapsOf, windowName, type Window } from '../../../main/models/vlae/window'
import { AppError } from '../../../preload/errors'
import { wide } from '../../../preload/models/vlae-window'

/** A window as a picture: # what is seen, o the pixel itself. */
function picture(window: Window): string[] {
  const field = fieldOf(tapsOf(window))
  const [top, left, right] = [Math.min(...rows(field)), Math.min(...columns(field)), Math.max(0, ...columns(field))]
  const seen = new Set(field.map(String))
  return Array.from({ length: 1 - top }, (_, r) =>
    Array.from({ length: right - left + 1 }, (_, c) => {
      const [row, column] = [r + top, c + left]
      return row === 0 && column === 0 ? 'o' : seen.has(String([row, column])) ? '#' : '.'
    }).join(''),
  )
}
const rows = (field: readonly (readonly number[])[]) => field.map(([row]) => row!)
const columns = (field: readonly (readonly number[])[]) => field.map(([, column]) => column!)

describe('a window', () => {
  it("is the paper's triangle of 69 pixels", () => {
    expect(fieldOf(tapsOf('triangle'))).toHaveLength(69)
    expect(picture('triangle')).toEqual([
      '#############',
      '############.',
      '###########..',
      '##########...',
      '#########....',
      '########.....',
      '######o......',
    ])
  })

  it('of A×B is A wide, B rows high, with ⌈(A − 1)/2⌉ columns to the left', () => {
    expect(picture({ width: 4, above: 2 })).toEqual(['####', '####', '##o.'])
    expect(picture({ width: 5, above: 3 })).toEqual(['#####', '#####', '#####', '##o..'])
    expect(picture({ width: 7, above: 4 })).toEqual(['#######', '#######', '#######', '#######', '###o...'])
  })

  it('of any other size is whole as well', () => {
    for (const [width, above] of [
      [2, 1],
      [3, 9],
      [30, 2],
      [55, 27],
    ] as const) {
      // prettier-ignore
      const field = fieldOf(tapsOf({ width, above }))
      expect(field).toHaveLength(width * above + Math.ceil((width - 1) / 2))
    }
  })

  it('can be that of a wide decoder, 15 rows up', () => {
    const field = fieldOf(tapsOf('wide'))
    expect(field).toHaveLength(wide)
    expect(Math.min(...field.map(([row]) => row))).toBe(-15)
    expect(Math.max(...field.map(([, column]) => Math.abs(column)))).toBe(15)
  })

  it('can be the whole past', () => {
    const seen = new Set(fieldOf(tapsOf('past')).map(String))
    for (let row = -27; row < 0; row++)
      for (let column = -27; column <= 27; column++) expect(seen.has(`${row},${column}`)).toBe(true)
    expect(seen.size).toBe(27 * 55 + 27)
  })

  it('never holds its own pixel or a later one, whatever its layers', () => {
    for (const window of ['triangle', 'past', 'wide', { width: 7, above: 4 }] as const) {
      const taps = tapsOf(window)
      expect(taps).toHaveLength(window === 'wide' ? 7 : maskedLayers)
      for (const [row, column] of taps[0]!) expect(row < 0 || (row === 0 && column < 0)).toBe(true)
      for (const layer of taps.slice(1)) {
        for (const [row, column] of layer) expect(row < 0 || (row === 0 && column <= 0)).toBe(true)
        expect(layer.map(String)).toContain('0,0')
      }
    }
  })

  it.each([
    [1, 2],
    [4, 0],
    [56, 2],
    [4, 28],
    [4.5, 2],
    [4, NaN],
  ])('of %f×%f is refused, with the limits', (width, above) => {
    const refused = catching(() => tapsOf({ width, above }))
    expect(refused).toBeInstanceOf(AppError)
    expect(refused).toMatchObject({ code: 'model/window' })
    expect(String(refused)).toContain(`A window of ${width}×${above} pixels cannot be made: its width is 2 to 55`)
  })

  it('has a name', () => {
    expect(windowName({ width: 7, above: 4 })).toBe('7×4')
    expect(windowName('triangle')).toBe('triangle')
  })
})

function catching(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    return error
  }
}
