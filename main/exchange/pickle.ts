/**
 * Reads Python's pickles (protocols 2 to 5) without Python: those that hold what weights are made of, and nothing else.
 * A pickle is a program for a small machine with a stack (pickletools.py); here it makes Maps, arrays, numbers and texts, and
 * calls what the caller lists by name. Nothing else can be named, made or called, so that nothing of a stranger's runs.
 * Own code because that is the point of it: npm's readers construct what a file names and count on it being whole.
 */
import { AppError, quote } from '../../preload/errors'
import { present } from '../../preload/present'

/** What the listed names stand for: called with the arguments that the pickle has for it. */
export type Globals = ReadonlyMap<string, (args: readonly unknown[]) => unknown>

export interface PickleOptions {
  /** Of the file, for messages. */
  readonly name: string
  /** By module and name, with a dot between them. */
  readonly globals: Globals
  /** What is kept outside of the pickle. */
  persistent(id: unknown): unknown
}

/** A hundred times what thousands of tensors need. Each byte makes at most one object: memory is bounded by it. */
export const mostPickle = 2 ** 20

/** A name that the pickle may use, before it is called. */
class Name {
  constructor(
    readonly text: string,
    readonly call: (args: readonly unknown[]) => unknown,
  ) {}
}

/** The name that a value is, where it is one that was not called. */
export function nameOf(value: unknown): string | undefined {
  return value instanceof Name ? value.text : undefined
}

/** @throws AppError `weights/damaged`, `weights/not-allowed`, `weights/too-large` */
export function readPickle(bytes: Uint8Array, options: PickleOptions): unknown {
  if (bytes.length > mostPickle)
    throw new AppError(
      'weights/too-large',
      `${options.name} describes its tensors in ${bytes.length} bytes, far more than weights need.`,
      'Save the state_dict alone.',
    )
  return new Machine(bytes, options).run()
}

class Machine {
  private at = 0
  private readonly view: DataView
  private stack: unknown[] = []
  /** The stacks below the marks. */
  private readonly below: unknown[][] = []
  private readonly memo = new Map<number, unknown>()

  constructor(
    private readonly bytes: Uint8Array,
    private readonly options: PickleOptions,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  run(): unknown {
    for (;;) {
      const code = this.byte()
      if (code === stop) return this.end()
      const instruction = instructions.get(code)
      if (instruction === undefined) throw this.foreign(code)
      instruction(this)
    }
  }

  private end(): unknown {
    const value = this.pop()
    if (this.stack.length > 0 || this.below.length > 0) throw this.damaged('ends in the middle of something')
    return value
  }

  push(value: unknown): void {
    this.stack.push(value)
  }

  pop(): unknown {
    if (this.stack.length === 0) throw this.damaged('takes what was never put there')
    return this.stack.pop()
  }

  top(): unknown {
    if (this.stack.length === 0) throw this.damaged('takes what was never put there')
    return this.stack.at(-1)
  }

  mark(): void {
    this.below.push(this.stack)
    this.stack = []
  }

  /** All since the last mark, which is taken away. */
  sinceMark(): unknown[] {
    const items = this.stack
    const before = this.below.pop()
    if (before === undefined) throw this.damaged('takes what was never put there')
    this.stack = before
    return items
  }

  several(count: number): unknown[] {
    return Array.from({ length: count }, () => this.pop()).toReversed()
  }

  list(): unknown[] {
    const value = this.top()
    if (!Array.isArray(value) || Object.isFrozen(value)) throw this.damaged('adds to what is no list')
    return value
  }

  /** Keys and values by turns into the dictionary on top. */
  setItems(items: readonly unknown[]): void {
    const map = this.top()
    if (!(map instanceof Map) || items.length % 2 !== 0) throw this.damaged('sets a key of what is no dictionary')
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i]
      if (!['string', 'number', 'bigint', 'boolean'].includes(typeof key))
        throw this.damaged('has a key that is neither text nor number')
      map.set(key, items[i + 1])
    }
  }

  remember(index: number): void {
    this.memo.set(index, this.top())
  }

  recall(index: number): void {
    if (!this.memo.has(index)) throw this.damaged('takes what was never put there')
    this.push(this.memo.get(index))
  }

  get remembered(): number {
    return this.memo.size
  }

  name(module: unknown, name: unknown): void {
    if (typeof module !== 'string' || typeof name !== 'string') throw this.damaged('names something without a name')
    const text = `${module}.${name}`
    const call = this.options.globals.get(text)
    if (call === undefined) throw notAllowed(this.options.name, text)
    this.push(new Name(text, call))
  }

  call(): void {
    const args = this.pop()
    const callee = this.pop()
    if (!(callee instanceof Name) || !Array.isArray(args)) throw this.damaged('calls what cannot be called')
    this.push(callee.call(args))
  }

  /** What an object has beside its items: only a dictionary may, and it is not looked at. */
  build(): void {
    this.pop()
    if (!(this.top() instanceof Map)) throw this.damaged('gives a state to what can have none')
  }

  persistent(): void {
    this.push(this.options.persistent(this.pop()))
  }

  byte(): number {
    return present(this.take(1)[0], 'byte')
  }

  take(length: number): Uint8Array {
    // also for a length that is no number that a file can have
    if (!(length <= this.bytes.length - this.at)) throw this.damaged('ends too early')
    return this.bytes.subarray(this.at, (this.at += length))
  }

  number<K extends 'getUint16' | 'getInt32' | 'getUint32' | 'getFloat64'>(read: K, bytes: number): number {
    const at = this.at
    this.take(bytes)
    // floats are big-endian, whatever else there is is not
    return this.view[read](at, read !== 'getFloat64')
  }

  /** Up to 255 bytes, the lowest first. */
  long(): number | bigint {
    const digits = this.take(this.byte()).toReversed()
    if (digits.length === 0) return 0
    const value = BigInt.asIntN(8 * digits.length, BigInt(`0x${Buffer.from(digits).toString('hex')}`))
    return Number.isSafeInteger(Number(value)) ? Number(value) : value
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at)
    if (end === -1) throw this.damaged('ends too early')
    const text = this.text(end - this.at)
    this.at++
    return text
  }

  text(length: number): string {
    return new TextDecoder().decode(this.take(length))
  }

  protocol(version: number): void {
    if (version < 2 || version > 5)
      throw this.damaged(`is in a language that this app does not read (protocol ${version})`)
  }

  private foreign(code: number): AppError {
    if (this.at === 1) return this.damaged('is not what PyTorch writes')
    return new AppError(
      'weights/not-allowed',
      `${this.options.name} holds more than weights: it asks Python to make something (instruction ${code}). Nothing of it was run.`,
      'Save the state_dict alone: torch.save(model.state_dict(), FILE).',
    )
  }

  private damaged(what: string): AppError {
    return damagedPickle(this.options.name, what)
  }
}

type Instruction = (machine: Machine) => void

const stop = 0x2e
const code = (letter: string) => letter.charCodeAt(0)

/** What PyTorch writes, and what other protocols write for the same. All else is refused. */
const instructions = new Map<number, Instruction>([
  [0x80, (machine) => machine.protocol(machine.byte())],
  // a frame only says how long it is
  [0x95, (machine) => void machine.take(8)],
  [code('('), (machine) => machine.mark()],

  [code('N'), (machine) => machine.push(null)],
  [0x88, (machine) => machine.push(true)],
  [0x89, (machine) => machine.push(false)],
  [code('J'), (machine) => machine.push(machine.number('getInt32', 4))],
  [code('K'), (machine) => machine.push(machine.byte())],
  [code('M'), (machine) => machine.push(machine.number('getUint16', 2))],
  [0x8a, (machine) => machine.push(machine.long())],
  [code('G'), (machine) => machine.push(machine.number('getFloat64', 8))],
  [code('X'), (machine) => machine.push(machine.text(machine.number('getUint32', 4)))],
  [0x8c, (machine) => machine.push(machine.text(machine.byte()))],

  [code(')'), (machine) => machine.push(tuple([]))],
  [code('t'), (machine) => machine.push(tuple(machine.sinceMark()))],
  [0x85, (machine) => machine.push(tuple(machine.several(1)))],
  [0x86, (machine) => machine.push(tuple(machine.several(2)))],
  [0x87, (machine) => machine.push(tuple(machine.several(3)))],

  [code(']'), (machine) => machine.push([])],
  [code('a'), (machine) => append(machine, machine.several(1))],
  [code('e'), (machine) => append(machine, machine.sinceMark())],

  [code('}'), (machine) => machine.push(new Map())],
  [code('s'), (machine) => machine.setItems(machine.several(2))],
  [code('u'), (machine) => machine.setItems(machine.sinceMark())],

  [code('q'), (machine) => machine.remember(machine.byte())],
  [code('r'), (machine) => machine.remember(machine.number('getUint32', 4))],
  [0x94, (machine) => machine.remember(machine.remembered)],
  [code('h'), (machine) => machine.recall(machine.byte())],
  [code('j'), (machine) => machine.recall(machine.number('getUint32', 4))],

  [code('c'), (machine) => machine.name(machine.line(), machine.line())],
  [0x93, (machine) => machine.name(...(machine.several(2) as [unknown, unknown]))],
  [code('R'), (machine) => machine.call()],
  [code('b'), (machine) => machine.build()],
  [code('Q'), (machine) => machine.persistent()],
])

function tuple(items: unknown[]): readonly unknown[] {
  return Object.freeze(items)
}

function append(machine: Machine, items: readonly unknown[]): void {
  const list = machine.list()
  for (const item of items) list.push(item)
}

function notAllowed(name: string, what: string): AppError {
  return new AppError(
    'weights/not-allowed',
    `${name} holds more than weights: it names ${quote(what)}, which this app does not load. Nothing of it was run.`,
    'Save the state_dict alone, not the whole model: torch.save(model.state_dict(), FILE).',
  )
}

/** @param what the matter is: `ends too early` */
export function damagedPickle(name: string, what: string): AppError {
  return new AppError(
    'weights/damaged',
    `${name} cannot be read as weights of PyTorch: it ${what}.`,
    'If it is still being copied, wait until it is there. Else save it again where it came from.',
  )
}
