/** Diagnostics tell what is wrong and nothing of who it is wrong for: names are planted everywhere, and looked for. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { anonymous } from '../../main/app/anonymous'
import { diagnostics, type DiagnosticFacts } from '../../main/app/diagnostics'
import type { LogEntry } from '../../main/app/log'
import { appSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'

const facts: DiagnosticFacts = {
  version: '1.2.3',
  door: 'tab',
  versions: { node: '20.20.2', onnxruntime: '1.30.0' },
  settings: appSettings.parse({}),
  settingsFile: '/home/hedwig/.config/vlae-studio/settings.json',
  resultFolder: '/srv/Hedwig Thesis/result',
  runs: () => Promise.resolve(['2026-11-26-1200-for-hedwig', 'hedwigs best']),
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
          details: 'dlopen',
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

afterEach(() => vi.unstubAllEnvs())
beforeEach(() => {
  vi.stubEnv('HOME', '/home/hedwig')
  vi.stubEnv('USER', 'hedwig')
})

it('tell the versions, the machine, the settings, the engines and the last errors', async () => {
  const text = await diagnostics({
    ...facts,
    troubles: async () => [trouble('The disk is full.', { details: 'ENOSPC: no space' })],
  })
  expect(text).toMatch(
    /^VLAE Studio 1\.2\.3, tab\nnode 20\.20\.2, onnxruntime 1\.30\.0\n.* × .* GB of memory\ncondition label/,
  )
  expect(text).toContain('\nEngines\n  onnx-cpu: CPU, 2 lanes, 2800 images/s\n  onnx-cuda: not usable\n')
  expect(text).toContain('    engine/no-library: CUDA is not at <path>.\n      dlopen\n')
  expect(text).toContain('  2026-11-26T12:00:00.000Z failure disk/full: The disk is full.\n      ENOSPC: no space\n')
})

it('tell that the engines cannot be asked', async () => {
  const engines = () => Promise.reject(new AppError('training/crashed', 'Training has ended.', ''))
  expect(await diagnostics({ ...facts, engines })).toContain('Engines\n  training/crashed: Training has ended.\n')
})

it.each([
  [
    '/srv/Hedwig Thesis/result/2026-11-26-1200-for-hedwig/run.json could not be written: the disk is full.',
    '<results>/…/run.json could not be written: the disk is full.',
  ],
  ['/home/hedwig/Hedwig’s cats/x y could not be read: it is not there.', '~/… could not be read: it is not there.'],
  ['There is no run hedwigs best.', 'There is no run <run>.'],
  ['The run in /mnt/Hedwig W/run is being trained.', 'The run in <path> is being trained.'],
  [
    `This run is in use by process 17 on hedwigs-mac, since noon.`,
    'This run is in use by process 17 on <host>, since noon.',
  ],
  ['in use by process 17 on another computer that', 'in use by process 17 on another computer that'],
  ['ENOENT: no such file, open "C:\\Users\\Hedwig W\\x"', 'ENOENT: no such file, open "<path>"'],
  ['\\\\fileserver\\hedwig could not be read', '<path> could not be read'],
  ['asked by HEDWIG', 'asked by <user>'],
  ['/home/hedwigson/x was there', '<path> was there'],
  ['ready: http://127.0.0.1:8523/?token=abc-DEF_1', 'ready: http://127.0.0.1:8523/?token=<token>'],
  ['/home/hedwig/.config/vlae-studio/settings.json was damaged', '<settings>/settings.json was damaged'],
  ['2,800 images/s, epoch 1/30, disk/full', '2,800 images/s, epoch 1/30, disk/full'],
])('shorten %s', async (said, told) => {
  expect(await diagnostics({ ...facts, troubles: async () => [trouble(said)] })).toContain(`disk/full: ${told}\n`)
})

it('keep where in the app’s own code something went wrong', async () => {
  const { stack } = new Error('here')
  const text = await diagnostics({ ...facts, troubles: async () => [trouble('Wrong.', { details: stack })] })
  expect(text).toMatch(/at .*<app>\/test\/app\/diagnostics\.test\.ts/)
})

describe('a planted name', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vlae-hedwig-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('is found nowhere, whatever is said of it', async () => {
    const words = fc.constantFrom(
      'could not be read',
      'is gone',
      'a/b',
      'in',
      '"',
      "'",
      '(',
      ')',
      ': ',
      'Disk',
      'ü',
      ' ',
    )
    const folders = fc.constantFrom(
      '/home/hedwig',
      '/srv/Hedwig Thesis/result',
      '/mnt/My Disk/Hedwig',
      '/Users/hedwig',
      'C:\\Users\\Hedwig',
    )
    const names = fc.constantFrom('hedwig', 'Hedwig', 'HEDWIG', '2026-11-26-1200-for-hedwig', 'hedwigs best')
    const place = fc
      .tuple(folders, fc.array(fc.constantFrom('/x', '/a b', '/Hedwig', '/für hedwig/c.png', '\\x')))
      .map(([a, b]) => a + b.join(''))
    const address = place.filter((text) => text.startsWith('/')).map((text) => pathToFileURL(text).href)
    const sentence = fc.array(fc.oneof(words, names, place, address), { maxLength: 8 }).map((parts) => parts.join(' '))
    await fc.assert(
      fc.asyncProperty(sentence, sentence, async (message, details) => {
        const text = await diagnostics({ ...facts, troubles: async () => [trouble(message, { details })] })
        expect(text.toLowerCase()).not.toContain('hedwig')
      }),
      { numRuns: 300 },
    )
  })

  it('is not found where the folder is told in its other spellings', () => {
    const [real, link] = [join(folder, 'real'), join(folder, 'link')]
    mkdirSync(real)
    if (process.platform !== 'win32') symlinkSync(real, link)
    const tell = anonymous({ places: { '<results>': process.platform === 'win32' ? real : link }, names: {} })
    expect(tell(`${real}/x and ${pathToFileURL(real).href}/y`)).not.toContain('hedwig')
  })

  it('of this machine’s own is not found either', async () => {
    const host = hostname()
    const text = await diagnostics({
      ...facts,
      troubles: async () => [trouble(`The machine ${host} and the user hedwig.`)],
    })
    expect(text).not.toContain(host)
    expect(text).toContain('the user <user>.')
  })
})
