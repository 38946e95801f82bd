/** Memoised values: what takes time to make is made once and kept. */

/** What is in the map, or is made and put there; what could not be made is tried again the next time. */
export function once<Key, Value>(map: Map<Key, Promise<Value>>, key: Key, make: () => Promise<Value>): Promise<Value> {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
    value.catch(() => map.delete(key))
  }
  return value
}

/** Lets go of things as far as they were made; what has failed may well fail at that, too. */
export async function releaseAll(made: Iterable<Promise<{ release(): Promise<void> }>>): Promise<void> {
  for (const thing of made) await thing.then((thing) => thing.release()).catch(() => undefined)
}
