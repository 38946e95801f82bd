import { describe, expect, it } from 'vitest'
import { readAmat } from '../../main/mnist/amat'

const size = 784
/** Image i has a 1 at place i, and a 1 at the end. */
const image = (i: number): string[] => Array.from({ length: size }, (_, k) => (k === i || k === size - 1 ? '1' : '0'))
const file = (text: string) => new TextEncoder().encode(text)
const lines = (count: number) => Array.from({ length: count }, (_, i) => image(i).join(' '))
const refusal = (text: string) => {
  try {
    readAmat(file(text), 'a.amat')
  } catch (error) {
    return error
  }
  return undefined
}

describe('an .amat file', () => {
  it('is an image a line', () => {
    const { images, count } = readAmat(file(`${lines(3).join('\n')}\n`), 'a.amat')
    expect(count).toBe(3)
    expect(images).toHaveLength(3 * size)
    for (let i = 0; i < 3; i++) {
      const found = [...images.subarray(i * size, (i + 1) * size)]
      expect(found).toEqual(image(i).map((value) => (value === '1' ? 255 : 0)))
    }
  })

  it.each([
    ['without a newline at its end', lines(2).join('\n')],
    ['with empty lines at its end', `${lines(2).join('\n')}\n\n \n`],
    ['with Windows’ line ends', `${lines(2).join('\r\n')}\r\n`],
    ['with blanks and tabs around', lines(2).map((line) => ` \t${line.replaceAll(' ', '\t')}  `).join('\n')], // prettier-ignore
    ['of numbers with decimals', lines(2).join('\n').replaceAll('0', '0.0').replaceAll('1', '1.000000e+00')],
  ])('is read %s', (_, text) => {
    const expected = readAmat(file(lines(2).join('\n')), 'a.amat')
    expect(readAmat(file(text), 'a.amat')).toEqual(expected)
  })

  it('may be longer than what is set aside at first', () => {
    const { count, images } = readAmat(file(Array.from({ length: 2500 }, () => image(5).join(' ')).join('\n')), 'a.amat') // prettier-ignore
    expect([count, images.length]).toEqual([2500, 2500 * size])
    expect(images[2499 * size + 5]).toBe(255)
  })

  it('of grey levels is refused, with the first of them', () => {
    const grey = [lines(1)[0], image(0).with(300, '0.498').join(' ')].join('\n')
    expect(refusal(grey)).toMatchObject({
      code: 'data/amat-grey',
      message: 'Line 2 of a.amat has the value 0.498: it holds grey levels, and only 0 and 1 are binary images.',
    })
    expect(refusal(image(0).with(0, '255').join(' '))).toMatchObject({ code: 'data/amat-grey' })
  })

  it.each([783, 785, 1, 28])('with lines of %i numbers is refused', (columns) => {
    const line = Array.from({ length: columns }, () => '0').join(' ')
    expect(refusal([lines(1)[0], line].join('\n'))).toMatchObject({ code: 'data/amat-columns' })
    expect(String(refusal(line))).toContain(
      `Line 1 of a.amat has ${columns} numbers; an image of 28×28 pixels has 784.`,
    )
  })

  it('with a label at the end of each line says so', () => {
    const labelled = [...image(0), '7'].join(' ')
    expect(String(refusal(labelled))).toContain('probably a label')
  })

  it('cut off in its last line says that the download did not finish', () => {
    const whole = lines(2).join('\n')
    expect(refusal(whole.slice(0, -100))).toMatchObject({
      code: 'data/amat-columns',
      remedy: expect.stringContaining('download it again'),
    })
  })

  it.each(['', '\n\n', '  '])('without images is refused: %j', (text) => {
    expect(refusal(text)).toMatchObject({ code: 'data/amat-empty', message: 'a.amat holds no images.' })
  })

  it.each(['<html><body>404', '@relation mnist', '\u0000\u0000\u0008\u0003', '1,0,0,0', '0x1 0'])(
    'that is something else is refused: %j',
    (text) => expect(refusal(text)).toMatchObject({ code: expect.stringMatching(/data\/(not-amat|amat-)/) }),
  )
})
