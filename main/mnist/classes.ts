/** The names of a dataset's classes: from classes.txt beside its files, or those of a set that is known. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { classCount, className, longestClassName, type ClassNames } from '../../preload/classes'
import { quote } from '../../preload/errors'
import { decodeText } from '../files/text'

export const classesName = 'classes.txt'
/** More than ten names can be, whatever they are written in. */
const mostBytes = 10_000
const remedy = `Write one name a line into ${classesName}, ten lines, class 0 first.`

/** The sets whose names are known, by the fingerprint of their files. */
const known = new Map<string, string[]>([
  // MNIST
  ['b2d8f5bf39174ee5ffeefa97e42d673c35432b411bb5d1f74fbbeddae7f1690a', [...'0123456789']],
  // Fashion-MNIST, its authors' own words
  [
    '14410854cf7a289477dcfc7df3f8ec24741e281cdcc425ede0d9a748ca630214',
    ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  ],
])

/** Of a set that is known; null of any other. */
export function knownClasses(fingerprint: string): ClassNames {
  return known.get(fingerprint) ?? null
}

/** The names that lie in one of these folders, the first that has any, and what is wrong with them. */
export async function readClasses(folders: Iterable<string>): Promise<{ classes: ClassNames; notes: string[] }> {
  for (const folder of new Set(folders)) {
    const path = join(folder, classesName)
    const found = await stat(path).catch(() => null)
    if (found === null) continue
    // before opening: opening a named pipe would wait for ever
    if (!found.isFile()) return unusable('is not a file')
    if (found.size > mostBytes) return unusable('is too large for the names of ten classes')
    const bytes = await readFile(path).catch(() => null)
    return bytes === null ? unusable('cannot be read') : parseClasses(bytes)
  }
  return { classes: null, notes: [] }
}

/** @param bytes of classes.txt: UTF-8, or UTF-16 as Windows' editors write it */
export function parseClasses(bytes: Uint8Array): { classes: ClassNames; notes: string[] } {
  const text = textOf(bytes)
  if (text === null) return unusable('is not a text in UTF-8')
  const lines = text.split(/\r\n|\n|\r/).map((line) => line.trim())
  // the end of the last line, and what an editor leaves behind it
  while (lines.at(-1) === '') lines.pop()
  const empty = lines.indexOf('')
  if (empty >= 0) return unusable(`has nothing in its line ${empty + 1}`)
  if (lines.length !== classCount)
    return unusable(`has ${lines.length} ${lines.length === 1 ? 'line' : 'lines'}, not ten`)
  const wrong = lines.findIndex((line) => !className.safeParse(line).success)
  if (wrong >= 0)
    return [...(lines[wrong] ?? '')].length > longestClassName
      ? unusable(`has more than ${longestClassName} characters in its line ${wrong + 1}`)
      : unusable(`has characters in its line ${wrong + 1} that cannot be shown`)
  const twice = lines.find((line, at) => lines.indexOf(line) !== at)
  if (twice !== undefined) return unusable(`has ${quote(twice)} twice`)
  return { classes: lines, notes: [] }
}

function unusable(why: string): { classes: null; notes: string[] } {
  return { classes: null, notes: [`${classesName} ${why}, so it is not used. ${remedy}`] }
}

/** Null: it is no text. */
function textOf(bytes: Uint8Array): string | null {
  if (bytes.includes(0) || bytes[0] === 0xff || bytes[0] === 0xfe) return decodeText(bytes)
  try {
    // a byte order mark is left out
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}
