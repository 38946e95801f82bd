/** Pickles: what weights are made of is read, everything else is refused, and nothing of a stranger's runs. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mostPickle, readPickle } from '../../main/exchange/pickle'
import { Call, Float, Name, type Pickled, Tuple, writePickle } from '../../main/exchange/pickle-writer'
import { errorOf, refusalOf } from '../files/expect-refusal'
import { damaged, damages } from '../files/mutate'

const called: unknown[][] = []
const globals = new Map<string, (args: readonly unknown[]) => unknown>([
  ['collections.OrderedDict', () => new Map()],
  ['ours.pair', (args) => (called.push([...args]), args)],
])
const read = (bytes: Uint8Array) => readPickle(bytes, { name: 'It', globals, persistent: (id) => ['kept', id] })
/** Instructions, as Python's pickletools writes them: text as it stands, numbers as bytes. */
const pickle = (...parts: (string | number)[]) =>
  new Uint8Array(
    Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part, 'latin1')))),
  )
const [proto, frame, newobj, stackGlobal, ext1, unicode8] = [0x80, 0x95, 0x81, 0x93, 0x82, 0x8d]
const short = (text: string) => [0x8c, text.length, text] as const

describe('a pickle', () => {
  it('comes back as it was written', () => {
    const value: Pickled = new Map<string, Pickled>([
      ['numbers', [0, -1, 300, 70_000, -(2 ** 31), new Float(0.25), new Float(3)]],
      ['others', [null, true, false, 'ü', '']],
      ['tuple', new Tuple([1, new Tuple([])])],
      ['ordered', new Call('collections', 'OrderedDict', [], new Map([['__proto__', 1]]))],
      ['numbered', new Map<number, Pickled>([[7, 'seven']])],
    ])
    expect(read(writePickle(value))).toEqual(
      new Map<string, unknown>([
        ['numbers', [0, -1, 300, 70_000, -(2 ** 31), 0.25, 3]],
        ['others', [null, true, false, 'ü', '']],
        ['tuple', [1, []]],
        ['ordered', new Map([['__proto__', 1]])],
        ['numbered', new Map([[7, 'seven']])],
      ]),
    )
  })

  it('calls what is listed, and nothing before it is called', () => {
    called.length = 0
    expect(read(writePickle(new Call('ours', 'pair', [1, 'two'])))).toEqual([1, 'two'])
    expect(called).toEqual([[1, 'two']])
    read(writePickle([new Name('ours', 'pair')]))
    expect(called).toHaveLength(1)
  })

  it('is read in the protocols 4 and 5, too', () => {
    const body = ['}', 0x94, '(', ...short('a'), 0x94, 'K', 1, 'u.']
    for (const version of [4, 5])
      expect(read(pickle(proto, version, frame, 12, 0, 0, 0, 0, 0, 0, 0, ...body))).toEqual(new Map([['a', 1]]))
  })

  // each is a way to make Python do something; ours must name it and stop
  it.each([
    ['a call of the system’s shell', pickle(proto, 2, 'cos\nsystem\n(X', 4, 0, 0, 0, 'id;:tR.'), 'os.system'],
    ['the same in protocol 0', pickle("cposix\nsystem\n(S'id'\ntR."), 'posix.system'],
    [
      'the same by its name on the stack',
      pickle(proto, 4, ...short('builtins'), ...short('eval'), stackGlobal, '.'),
      'builtins.eval',
    ],
    ['an object that is constructed', pickle(proto, 2, 'csubprocess\nPopen\n)', newobj, '.'), 'subprocess.Popen'],
    [
      'a name that only begins as a listed one',
      pickle(proto, 2, 'ccollections\nOrderedDict.__init__\n.'),
      'OrderedDict.__init__',
    ],
    ['a name of JavaScript’s', pickle(proto, 2, 'cconstructor\nconstructor\n)R.'), 'constructor'],
    ['a name of Python’s that reaches others', pickle(proto, 2, 'c__builtin__\ngetattr\n.'), '__builtin__.getattr'],
    ['PyTorch’s own loading of files', pickle(proto, 2, 'ctorch.serialization\nload\n.'), 'torch.serialization.load'],
    ['a class of the script’s', pickle(proto, 2, 'c__main__\nLadder\n)', newobj, '.'), '__main__.Ladder'],
  ])('is refused with %s, by its name', (_, bytes, named) => {
    const error = errorOf(() => read(bytes))
    expect(error?.code).toBe('weights/not-allowed')
    expect(error?.message).toMatch(named)
    expect(error?.message).toMatch('Nothing of it was run.')
  })

  it.each([
    ['an instance in one instruction', pickle(proto, 2, '(ios\nsystem\n.'), 'weights/not-allowed'],
    ['an object of what is on the stack', pickle(proto, 2, '(ccollections\nOrderedDict\no.'), 'weights/not-allowed'],
    [
      'a construction of what is listed',
      pickle(proto, 2, 'ccollections\nOrderedDict\n)', newobj, '.'),
      'weights/not-allowed',
    ],
    ['a number from a registry', pickle(proto, 2, ext1, 1, '.'), 'weights/not-allowed'],
    ['an identifier in text', pickle(proto, 2, 'Psomewhere\n.'), 'weights/not-allowed'],
    ['a call of what is no name', pickle(proto, 2, '})R.'), 'weights/damaged'],
    ['a state for a list', pickle(proto, 2, ']}b.'), 'weights/damaged'],
    ['a state for what is called later', pickle(proto, 2, 'cours\npair\n}b.'), 'weights/damaged'],
    ['items for a tuple', pickle(proto, 2, ')K', 1, 'a.'), 'weights/damaged'],
    ['keys for a list', pickle(proto, 2, ']K', 1, 'K', 1, 's.'), 'weights/damaged'],
    ['a dictionary as a key', pickle(proto, 2, '}}K', 1, 's.'), 'weights/damaged'],
    ['half a pair', pickle(proto, 2, '}(K', 1, 'u.'), 'weights/damaged'],
    ['a text of 4 GB', pickle(proto, 2, 'X', 255, 255, 255, 255, 'a.'), 'weights/damaged'],
    ['a text of 16 EB', pickle(proto, 4, unicode8, 255, 255, 255, 255, 255, 255, 255, 255, '.'), 'weights/not-allowed'],
    ['a number longer than the file', pickle(proto, 2, 0x8a, 255, '.'), 'weights/damaged'],
    ['nothing on the stack', pickle(proto, 2, '.'), 'weights/damaged'],
    ['something left on the stack', pickle(proto, 2, 'NN.'), 'weights/damaged'],
    ['what reaches below a mark', pickle(proto, 2, 'N(0.'), 'weights/not-allowed'],
    ['a tuple without a mark', pickle(proto, 2, 't.'), 'weights/damaged'],
    ['what was never remembered', pickle(proto, 2, 'h', 3, '.'), 'weights/damaged'],
    ['no end', pickle(proto, 2, 'N'), 'weights/damaged'],
    ['another protocol', pickle(proto, 6, 'N.'), 'weights/damaged'],
    ['nothing at all', pickle(), 'weights/damaged'],
    ['a page of the web', pickle('<html>'), 'weights/damaged'],
  ])('is refused with %s', (_, bytes, code) => {
    expect(errorOf(() => read(bytes))?.code).toBe(code)
  })

  it('costs no more than its length, however deep or entangled it is', () => {
    const half = mostPickle / 2
    const marks = Buffer.alloc(mostPickle, '(')
    expect(errorOf(() => read(marks))?.code).toBe('weights/damaged')
    expect(errorOf(() => read(Buffer.alloc(mostPickle + 1, '(')))?.code).toBe('weights/too-large')
    // lists within lists
    const deep = Buffer.concat([
      pickle(proto, 2),
      Buffer.alloc(half - 3, ']'),
      Buffer.alloc(half - 4, 'a'),
      pickle('.'),
    ])
    expect(read(deep)).toBeInstanceOf(Array)
    // a thousand laughs: each list is the one before it, twice
    const laughs = Array.from({ length: 60 }, (_, i) => ['](h', i, 'h', i, 'eq', i + 1, '0']).flat()
    expect(errorOf(() => read(pickle(proto, 2, ']q', 0, ...laughs, '.')))?.code).toBe('weights/not-allowed')
    const kept = Array.from({ length: 60 }, (_, i) => ['](h', i, 'h', i, 'eq', i + 1]).flat()
    expect(errorOf(() => read(pickle(proto, 2, ']q', 0, ...kept, '(tt.')))?.code).toBe('weights/damaged')
    // itself
    const own = read(pickle(proto, 2, ']q', 0, 'h', 0, 'a.')) as unknown[]
    expect(own[0]).toBe(own)
  })

  it('changes no object but its own', () => {
    const map = read(pickle(proto, 2, '}(', 'X', 9, 0, 0, 0, '__proto__}', 'X', 1, 0, 0, 0, 'aK', 1, 'su.'))
    expect(map).toEqual(new Map([['__proto__', new Map([['a', 1]])]]))
    expect(({} as { a?: number }).a).toBeUndefined()
  })

  it('is read or refused, and never anything else, however it is damaged', () => {
    const good = writePickle([new Map([['a', [1, new Float(0.5), new Call('collections', 'OrderedDict', [])]]])])
    fc.assert(
      fc.property(damages, (list) => {
        expect(refusalOf(() => read(damaged(good, list))) ?? 'weights/').toMatch(/^weights\//)
      }),
      { numRuns: 3000 },
    )
    const codes = [...'(NJKMGX)t]ae}suqrhjcRbQ.', 0x80, 0x85, 0x86, 0x87, 0x88, 0x8a, 0x8c, 0x93, 0x94, 0x95]
    const code = fc.constantFrom(...codes.map((code) => (typeof code === 'string' ? code.charCodeAt(0) : code)))
    fc.assert(
      fc.property(fc.array(fc.oneof(code, fc.nat(4)), { maxLength: 40 }), (codes) => {
        expect(refusalOf(() => read(pickle(proto, 2, ...codes))) ?? 'weights/').toMatch(/^weights\//)
      }),
      { numRuns: 5000 },
    )
  })
})
