/** Calls as a page makes them, and as one makes them that is compromised: through the seam, in any order. */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import type { z } from 'zod'
import { fromBytes, toBytes } from '../../../preload/codec'
import {
  appSettings,
  calls as contract,
  questions,
  runSettings,
  type Calls,
  type QuestionType,
} from '../../../preload/contract'
import type { Channel } from '../../../preload/rpc'
import { connectToApp } from '../../../preload/seam'
import { answerOf, mostLetters } from '../../files/expect-refusal'
import { anything, changed, oddText } from '../near'
import { target } from '../target'
import { confined, data, layData, openStudio, runs } from './studio'

type Name = keyof Calls

/** Of a folder that a page may name. */
const longestPath = 4096

const run = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...runs, 'new-run') }, { weight: 2, arbitrary: oddText })
const epoch = fc.nat(3)
const task = fc.constantFrom('a', 'b')
const folder = fc.oneof(
  fc.constantFrom(
    '',
    '/',
    '/data',
    '/../..',
    'relative',
    '/proc',
    '/dev/null',
    '/a/b/c',
    '/a\0b',
    `/${'x'.repeat(300)}`,
  ),
  oddText,
  oddText.map((text) => `/${text.slice(0, 300)}`),
)
const nothing = fc.constant({})
/** None is there before one is begun; a path may be of any file. */
const upload = fc.constantFrom('upload-1', 'upload-2')
const file = fc.oneof(fc.record({ upload }), fc.record({ path: folder }))
const settings = fc.constantFrom(runSettings.parse({}), runSettings.parse({ condition: 'none', epochs: 2 }))
const field = fc.constantFrom(...appSettings.keyof().options)

/** Of the ladder. */
const mapped = fc.option(fc.integer({ min: 1, max: 5000 }))
const code = fc.float32Array({ minLength: 48, maxLength: 48, noNaN: true, noDefaultInfinity: true })

/** Good questions of every type. */
const asked: { readonly [Type in QuestionType]: fc.Arbitrary<object> } = {
  sample: fc.record(
    {
      type: fc.constant('sample'),
      digit: fc.option(fc.nat(9)),
      count: fc.integer({ min: 1, max: 100 }),
      temperature: fc.double({ min: 0, max: 2, noNaN: true }),
      seed: fc.nat(),
    },
    { requiredKeys: ['type'] },
  ),
  reconstruct: fc.record({
    type: fc.constant('reconstruct'),
    images: fc.array(fc.nat(100), { minLength: 1, maxLength: 100 }),
  }),
  compress: fc.record({
    type: fc.constant('compress'),
    images: fc.array(fc.nat(100), { minLength: 1, maxLength: 100 }),
  }),
  pack: fc.record({ type: fc.constant('pack'), images: fc.option(fc.integer({ min: 1, max: 1000 })) }),
  export: fc.record(
    { type: fc.constant('export'), format: fc.constantFrom('pt', 'onnx', 'hub'), packed: fc.boolean() },
    { requiredKeys: ['type'] },
  ),
  evaluate: fc.record({ type: fc.constant('evaluate') }),
  testImages: fc.record({
    type: fc.constant('testImages'),
    images: fc.array(fc.nat(100), { minLength: 1, maxLength: 100 }),
  }),
  encode: fc.record({
    type: fc.constant('encode'),
    pixels: fc.uint8Array({ minLength: 784, maxLength: 784 }),
  }),
  packPicture: fc.record({
    type: fc.constant('packPicture'),
    pixels: fc.uint8Array({ minLength: 784, maxLength: 784 }),
    label: fc.nat(9),
  }),
  decode: fc.record({ type: fc.constant('decode'), codes: code }),
  morph: fc.record({ type: fc.constant('morph'), code, label: fc.nat(9) }),
  fewSamples: fc.record({ type: fc.constant('fewSamples'), label: fc.nat(9) }),
  between: fc.record({
    type: fc.constant('between'),
    from: code,
    to: code,
    labels: fc.option(fc.tuple(fc.nat(9), fc.nat(9))),
    steps: fc.integer({ min: 3, max: 64 }),
    path: fc.constantFrom('straight', 'prior'),
  }),
  map: fc.record({ type: fc.constant('map'), images: mapped }),
  codeMoments: fc.record({ type: fc.constant('codeMoments'), images: mapped }),
  mapPictures: fc.record({ type: fc.constant('mapPictures'), images: mapped }),
  keptLikelihood: fc.record({
    type: fc.constant('keptLikelihood'),
    samples: fc.integer({ min: 1, max: 100_000 }),
    images: fc.integer({ min: 1, max: 100_000 }),
  }),
  likelihood: fc.record(
    {
      type: fc.constant('likelihood'),
      samples: fc.integer({ min: 1, max: 100_000 }),
      images: fc.option(fc.integer({ min: 1, max: 1000 })),
      weights: fc.constantFrom('saved', 'raw'),
    },
    { requiredKeys: ['type'] },
  ),
}

/** Good inputs of every call, in the contract's words. */
const inputs: { readonly [K in Name]: fc.Arbitrary<object> } = {
  snapshot: nothing,
  ping: nothing,
  diagnostics: nothing,
  about: nothing,
  licences: nothing,
  showFolder: fc.record({ folder: fc.constantFrom('results', 'settings') }),
  history: fc.record({ run, since: fc.nat(30), points: fc.integer({ min: 10, max: 100 }) }),
  start: fc.record(
    { settings, name: oddText, from: fc.oneof(fc.record({ run, epoch }), fc.record({ file })) },
    { requiredKeys: [] },
  ),
  pause: nothing,
  resume: fc.record({ run }, { requiredKeys: [] }),
  stop: nothing,
  enqueue: fc.record(
    {
      runs: fc.array(fc.record({ name: oddText, settings }), { maxLength: 3 }),
      group: fc.option(oddText),
      like: run,
    },
    { requiredKeys: ['runs'] },
  ),
  dequeue: fc.record({ ids: fc.array(oddText, { maxLength: 3 }) }),
  moveQueued: fc.record({ id: oddText, to: fc.nat(3) }),
  pauseQueue: nothing,
  continueQueue: nothing,
  checkpoints: fc.record({ run }),
  describe: fc.record(
    { run, name: oddText, note: oddText, tags: fc.array(oddText), archived: fc.boolean() },
    { requiredKeys: ['run'] },
  ),
  remove: fc.record({ run, epoch }, { requiredKeys: ['run'] }),
  restore: fc.record({ run, epoch }, { requiredKeys: ['run'] }),
  picture: fc.record({ run, epoch, kind: fc.constantFrom('samples', 'reconstructions') }),
  takeAlong: fc.record(
    { run, format: fc.constantFrom('epochs', 'steps', 'charts', 'report', 'zip'), piece: fc.nat(30), epoch },
    { requiredKeys: ['run', 'format'] },
  ),
  savedCodes: fc.record({ run }),
  saveCode: fc.record({
    run,
    code: fc.record({
      id: fc.constantFrom('a', 'b'),
      name: oddText,
      epoch,
      savedAt: fc.constant('2026-11-27T06:55:00.000Z'),
      label: fc.option(fc.nat(9)),
      numbers: fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 48 }),
    }),
  }),
  dropCode: fc.record({ run, id: fc.constantFrom('a', 'b') }),
  beginUpload: fc.record({ name: fc.constantFrom('run.zip', 'a.pt', 'b.safetensors', '../c.zip'), size: fc.nat(40) }),
  addToUpload: fc.record({ upload, at: fc.nat(40), bytes: fc.uint8Array({ maxLength: 40 }) }),
  dropUpload: fc.record({ upload }),
  importRun: fc.record({ task, file }),
  lookAtWeights: fc.record({ file }),
  sketch: fc.record({ run, kind: fc.constantFrom('samples', 'reconstructions') }),
  ask: fc.record({ run, epoch, task, question: fc.oneof(...Object.values(asked)) }),
  data: fc.record({ task, folder }, { requiredKeys: ['task'] }),
  locateData: fc.record({ run, task, folder }),
  digits: fc.record({
    split: fc.constantFrom('train', 'test'),
    from: fc.nat(40),
    count: fc.integer({ min: 1, max: 40 }),
  }),
  changeSettings: fc.record(
    {
      run: settings,
      dataFolder: folder,
      resultFolder: fc.option(folder),
      theme: fc.constant('dark'),
      trainer: fc.constantFrom('thread', 'process'),
    },
    { requiredKeys: [] },
  ),
  resetSettings: fc.record({ fields: fc.array(field, { maxLength: 3 }) }, { requiredKeys: [] }),
  engines: nothing,
  chooseFolder: fc.record({ purpose: fc.constantFrom('data', 'result') }),
  reveal: fc.record({ run, epoch }, { requiredKeys: ['run'] }),
  cancel: fc.record({ task }),
}

export interface Press {
  readonly name: Name
  readonly input: unknown
}

export const good: fc.Arbitrary<Press> = fc.oneof(
  ...Object.entries(inputs).map(([name, input]) => input.map((input): Press => ({ name: name as Name, input }))),
)
const near: fc.Arbitrary<Press> = fc.oneof(
  { weight: 5, arbitrary: good },
  {
    weight: 5,
    arbitrary: good.chain(({ name, input }) => changed(fc.constant(input)).map((input) => ({ name, input }))),
  },
  { weight: 1, arbitrary: fc.record({ name: fc.constantFrom(...(Object.keys(inputs) as Name[])), input: anything }) },
)

/** Two ends of a line that carries what a tab's socket carries. */
export function line(): [page: Channel, app: Channel] {
  const listeners: ((message: unknown) => void)[] = []
  const end = (own: number): Channel => ({
    on: (listener) => (listeners[own] = listener),
    post(message) {
      const bytes = toBytes(message)
      queueMicrotask(() => listeners[1 - own]!(fromBytes(bytes)))
    },
  })
  return [end(0), end(1)]
}

export const calls = [
  target({
    name: 'calls',
    inputs: fc.array(near, { minLength: 1, maxLength: 6 }),
    open: async (inside) => {
      await layData(inside)
      return {
        async try(presses) {
          const studio = openStudio(inside)
          const [page, app] = line()
          const leave = studio.connect(app)
          const remote = connectToApp({ events: () => undefined }, page) as unknown as Record<
            string,
            (input: unknown) => Promise<unknown>
          >
          try {
            for (const { name, input } of presses) {
              const given = within(inside, name, structuredClone(input))
              if (!crosses(given)) continue
              const answer = await answerOf(
                async () => ({ value: await remote[name]!(given) }),
                longestPath + mostLetters,
              )
              if (answer === undefined) continue
              // nothing comes as null, which an answer may be as well
              const output = outputOf(name, given)
              if (answer.value !== null || !output.safeParse(null).success) output.parse(answer.value ?? undefined)
            }
          } finally {
            leave()
            await studio.close()
            for (const left of readdirSync(inside)) if (left !== data) rmSync(join(inside, left), { recursive: true })
          }
        },
      }
    },
  }),
]

/** What the contract says comes back. */
function outputOf(name: Name, given: unknown): z.ZodType {
  return name === 'ask' ? questions[(given as Parameters<Calls['ask']>[0]).question.type].answer : contract[name].output
}

/** Folders where the fuzzer may write, and never the bundled set. */
function within(inside: string, name: Name, input: unknown): unknown {
  if (typeof input !== 'object' || input === null) return input
  const fields = input as Record<string, unknown>
  if (name === 'changeSettings' && 'resultFolder' in fields)
    return { ...fields, resultFolder: confined(inside, fields['resultFolder']) }
  if (name === 'data' && fields['folder'] === null) return { ...fields, folder: join(inside, data) }
  return input
}

/** What the codec does not carry ends the line: frames.ts tries that. */
function crosses(input: unknown): boolean {
  try {
    fromBytes(toBytes({ t: 'q', m: 'name', a: [input], i: 'id' }))
    return true
  } catch {
    return false
  }
}
