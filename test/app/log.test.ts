/** The log: what is in it, how large it gets, and that nothing it meets is anyone else's trouble. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Journal } from '../../main/app/journal'
import { logName, olderLogName, openLog, readTroubles, type LogEntry } from '../../main/app/log'
import type { TrainerEvent } from '../../main/trainer/events'
import { appInfo, runSettings, type CallHandlers } from '../../preload/contract'
import { AppError } from '../../preload/errors'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-log-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const entries = (name = logName) =>
  readFileSync(join(folder, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogEntry)

it('keeps what is written, in order, in a folder that is made for it', async () => {
  const log = openLog(join(folder, 'made', 'when needed'))
  for (let i = 0; i < 100; i++) log.write('info', 'step', { i })
  await log.close()
  const kept = entries(join('made', 'when needed', logName))
  expect(kept.map(({ i }) => i)).toEqual(Array.from({ length: 100 }, (_, i) => i))
  expect(kept[0]).toMatchObject({ level: 'info', event: 'step', pid: process.pid })
})

it.skipIf(process.platform === 'win32')('is for the person’s own eyes', async () => {
  const log = openLog(folder)
  log.write('info', 'start')
  await log.close()
  expect(statSync(join(folder, logName)).mode & 0o777).toBe(0o600)
})

it('is never more than five megabytes, whoever else writes there', async () => {
  const logs = [openLog(folder), openLog(folder)]
  const text = 'x'.repeat(50_000)
  for (let i = 0; i < 150; i++) {
    for (const log of logs) log.write('info', 'much', { i, text })
    if (i % 10 === 9) await Promise.all(logs.map((log) => log.troubles()))
  }
  await Promise.all(logs.map((log) => log.close()))
  expect(readdirSync(folder).toSorted()).toEqual([logName, olderLogName].toSorted())
  let sum = 0
  for (const name of readdirSync(folder)) sum += statSync(join(folder, name)).size
  // two processes may both see room for a last line
  expect(sum).toBeLessThan(5_200_000)
  expect(sum).toBeGreaterThan(2_000_000)
  expect(entries().at(-1)).toMatchObject({ i: 149 })
})

it('loses nothing where the older file cannot be replaced', async () => {
  mkdirSync(join(folder, olderLogName, 'in the way'), { recursive: true })
  const log = openLog(folder)
  log.write('info', 'much', { text: 'x'.repeat(900_000) })
  for (let i = 0; i < 4; i++) {
    await log.troubles()
    log.write('info', 'much', { i, text: 'x'.repeat(900_000) })
  }
  await log.close()
  expect(entries().map(({ i }) => i)).toEqual([undefined, 0, 1, 2, 3])
})

it('tells what went wrong lately, in earlier starts too', async () => {
  const before = openLog(folder)
  before.write('error', 'crash', { message: 'first' })
  before.write('info', 'nothing')
  await before.close()
  writeFileSync(join(folder, logName), `${readFileSync(join(folder, logName), 'utf8')}{"cut off`)
  const log = openLog(folder)
  log.write('warning', 'refused', { message: 'second' })
  expect((await log.troubles()).map(({ message }) => message)).toEqual(['first', 'second'])
  log.write('warning', 'refused', { message: 'third' })
  await log.close()
  expect((await readTroubles(folder)).map(({ message }) => message)).toEqual(['first', 'second', 'third'])
})

describe('what cannot be written', () => {
  it('is known as long as the process lasts', async () => {
    const log = openLog(null)
    for (let i = 0; i < 30; i++) log.write('error', 'failure', { i })
    expect((await log.troubles()).map(({ i }) => i)).toEqual(Array.from({ length: 20 }, (_, i) => i + 10))
    await log.close()
  })

  it.each(['a folder in the place of the file', 'a file in the place of the folder'])(
    '%s troubles nobody',
    async (what) => {
      const place = join(folder, 'place')
      if (what.startsWith('a file')) writeFileSync(place, '')
      else mkdirSync(join(place, logName), { recursive: true })
      const log = openLog(place)
      log.write('error', 'failure', { message: 'still known' })
      expect(await log.troubles()).toEqual([expect.objectContaining({ message: 'still known' })])
      await log.close()
    },
  )

  it.skipIf(!existsSync('/dev/full'))('on a full disk neither', async () => {
    symlinkSync('/dev/full', join(folder, logName))
    const log = openLog(folder)
    log.write('error', 'failure', { message: 'still known' })
    expect(await log.troubles()).toEqual([expect.objectContaining({ message: 'still known' })])
    await log.close()
  })
})

describe('the app’s life', () => {
  const settings = runSettings.parse({})
  const file = { settings, engine: { name: 'onnx-cpu', device: 'CPU, 2 lanes' } }
  const run = '/somewhere/result/2026-11-26-1200-ladder'
  const started = { type: 'started', folder: run, resumed: false, step: 0, file } as TrainerEvent
  const failure = {
    type: 'failure',
    folder: run,
    error: { code: 'disk/io', message: 'The disk failed.', remedy: 'Check it.', details: 'EIO' },
    resumable: true,
  } as TrainerEvent
  const info = appInfo.parse({
    name: 'VLAE Studio',
    version: '1.2.3',
    door: 'tab',
    platform: 'linux',
    versions: { node: '20' },
    can: { chooseFolder: false, reveal: false },
  })

  it('is told from its start to its end, with what computes and what fails', async () => {
    const journal = new Journal(openLog(folder))
    journal.open(info, new AppError('settings/unusable', 'Put aside.', 'Look.'))
    journal.take(started)
    journal.take(failure)
    journal.notice(new AppError('training/notice', 'onnx-cpu is the fastest engine here.', '').toData())
    await journal.close()
    expect(entries()).toMatchObject([
      { level: 'info', event: 'start', version: '1.2.3', door: 'tab', versions: { node: '20' } },
      { level: 'warning', event: 'notice', code: 'settings/unusable' },
      {
        level: 'info',
        event: 'run started',
        run: '2026-11-26-1200-ladder',
        name: 'onnx-cpu',
        settings: { engine: 'auto' },
      },
      { level: 'error', event: 'failure', code: 'disk/io', details: 'EIO', resumable: true },
      { level: 'warning', event: 'notice', message: 'onnx-cpu is the fastest engine here.' },
      { level: 'info', event: 'stop' },
    ])
  })

  it('has what a person was refused, and not what a person gave up', async () => {
    const journal = new Journal(openLog(folder))
    const refuse = (code: string) => () => Promise.reject(new AppError(code, 'No.', 'Else.'))
    const calls = journal.watching({
      describe: refuse('run/not-found'),
      ask: refuse('cancelled'),
      cancel: () => Promise.resolve(),
    } as unknown as CallHandlers)
    await expect(calls.describe({ run: 'a', name: 'b' })).rejects.toThrow('No.')
    const asked = { run: 'a', epoch: 1, task: 't' }
    await expect(calls.ask({ ...asked, question: { type: 'evaluate' } })).rejects.toThrow('No.')
    await calls.cancel({ task: 't' })
    await journal.close()
    expect(entries()).toMatchObject([{ event: 'refused', call: 'describe', code: 'run/not-found' }, { event: 'stop' }])
  })
})
