/** Training in a process of Electron's, with a stand-in for it. */
import { pathToFileURL } from 'node:url'
import { expect, it, vi } from 'vitest'
import { startUtilityProcess } from '../../main/desktop/training-process'
import { createTrainer } from '../../main/trainer/trainer'
import { runSettings } from '../../preload/contract'
import * as electron from './stand-in'

vi.mock('electron', () => import('./stand-in'))

it('is started with what the trainer tells it, answers, and says why it ended', async () => {
  const worker = pathToFileURL('/app/worker.js')
  const trainer = createTrainer({ worker, saveEvery: 5, host: () => startUtilityProcess })
  await trainer.prepare(runSettings.parse({}))
  const [child] = electron.UtilityProcess.made
  expect([child!.file, child!.args]).toEqual(['/app/worker.js', ['--save-every=5']])

  const told = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  child!.postMessage = () => undefined
  const waiting = trainer.engines()
  child!.stderr.write('FATAL: the driver is gone')
  await vi.waitUntil(() => told.mock.calls.length > 0)
  told.mockRestore()
  child!.emit('exit', 11)
  await expect(waiting).rejects.toMatchObject({
    code: 'training/crashed',
    message: expect.stringContaining('exit code 11') as string,
    remedy: expect.stringContaining('Resume the run') as string,
    details: expect.stringContaining('the driver is gone') as string,
  })

  await trainer.prepare(runSettings.parse({}))
  expect(electron.UtilityProcess.made).toHaveLength(2)
  await trainer.close()
})

it.each([
  ['SIGKILL', { reason: 'killed', exitCode: 9 }, 'training/killed', 'ended from outside'],
  ['SIGSEGV', { reason: 'crashed', exitCode: 11 }, 'training/crashed', 'crashed (SIGSEGV)'],
])('tells how it died: %s', async (_signal, details, code, message) => {
  const trainer = createTrainer({ worker: pathToFileURL('/app/worker.js'), host: () => startUtilityProcess })
  await trainer.prepare(runSettings.parse({}))
  const child = electron.UtilityProcess.made.at(-1)!
  child.postMessage = () => undefined
  const waiting = trainer.engines()
  child.emit('exit', details.exitCode)
  electron.app.emit('child-process-gone', {}, { type: 'GPU', reason: 'crashed', exitCode: 5 })
  electron.app.emit('child-process-gone', {}, { type: 'Utility', name: 'VLAE Studio: training', ...details })
  await expect(waiting).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string })
})
