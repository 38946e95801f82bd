/** Runs that were continued from a checkpoint, in this thread, on the engine that ships. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readSafetensors } from '../../main/files/safetensors'
import { readRunFile } from '../../main/runs/folder'
import { metricsLine } from '../../main/runs/metrics-line'
import type { NewRun } from '../../main/trainer/calls'
import { listening, small, workplace } from './set-up'

// the second epoch is in the middle of the warm-up
const settings = { ...small, klWarmup: 1.75 }
let whole: string
let place: Awaited<ReturnType<typeof workplace>>

/** Trains to the end; or with `pauseAt` to that step, and in another session from there. */
async function trained(change: Partial<NewRun>, pauseAt?: number): Promise<string> {
  const run = await place.newRun(change)
  const { service, idle, step } = listening()
  const [there, ended] = [step(pauseAt ?? 1), idle()]
  await service.start(run)
  if (pauseAt !== undefined) {
    await there
    await service.stop()
    const again = listening()
    const end = again.idle()
    await again.service.resume({ folder: run.folder, bundledFolder: null })
    await end
  }
  await ended
  return run.folder
}

const weightsOf = async (folder: string, epoch: number) =>
  (await readSafetensors(join(folder, `vlae_condprior_epoch${epoch}.safetensors`))).tensors
const bytes = (folder: string, name: string) => readFile(join(folder, name))
const lines = async (folder: string) =>
  (await readFile(join(folder, 'metrics.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => metricsLine.parse(JSON.parse(line)))
/** What an epoch measured. */
const measured = async (folder: string, epoch: number) => {
  const line = (await lines(folder)).find((line) => line.type === 'epoch' && line.epoch === epoch)!
  return line.type === 'epoch' ? { klWeight: line['klWeight'], train: line.train, test: line.test } : null
}

beforeAll(async () => {
  place = await workplace()
  whole = await trained({ settings: { ...settings, epochs: 3 } })
})

afterAll(() => place.remove())

it('is to the bit what the run itself would have become: warm-up, Adam, order and noise go on', async () => {
  const first = await trained({ settings: { ...settings, epochs: 1 } })
  const second = await trained({ from: { folder: first, epoch: 1 }, settings: { ...settings, epochs: 1 } }, 2)
  const third = await trained({ from: { folder: second, epoch: 1 }, settings: { ...settings, epochs: 1 } }, 3)
  expect((await readRunFile(second)).from).toMatchObject({ epoch: 1, epochs: 1, optimizerSteps: 4 })
  expect((await readRunFile(third)).from).toMatchObject({ epoch: 1, epochs: 2, optimizerSteps: 8 })
  for (const [folder, epoch] of [
    [first, 1],
    [second, 2],
    [third, 3],
  ] as const) {
    expect(await measured(folder, 1)).toEqual(await measured(whole, epoch))
    expect(await weightsOf(folder, 1)).toEqual(await weightsOf(whole, epoch))
  }
  // the weight was on its way, and has stayed where it had come to
  expect([(await measured(first, 1))!.klWeight, (await measured(third, 0))!.klWeight]).toEqual([4 / 7, 1])
})

it('goes on at any epoch, for longer; what was kept of Adam is told from what was not', async () => {
  // states are kept of the last two epochs and the best one
  const names = await readdir(whole)
  const kept = [1, 2, 3].filter((epoch) => names.includes(`optimizer_epoch${epoch}.safetensors`))
  await rm(join(whole, 'optimizer_epoch1.safetensors'), { force: true })
  expect(kept).toEqual(expect.arrayContaining([2, 3]))
  const from1 = await trained({ from: { folder: whole, epoch: 1 }, settings: { ...settings, epochs: 1 } })
  expect((await readRunFile(from1)).from).toMatchObject({ epochs: 1, optimizerSteps: 0 })
  expect((await measured(from1, 1))!.klWeight).toBe(1)
  expect(await weightsOf(from1, 1)).not.toEqual(await weightsOf(whole, 2))
  const from2 = await trained({ from: { folder: whole, epoch: 2 }, settings: { ...settings, epochs: 2 } })
  expect(await weightsOf(from2, 1)).toEqual(await weightsOf(whole, 3))
})

it('begins with a fresh Adam where the kept one cannot be used, and says so', async () => {
  const folder = await trained({ settings: { ...settings, epochs: 1 } })
  await writeFile(join(folder, 'optimizer_epoch1.safetensors'), 'damaged')
  const run = await place.newRun({ from: { folder, epoch: 1 }, settings: { ...settings, epochs: 1 } })
  const { service, events, idle } = listening()
  const ended = idle()
  await service.start(run)
  await ended
  expect(events.find((event) => event.type === 'notice')).toMatchObject({
    message: /optimizer_epoch1.* Adam begins anew\.$/s,
  })
  expect((await readRunFile(run.folder)).from).toMatchObject({ optimizerSteps: 0 })
})

it('goes on as it did in version 0.1, where the warm-up began anew', async () => {
  const run = await place.newRun({ from: { folder: whole, epoch: 2 }, settings: { ...settings, epochs: 1 } })
  const { service, step, idle } = listening()
  const [second, stopped] = [step(2), idle()]
  await service.start(run)
  await second
  await service.stop()
  await stopped
  const text = JSON.parse((await bytes(run.folder, 'run.json')).toString()) as { from: object; step: number }
  await writeFile(join(run.folder, 'run.json'), JSON.stringify({ ...text, from: { run: 'whole', epoch: 2 } }))
  const again = listening()
  const ended = again.idle()
  await again.service.resume({ folder: run.folder, bundledFolder: null })
  await ended
  const last = (await lines(run.folder)).findLast((line) => line.type === 'step')!
  expect(last).toMatchObject({ step: 4, klWeight: 4 / 7 })
})
