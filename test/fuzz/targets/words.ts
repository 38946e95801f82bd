/** What is typed after a command's name, and what the commands print of files that others wrote. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import * as fc from 'fast-check'
import type { Trainer } from '../../../main/trainer/api'
import { AppError } from '../../../preload/errors'
import { writeRun } from '../../app/fake-trainer'
import { standIn, type } from '../../cli/stand-in'
import { oddText } from '../near'
import { target } from '../target'
import { runs } from './studio'

const command = fc.constantFrom<string>(
  'train',
  'resume',
  'runs',
  'sample',
  'evaluate',
  'likelihood',
  'engines',
  'help',
  '',
)
const options = [
  '--epochs --batch --lr --kl-warmup --condition --seed --threads --engine --limit --data --name --epoch --digit',
  '-K --samples --images --weights',
  '--json --details --help --version -- -h --no-json --epochs=1',
]
const option = fc.constantFrom(...options.join(' ').split(' '))
const value = fc.oneof(
  fc.constantFrom('1', '0', '-1', '1e9', '1e400', '0x10', '1_000', '٣', ' 1', 'label', 'cuda', 'latest', ...runs),
  fc.nat(10_000).map(String),
  oddText,
)
const given = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(option, value) },
  { weight: 2, arbitrary: option.map((name) => [name]) },
  { weight: 1, arbitrary: fc.tuple(option, value).map(([name, text]) => [`${name}=${text}`]) },
  { weight: 1, arbitrary: value.map((text) => [text]) },
)
const line = fc
  .tuple(command, value, fc.array(given, { maxLength: 5 }))
  .map(([name, first, rest]) => [name, first].concat(rest.flat()))
const lines = fc.oneof(
  { weight: 4, arbitrary: line },
  {
    weight: 2,
    arbitrary: fc.tuple(command, fc.array(given, { maxLength: 4 })).map(([name, rest]) => [name].concat(rest.flat())),
  },
  { weight: 1, arbitrary: fc.array(oddText, { maxLength: 5 }) },
)

const refused = () => Promise.reject(new AppError('training/none', 'Nothing trains here.', 'Try another one.'))
/** Nothing is trained: the words are what is tried. */
const trainer: Partial<Trainer> = {
  start: refused,
  resume: refused,
  ask: refused,
  engines: refused,
}

export const words = [
  target({
    name: 'words',
    inputs: fc.record({ words: lines, said: oddText }),
    open: async (inside) => {
      const out = join(inside, 'result')
      writeRun(out, runs[1]!, 1)
      return {
        async try({ words, said }) {
          writeRun(out, runs[0]!, 0, { engine: { name: said, device: said }, name: said })
          const terminal = standIn(trainer)
          // not the current folder's: that one must stay empty
          const takesOut = ['train', 'resume', 'runs', 'evaluate', 'likelihood'].includes(words[0]!)
          const {
            code,
            out: printed,
            err,
          } = await type(takesOut ? [words[0]!, '--out', out, ...words.slice(1)] : words, terminal)
          assert.ok([0, 1, 2].includes(code), `exit code ${code}`)
          assert.doesNotMatch(printed + err, /Something went wrong inside the app/)
          // oxlint-disable-next-line no-control-regex
          assert.doesNotMatch(printed + err, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/, 'a terminal would obey this')
          if (code !== 0) assert.ok(err !== '' || printed !== '')
        },
      }
    },
  }),
]
