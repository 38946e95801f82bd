/** What a person's editor made of a text file comes out as it was typed. */
import { assert, property, string } from 'fast-check'
import { expect, it } from 'vitest'
import { decodeText } from '../../main/files/text'

const le = (text: string) => Buffer.from(text, 'utf16le')
const be = (text: string) => Buffer.from(text, 'utf16le').swap16()

it.each([
  ['UTF-8', (text: string) => Buffer.from(text)],
  ['UTF-8 with a mark', (text: string) => Buffer.from(`\ufeff${text}`)],
  ['UTF-16, little end first, with a mark', (text: string) => le(`\ufeff${text}`)],
  ['UTF-16, big end first, with a mark', (text: string) => be(`\ufeff${text}`)],
])('reads any text in %s', (_, encode) => {
  // no text of a person's has zeros in it, and a mark within the text is no mark of the encoding
  const texts = string({ unit: 'binary' }).filter((text) => !text.includes('\0') && !text.startsWith('\ufeff'))
  assert(
    property(texts, (text) => {
      expect(decodeText(encode(text))).toBe(text)
    }),
  )
})

it('reads JSON in UTF-16 without a mark', () => {
  const text = '{"name": "übermäßig ✓"}'
  expect([decodeText(le(text)), decodeText(be(text))]).toEqual([text, text])
})

it('takes any bytes, also a letter that is cut off', () => {
  expect(decodeText(new Uint8Array(0))).toBe('')
  expect(decodeText(le('\ufeff{}').subarray(0, 5))).toBe('{')
  expect(decodeText(Buffer.from([0xc3]))).toBe('\ufffd')
  // a view into a larger buffer is read for itself
  expect(decodeText(Buffer.from('xx{}xx').subarray(2, 4))).toBe('{}')
})
