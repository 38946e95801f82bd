/** Finds what JSON.parse lets pass: a key that an object has twice (the last one would silently win). */

/**
 * The first key that any object of the text has twice, or undefined.
 *
 * @param text valid JSON: it must have passed JSON.parse.
 */
export function duplicateKey(text: string): string | undefined {
  /** The keys of each object around the current place; undefined for an array. */
  const around: (Set<string> | undefined)[] = []
  let keyExpected = false
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '{':
        around.push(new Set())
        keyExpected = true
        break
      case '[':
        around.push(undefined)
        keyExpected = false
        break
      case '}':
      case ']':
        around.pop()
        keyExpected = false
        break
      case ',':
        keyExpected = around.at(-1) !== undefined
        break
      case '"': {
        const start = at
        for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++
        const keys = around.at(-1)
        if (keys === undefined || !keyExpected) break
        // Two spellings of one key ("a" and "\u0061") are the same key.
        const key = JSON.parse(text.slice(start, at + 1)) as string
        if (keys.has(key)) return key
        keys.add(key)
        keyExpected = false
      }
    }
  }
  return undefined
}
