import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { acquireLock } from '../../main/files/lock'
import { writeRunFile } from '../../main/runs/folder'
import { listRuns, Runs } from '../../main/runs/list'
import { lockName, optimizerName, reconstructionsName, samplesName, weightsName } from '../../main/runs/names'
import type { RunFile } from '../../main/runs/run-file'
import { checkpoint, runSettings, runSummary, type EpochMetrics } from '../../preload/contract'
import { wholeWeights } from '../app/fake-trainer'
import { allow, noRights, unprivileged } from '../files/unprivileged'

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
    data: {
      name: 'MNIST',
      folder: '/data',
      bundled: true,
      fingerprint: 'ab',
      trainImages: 60_000,
      testImages: 10_000,
      classes: null,
    },
    engine: { name: 'onnx-cpu', device: 'CPU, 2 lanes' },
    versions: {},
    startedAt: '2026-11-22T08:12:00.000Z',
    updatedAt: '2026-11-22T08:12:00.000Z',
    epoch: epochs,
    step: 469 * epochs,
    stepsPerEpoch: 469,
    curve: all.map(loss),
    seconds: [],
    problem: null,
    ...change,
  })
  const lines = all.map((epoch): EpochMetrics => {
    const test = { loss: loss(epoch), reconstruction: 70, klZ1: 10, klZ2: 15 }
    const train = epoch === 0 ? null : { ...test, objective: test.loss }
    return { type: 'epoch', epoch, step: 469 * epoch, klWeight: 1, train, test }
  })
  await writeFile(join(folder, 'metrics.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  await writeFile(join(folder, 'resume.safetensors'), 'state')
  for (const epoch of all) await writeFile(join(folder, weightsName(epoch)), wholeWeights)
  for (const nameOf of [samplesName, reconstructionsName])
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

  it('holds what a link leads to, and names that any program may give', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'vlae-elsewhere-'))
    await rename(await put('far'), join(elsewhere, 'far'))
    await symlink(join(elsewhere, 'far'), join(result, 'near'), 'junction')
    const names = ['ночь 数 ✓', 'a#b%20c;d&e', "it's", '-rf']
    if (process.platform !== 'win32')
      names.push('12:30?', 'back\\slash', '<b>|"*', 'two\nlines', '\u001b[2J', '. ', 'a..')
    for (const name of names) await put(name)
    for (const [target, link] of [
      [join(elsewhere, 'gone'), 'broken'],
      [join(result, 'loop'), 'loop'],
    ] as const)
      await symlink(target, join(result, link), 'junction')
    const list = await runs.list()
    for (const run of list) runSummary.parse(run)
    expect(list.map(({ id }) => id).toSorted()).toEqual(
      [...names.filter((name) => !name.startsWith('.')), 'near'].toSorted(),
    )
    for (const { id, problem } of list) {
      expect([id, problem]).toEqual([id, null])
      expect(await runs.checkpoints(id)).toHaveLength(4)
    }
    await rm(elsewhere, { recursive: true })
  })

  it('leaves alone what is another program’s, whatever its files are called', async () => {
    for (const [folder, file, text] of [
      ['logs', 'metrics.jsonl', '{"loss": 1}'],
      ['launcher', 'run.json', '{"command": "make"}'],
      ['2026-11-22-0812-begun', 'run.lock', ''],
    ] as const) {
      await mkdir(join(result, folder))
      await writeFile(join(result, folder, file), text)
    }
    expect(await runs.list()).toEqual([])
  })

  it.skipIf(noRights)('leaves out or marks what may not be looked into, and shows the rest', async () => {
    allow(result, 0o755)
    await put('good')
    for (const name of ['lost+found', 'System Volume Information', '2026-11-22-0812-mine']) {
      await mkdir(join(result, name))
      allow(join(result, name), 0o000)
    }
    allow(join(await put('closed'), 'run.json'), 0o000)
    const locked = await put('locked', { status: 'training' })
    await writeFile(join(locked, lockName), '', { mode: 0o000 })
    const list = await unprivileged(() => runs.list())
    const byId = new Map(list.map((run) => [run.id, run]))
    expect([...byId.keys()].toSorted()).toEqual(['2026-11-22-0812-mine', 'closed', 'good', 'locked'])
    expect(byId.get('good')).toMatchObject({ status: 'stopped', problem: null })
    for (const id of ['2026-11-22-0812-mine', 'closed'])
      expect(byId.get(id)).toMatchObject({ status: 'failed', resumable: false, problem: { code: 'disk/denied' } })
    // somebody holds it, who does not want to be known
    expect(byId.get('locked')).toMatchObject({ status: 'training', resumable: false })
    expect(await unprivileged(() => runs.checkpoints('closed'))).toHaveLength(4)
    for (const run of list) runSummary.parse(run)
  })

  it.skipIf(noRights)('is an error where the result folder itself is closed, or is a file', async () => {
    await put('run')
    const closed = join(result, 'closed')
    await mkdir(closed, { mode: 0o000 })
    await writeFile(join(result, 'file'), '')
    allow(result, 0o755)
    await expect(unprivileged(() => listRuns(closed))).rejects.toMatchObject({ code: 'disk/denied' })
    await expect(listRuns(join(result, 'file'))).rejects.toMatchObject({ code: 'disk/wrong-kind' })
    await expect(new Runs(join(result, 'unplugged'), { expected: true }).list()).rejects.toMatchObject({
      code: 'disk/not-found',
    })
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
    await writeFile(join(folder, weightsName(4)), wholeWeights)
    for (const epoch of [2, 3]) await writeFile(join(folder, optimizerName(epoch)), '')
    const checkpoints = await runs.checkpoints('run')
    for (const one of checkpoints) checkpoint.parse(one)
    expect(checkpoints.map(({ epoch, best }) => (best ? `${epoch}!` : `${epoch}`))).toEqual(['0', '1', '2', '3!', '4'])
    expect(checkpoints.map(({ optimizer }) => optimizer)).toEqual([false, false, true, true, false])
    expect(checkpoints[3]).toMatchObject({
      bytes: wholeWeights.length,
      problem: null,
      metrics: { test: { loss: 112 } },
    })
    expect(checkpoints[4]!.metrics).toBeNull()
    await rm(join(folder, 'metrics.jsonl'))
    await mkdir(join(folder, 'metrics.jsonl'))
    expect((await runs.checkpoints('run')).map(({ metrics }) => metrics)).toEqual([null, null, null, null, null])
  })

  it('has checkpoints that cannot be used, marked: a broken link, what is no file, a file that is cut off', async () => {
    const folder = await put('run')
    for (const epoch of [1, 3]) await rm(join(folder, weightsName(epoch)))
    await symlink(join(result, 'nowhere'), join(folder, weightsName(1)), 'junction')
    await mkdir(join(folder, weightsName(3)))
    await writeFile(join(folder, weightsName(0)), wholeWeights.subarray(0, -1))
    const checkpoints = await runs.checkpoints('run')
    for (const one of checkpoints) checkpoint.parse(one)
    expect(checkpoints.map(({ epoch, best, problem }) => [epoch, best, problem?.code ?? null])).toEqual([
      [0, false, 'safetensors/damaged'],
      [1, false, 'disk/not-found'],
      [2, true, null],
      [3, false, 'disk/wrong-kind'],
    ])
    expect(checkpoints[1]!.problem!.message).toBe(`${weightsName(1)} could not be read: it is not there.`)
    expect(await runs.get('run')).toMatchObject({
      problem: { code: 'run/weights-unusable', message: `${weightsName(3)} is not a file.` },
    })
    await runs.remove('run', 1)
    expect(await runs.checkpoints('run')).toHaveLength(3)
  })

  it('of which nothing is left but run.json says so; one that has only begun has nothing to miss', async () => {
    const folder = await put('bare', { status: 'done' })
    for (const name of await readdir(folder)) if (name !== 'run.json') await rm(join(folder, name))
    expect(await runs.get('bare')).toMatchObject({
      status: 'done',
      resumable: false,
      problem: { code: 'run/no-checkpoint', message: 'No weights are left in this run’s folder.' },
    })
    const begun = await put('begun', { epoch: -1, curve: [] })
    for (const epoch of [0, 1, 2, 3]) await rm(join(begun, weightsName(epoch)))
    expect(await runs.get('begun')).toMatchObject({ problem: null })
  })

  it('can be renamed: its folder keeps its name', async () => {
    await put('run')
    await runs.rename('run', 'Ein Versuch ✓')
    expect(await runs.get('run')).toMatchObject({ id: 'run', name: 'Ein Versuch ✓' })
  })

  it('keeps what is noted of it in its folder, wherever that is taken', async () => {
    const folder = await put('run')
    expect(await runs.get('run')).toMatchObject({ notes: { note: '', tags: [], archived: false } })
    await runs.note('run', { note: 'two\nlines', tags: ['seeds', 'for Friday'] })
    await runs.note('run', { archived: true })
    const notes = { note: 'two\nlines', tags: ['seeds', 'for Friday'], archived: true }
    expect(await runs.get('run')).toMatchObject({ notes })
    await rename(folder, join(result, 'elsewhere'))
    expect(await runs.get('elsewhere')).toMatchObject({ name: 'name of run', notes })
    // also of one whose run.json is lost
    await rm(join(result, 'elsewhere', 'run.json'))
    expect(await runs.get('elsewhere')).toMatchObject({ problem: { code: 'run/incomplete' }, notes })
  })

  it('is listed whatever is in the file of notes, which nothing overwrites then', async () => {
    const folder = await put('run')
    for (const text of ['', '[]', '{"tags":"x"}', '{"note":' + '"x'.repeat(9000)]) {
      await writeFile(join(folder, 'run-notes.json'), text)
      expect(await runs.get('run')).toMatchObject({ problem: null, notes: { note: '', tags: [], archived: false } })
      await expect(runs.note('run', { archived: true })).rejects.toMatchObject({ code: 'run/damaged' })
    }
  })

  it('that is not there is said to be', async () => {
    const calls = [
      runs.get('no'),
      runs.file('no'),
      runs.checkpoints('no'),
      runs.remove('no'),
      runs.rename('no', 'x'),
      runs.note('no', {}),
    ]
    await Promise.all(calls.map((call) => expect(call).rejects.toMatchObject({ code: 'run/not-found' })))
  })

  it('is never looked for outside the result folder', () => {
    for (const id of ['..', '.', '../other', '..\0', '.trash', '/etc', 'a/b', 'a/..', '', 'a\0', 'x'.repeat(256)])
      expect(() => runs.pathOf(id)).toThrowError(expect.objectContaining({ code: 'run/not-found' }))
  })
})

describe('deleting', () => {
  it('refuses a run that trains', async () => {
    const lock = await acquireLock(join(await put('run', { status: 'training' }), lockName))
    await expect(runs.remove('run')).rejects.toMatchObject({ code: 'run/in-use' })
    await lock.release()
  })

  it('refuses a checkpoint that is not there', async () => {
    await put('run')
    await expect(runs.remove('run', 7)).rejects.toMatchObject({ code: 'run/no-checkpoint' })
    expect(await readdir(join(result, 'run'))).not.toContain('.vlae-removed')
  })

  it('takes nothing back over what is there', async () => {
    await put('run')
    await expect(runs.restore('run')).rejects.toMatchObject({ code: 'run/not-removed' })
  })
})
