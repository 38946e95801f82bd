/** Writes pickles as PyTorch's safe loading reads them (protocol 2): dictionaries, lists, numbers and texts. */

/** Something that is written as a call of a name: `collections.OrderedDict()`, with items set afterwards. */
export class Call {
  constructor(
    readonly module: string,
    readonly name: string,
    readonly args: readonly Pickled[],
    /** Set in what comes of it. */
    readonly items: ReadonlyMap<string, Pickled> = new Map(),
  ) {}
}

/** A name alone. */
export class Name {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}
}

/** What is kept outside of the pickle, by its identifier. */
export class Persistent {
  constructor(readonly id: Pickled) {}
}

/** A tuple, where an array is a list. */
export class Tuple {
  constructor(readonly items: readonly Pickled[]) {}
}

/** A number that is no whole one in Python either: 0.0. */
export class Float {
  constructor(readonly value: number) {}
}

/** Numbers are whole ones. */
export type Pickled =
  | null
  | boolean
  | number
  | string
  | Float
  | Tuple
  | Name
  | Call
  | Persistent
  | readonly Pickled[]
  | ReadonlyMap<string | number, Pickled>

/** @throws RangeError for a whole number beyond 32 bits (a programming error) */
export function writePickle(value: Pickled): Uint8Array {
  const bytes: number[] = [0x80, 2]
  put(bytes, value)
  return Uint8Array.from([...bytes, ...ascii('.')])
}

function put(bytes: number[], value: Pickled): void {
  if (value === null) bytes.push(...ascii('N'))
  else if (typeof value === 'boolean') bytes.push(value ? 0x88 : 0x89)
  else if (typeof value === 'number') bytes.push(...ascii('J'), ...int32(value))
  else if (typeof value === 'string') {
    const text = new TextEncoder().encode(value)
    bytes.push(...ascii('X'), ...int32(text.length), ...text)
  } else if (value instanceof Float) bytes.push(...ascii('G'), ...float64(value.value))
  else if (value instanceof Name) bytes.push(...ascii(`c${value.module}\n${value.name}\n`))
  else if (value instanceof Tuple) {
    bytes.push(...ascii('('))
    for (const item of value.items) put(bytes, item)
    bytes.push(...ascii('t'))
  } else if (value instanceof Persistent) {
    put(bytes, value.id)
    bytes.push(...ascii('Q'))
  } else if (value instanceof Call) {
    put(bytes, new Name(value.module, value.name))
    put(bytes, new Tuple(value.args))
    bytes.push(...ascii('R'))
    putItems(bytes, value.items)
  } else if (value instanceof Map) {
    bytes.push(...ascii('}'))
    putItems(bytes, value)
  } else {
    bytes.push(...ascii(']('))
    for (const item of value as readonly Pickled[]) put(bytes, item)
    bytes.push(...ascii('e'))
  }
}

function putItems(bytes: number[], items: ReadonlyMap<string | number, Pickled>): void {
  if (items.size === 0) return
  bytes.push(...ascii('('))
  for (const [key, item] of items) {
    put(bytes, key)
    put(bytes, item)
  }
  bytes.push(...ascii('u'))
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function int32(value: number): Uint8Array {
  if (value !== (value | 0)) throw new RangeError(`${value} is no whole number of 32 bits`)
  return new Uint8Array(Int32Array.of(value).buffer)
}

function float64(value: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(8))
  bytes.setFloat64(0, value)
  return new Uint8Array(bytes.buffer)
}
