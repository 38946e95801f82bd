/** Lookups by name, where each that is asked for is there: one that is not is a fault of the program, and named. */

/** @throws RangeError */
export function entryOf<T>(things: Readonly<Record<string, T>>, name: string): T {
  const thing = things[name]
  if (thing === undefined)
    throw new RangeError(`there is no ${name}, but ${Object.keys(things).join(', ') || 'nothing'}`)
  return thing
}

/** Values under names, in the order of both. @throws RangeError if there are more of one than of the other */
export function named<T>(names: readonly string[], values: readonly T[]): Record<string, T> {
  if (names.length !== values.length) throw new RangeError(`${values.length} values for ${names.length} names`)
  return Object.fromEntries(values.map((value, i) => [names[i] as string, value]))
}
