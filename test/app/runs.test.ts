import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkpoint, runSettings, runSummary, type EpochMetrics, type RunFile } from '../../preload/contract'
import { listRuns, Runs } from '../../main/app/runs'
import { acquireLock } from '../../main/files/lock'
import { lockName, optimizerName, reconstructionsName, samplesName, weightsName } from '../../main/training/run-files'
import { writeRunFile } from '../../main/training/run-folder'

let result: string
let runs: Runs
beforeEach(async () => {
  result = await mkdtemp(join(tmpdir(), 'vlae-result-'))
  runs = new Runs(result)
})
afterEach(() => rm(result, { recursive: true, force: true }))

const settings = runSettings.parse({ epochs: 30 })
const loss = (epoch: number) => (epoch === 0 ? 545 : 95 + Math.abs(epoch - 20))

/** A run's folder as training leaves it after `epochs` epochs, its files' content apart. */
async function put(
  id: string,
  { epochs = 3, ...change }: Partial<RunFile> & { epochs?: number } = {},
): Promise<string> {
  const folder = join(result, id)
  await mkdir(folder)
  const all = Array.from({ length: epochs + 1 }, (_, epoch) => epoch)
  await writeRunFile(folder, {
    format: 1,
    name: `name of ${id}`,
    status: 'stopped',
    settings,
    from: null,
    data: { name: 'MNIST', folder: '/data', bundled: true, fingerprint: 'ab', trainImages: 60_000, testImages: 10_000 },
    engine: { name: 'onnx-cpu', device: 'CPU, 2 lanes' },
    versions: {},
    startedAt: '2026-11-22T08:12:00.000Z',
    updatedAt: '2026-11-22T08:12:00.000Z',
    epoch: epochs,
    step: 469 * epochs,
    stepsPerEpoch: 469,
    curve: all.map(loss),
    problem: null,
    ...change,
  })
  const lines = all.map((epoch): EpochMetrics => {
    const test = { loss: loss(epoch), reconstruction: 70, klZ1: 10, klZ2: 15 }
    return { type: 'epoch', epoch, step: 469 * epoch, klWeight: 1, train: epoch === 0 ? null : test, test }
  })
  await writeFile(join(folder, 'metrics.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  await writeFile(join(folder, 'resume.safetensors'), 'state')
  for (const nameOf of [weightsName, samplesName, reconstructionsName])
    for (const epoch of all) await writeFile(join(folder, nameOf(epoch)), 'content')
  return folder
}

describe('the list', () => {
  it('is empty where there is no result folder yet', async () => {
    expect(await listRuns(join(result, 'nowhere'))).toEqual([])
  })

  it('holds every run, the newest first, and nothing else', async () => {
    await put('old', { startedAt: '2026-11-20T08:12:00.000Z' })
    await put('new', { startedAt: '2026-11-23T08:12:00.000Z' })
    await mkdir(join(result, 'holiday pictures'))
    await mkdir(join(result, '.trash'))
    await writeFile(join(result, 'README.md'), '')
    const list = await runs.list()
    for (const run of list) runSummary.parse(run)
    expect(list.map(({ id }) => id)).toEqual(['new', 'old'])
    expect(list[0]).toMatchObject({ name: 'name of new', status: 'stopped', epoch: 3, resumable: true, problem: null })
    expect(list[0]).toMatchObject({ curve: [545, 114, 113, 112], best: { epoch: 3, loss: 112 } })
  })

  it('says of a run whose process is gone that it was interrupted; of one that trains, that it does', async () => {
    const folder = await put('run', { status: 'training' })
    expect(await runs.get('run')).toMatchObject({ status: 'interrupted', resumable: true })
    const lock = await acquireLock(join(folder, lockName))
    expect(await runs.get('run')).toMatchObject({ status: 'training', resumable: false })
    await lock.release()
    await put('asleep', { status: 'paused' })
    expect(await runs.get('asleep')).toMatchObject({ status: 'paused', resumable: true })
  })

  it('knows what can go on', async () => {
    await put('done', { epochs: 30, status: 'done' })
    expect(await runs.get('done')).toMatchObject({ resumable: false, problem: null, best: { epoch: 20, loss: 95 } })
    const problem = { code: 'training/diverged', message: 'Not a number.', remedy: 'Lower the rate.' }
    await put('diverged', { status: 'failed', problem })
    expect(await runs.get('diverged')).toMatchObject({ status: 'failed', resumable: false, problem })
    await rm(join(await put('stateless'), 'resume.safetensors'))
    expect(await runs.get('stateless')).toMatchObject({ resumable: false, problem: { code: 'run/no-state' } })
  })

  it('shows a half-deleted or damaged run with what is wrong, in words', async () => {
    await rm(join(await put('headless'), 'run.json'))
    await writeFile(join(await put('garbled'), 'run.json'), '{"format": 2')
    const list = await runs.list()
    for (const run of list) runSummary.parse(run)
    const [garbled, headless] = list.toSorted((a, b) => a.id.localeCompare(b.id))
    expect(headless).toMatchObject({
      status: 'failed',
      epoch: 3,
      resumable: false,
      problem: { code: 'run/incomplete' },
    })
    expect(garbled).toMatchObject({ status: 'failed', epoch: 3, resumable: false, problem: { code: 'run/damaged' } })
  })

  it('of 200 runs of 30 epochs takes less than a second of computing', async () => {
    await Promise.all(Array.from({ length: 200 }, (_, i) => put(`run-${i}`, { epochs: 30, status: 'training' })))
    const before = process.cpuUsage()
    expect(await runs.list()).toHaveLength(200)
    // of this process: what else the machine is doing does not count
    const { user, system } = process.cpuUsage(before)
    expect(user + system).toBeLessThan(1e6)
  }, 60_000)
})

describe('a run', () => {
  it('has checkpoints, the best one marked; also those that metrics do not tell of', async () => {
    const folder = await put('run')
    await writeFile(join(folder, weightsName(4)), 'more')
    const checkpoints = await runs.checkpoints('run')
    for (const one of checkpoints) checkpoint.parse(one)
    expect(checkpoints.map(({ epoch, best }) => (best ? `${epoch}!` : `${epoch}`))).toEqual(['0', '1', '2', '3!', '4'])
    expect(checkpoints[3]).toMatchObject({ bytes: 7, metrics: { test: { loss: 112 } } })
    expect(checkpoints[4]!.metrics).toBeNull()
    await rm(join(folder, 'metrics.jsonl'))
    await mkdir(join(folder, 'metrics.jsonl'))
    expect((await runs.checkpoints('run')).map(({ metrics }) => metrics)).toEqual([null, null, null, null, null])
  })

  it('can be renamed: its folder keeps its name', async () => {
    await put('run')
    await runs.rename('run', 'Ein Versuch ✓')
    expect(await runs.get('run')).toMatchObject({ id: 'run', name: 'Ein Versuch ✓' })
  })

  it('that is not there is said to be', async () => {
    for (const call of [
      runs.get('no'),
      runs.file('no'),
      runs.checkpoints('no'),
      runs.remove('no'),
      runs.rename('no', 'x'),
    ])
      await expect(call).rejects.toMatchObject({ code: 'run/not-found' })
  })

  it('is never looked for outside the result folder', () => {
    for (const id of ['..', '../other', '.trash', '/etc', 'a/b', 'a\\b', '', 'a\0'])
      expect(() => runs.pathOf(id)).toThrowError(expect.objectContaining({ code: 'run/not-found' }))
  })
})

describe('deleting', () => {
  it('puts a run aside, from where it comes back whole', async () => {
    const folder = await put('run')
    const [names, before] = [await readdir(folder), await runs.get('run')]
    await runs.remove('run')
    expect(await runs.list()).toEqual([])
    await runs.restore('run')
    expect(await readdir(folder)).toEqual(names)
    expect(await runs.get('run')).toEqual(before)
  })

  it('puts a checkpoint aside, from where it comes back; its pictures stay', async () => {
    const folder = await put('run')
    await writeFile(join(folder, optimizerName(2)), 'state')
    const names = await readdir(folder)
    await runs.remove('run', 2)
    expect((await runs.checkpoints('run')).map(({ epoch }) => epoch)).toEqual([0, 1, 3])
    expect(await readdir(folder)).not.toContain(optimizerName(2))
    expect(await readdir(folder)).toContain(samplesName(2))
    await expect(runs.remove('run', 2)).rejects.toMatchObject({ code: 'run/no-checkpoint' })
    await runs.restore('run', 2)
    expect((await readdir(folder)).filter((name) => name !== '.trash')).toEqual(names)
  })

  it('refuses a run that trains', async () => {
    const lock = await acquireLock(join(await put('run', { status: 'training' }), lockName))
    await expect(runs.remove('run')).rejects.toMatchObject({ code: 'run/in-use' })
    await lock.release()
  })

  it('is for good once the trash is emptied', async () => {
    await put('gone')
    await put('stays')
    await runs.remove('gone')
    await runs.remove('stays', 1)
    await runs.emptyTrash()
    await expect(runs.restore('gone')).rejects.toMatchObject({ code: 'run/not-removed' })
    await expect(runs.restore('stays', 1)).rejects.toMatchObject({ code: 'run/not-removed' })
    expect(await readdir(result)).toEqual(['stays'])
  })

  it('takes nothing back over what is there', async () => {
    await put('run')
    await expect(runs.restore('run')).rejects.toMatchObject({ code: 'run/not-removed' })
  })
})
