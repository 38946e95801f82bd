/** Text files that a person may have edited: whatever encoding their editor saved them in. */
import { disk } from './layer'

/** The text of a file. @throws the system's error */
export async function readText(path: string): Promise<string> {
  return decodeText(await disk.read(path))
}

/**
 * UTF-8 or UTF-16 of either byte order, with a byte order mark or without one. Windows' editors and shells write all of
 * these; without a mark, UTF-16 shows in the zero byte of its first letter.
 */
export function decodeText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [first, second] = text
  // a code unit that is cut off at the end is no letter
  const units = text.subarray(0, text.length & ~1)
  if ((first === 0xff && second === 0xfe) || (second === 0 && first !== 0)) return unmarked(units.toString('utf16le'))
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0))
    return unmarked(Buffer.from(units).swap16().toString('utf16le'))
  return unmarked(text.toString('utf8'))
}

/**
 * Lines of JSON as UTF-8. Only what is UTF-16 for certain is another than it was: by its mark, or the brace and quote that
 * it begins with. A zero byte alone says nothing where a power cut may have left some.
 */
export function linesAsUtf8(bytes: Uint8Array): Uint8Array {
  const start = Buffer.from(bytes.subarray(0, 4)).toString('hex')
  return /^(fffe|feff|7b002200|007b0022)/.test(start) ? Buffer.from(decodeText(bytes)) : bytes
}

function unmarked(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text
}
