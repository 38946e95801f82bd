/** Diagnostics tell what is wrong and nothing of who it is wrong for: names are planted everywhere, and looked for. */
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { diagnostics, type DiagnosticFacts } from '../../main/app/diagnostics'
import type { LogEntry } from '../../main/app/log'
import { appSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'

const facts: DiagnosticFacts = {
  version: '1.2.3',
  door: 'tab',
  versions: { node: '20.20.2', onnxruntime: '1.30.0' },
  settings: appSettings.parse({}),
  engines: () =>
    Promise.resolve([
      { name: 'onnx-cpu', usable: true, device: 'CPU, 2 lanes', automatic: true, imagesPerSecond: 2800, problem: null },
      {
        name: 'onnx-cuda',
        usable: false,
        device: null,
        automatic: false,
        imagesPerSecond: null,
        problem: {
          code: 'engine/no-library',
          message: 'CUDA is not at /opt/hedwig/cuda.',
          remedy: '',
          details: 'Error: /opt/hedwig/x.so: libcudnn.so.9: cannot open shared object file, dlopen',
        },
      },
    ]),
  troubles: () => Promise.resolve([]),
}
const trouble = (message: string, more: object = {}): LogEntry => ({
  at: '2026-11-26T12:00:00.000Z',
  level: 'error',
  event: 'failure',
  pid: 1,
  code: 'disk/full',
  message,
  ...more,
})

it('tell the versions, the machine, the settings, the engines and the last errors', async () => {
  const text = await diagnostics({
    ...facts,
    troubles: async () => [trouble('The disk is full.', { details: 'ENOSPC: no space' })],
  })
  expect(text).toMatch(
    /^VLAE Studio 1\.2\.3, tab\nnode 20\.20\.2, onnxruntime 1\.30\.0\n.* × .* GB of memory\nmodel ladder, condition label/,
  )
  expect(text).toContain('\nEngines\n  onnx-cpu: CPU, 2 lanes, 2800 images/s\n  onnx-cuda: not usable\n')
  expect(text).toContain('    engine/no-library\n      Error libcudnn.so.9 dlopen\n')
  expect(text).toContain('  2026-11-26T12:00:00.000Z failure disk/full\n      ENOSPC\n')
})

it('tell that the engines cannot be asked', async () => {
  const engines = () => Promise.reject(new AppError('training/crashed', 'Training has ended.', ''))
  expect(await diagnostics({ ...facts, engines })).toContain('Engines\n  training/crashed\n')
})

const root = join(import.meta.dirname, '../..')

it('keep where in the app’s own code something went wrong, and only there', async () => {
  const details = [
    "TypeError: Cannot read properties of undefined (reading 'hedwig')",
    `    at hedwig (${join(root, 'main/runs/trash.ts')}:17:3)`,
    `    at async ${join(root, 'main/runs/list.ts')}:4:5`,
    `    at hedwig (${join(root, 'main/app/hedwig.ts')}:1:1)`,
    `    at hedwig (${join(root, 'result/hedwig.ts')}:1:1)`,
    '    at hedwig (/home/hedwig/x.js:1:1)',
    '    at node:internal/hedwig:1:1',
  ].join('\n')
  const text = await diagnostics({ ...facts, troubles: async () => [trouble('Wrong.', { details })] })
  expect(text).toContain(
    'disk/full\n      TypeError\n      at main/runs/trash.ts:17:3\n      at main/runs/list.ts:4:5\n',
  )
  expect(text).not.toMatch(/hedwig/i)
})

it('has a name in it nowhere, whatever is said of it', async () => {
  const words = fc.constantFrom(
    'could not be read',
    'ENOENT:',
    'open',
    'libcudnn.so.9',
    '"',
    "'",
    '(',
    ')',
    ': ',
    '\n    at ',
  )
  const names = fc.constantFrom(
    'hedwig',
    'HEDWIG',
    'There is no run 2026-11-26-1810-hedwig.',
    'There is no run Hedwigs Lauf.',
    '/media/usb/Anna (Praxis Dr. Hedwig)/mnist',
    "/srv/O'Hedwig private/x",
    '/srv/Kunde: Hedwig 7/mnist could not be read',
    'C:\\Users\\Hedwig\\x.js:1:1',
    'libcudnn_hedwig.so.9',
    'EHEDWIG',
    `${join(root, 'main')}/hedwig.ts:1:1)`,
  )
  const free = fc.array(fc.oneof(words, names, fc.string()), { maxLength: 8 })
  const text = fc.tuple(free, fc.constantFrom('', ' ')).map(([parts, between]) => parts.join(between))
  await fc.assert(
    fc.asyncProperty(text, text, text, async (message, details, run) => {
      const told = (said: string) =>
        diagnostics({ ...facts, troubles: async () => [trouble(said, { details, run, call: run, name: run })] })
      const report = await told(message)
      expect(report.toLowerCase()).not.toContain('hedwig')
      // of sentences nothing at all comes through
      expect(report).toBe(await told(''))
    }),
    { numRuns: 300 },
  )
})
