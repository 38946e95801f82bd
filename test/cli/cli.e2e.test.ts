/** The terminal door as people and programs use it: real processes, real digits. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeGrid } from '../../main/files/png'
import { readRunFile } from '../../main/runs/folder'
import { runFile } from '../../main/runs/run-file'
import { trainerEvent, type TrainerEvent } from '../../main/trainer/events'
import { evaluation, likelihood } from '../../preload/contract'
import { folderWith, smallSet } from '../mnist/small-set'

const root = resolve(import.meta.dirname, '../..')
const door = join(root, 'out', 'main', 'cli.js')
const launcher = join(root, 'main', 'launch.cjs')
let data: string
let results: string
/** A run of one epoch, done. */
let done: string

beforeAll(async () => {
  // the door that `npx vlae` finds, and the one that `npm run` starts
  for (const args of [
    ['node_modules/vite/bin/vite.js', 'build', '--config', 'main/vite.config.ts'],
    [launcher, 'cli', '--version'],
  ])
    if (spawnSync(process.execPath, args, { cwd: root }).status !== 0)
      throw new Error(`${args[0]} cannot build the door`)
  results = await mkdtemp(join(tmpdir(), 'vlae-cli-'))
  data = await folderWith(await smallSet(2000, 500))
})

afterAll(async () => {
  for (const folder of [data, results]) await rm(folder, { recursive: true, force: true })
})

/** Runs the built door to its end. */
function vlae(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [door, ...args], { encoding: 'utf8', cwd: root })
  return { code: status, out: stdout, err: stderr }
}

const python = process.env['VLAE_PYTHON'] ?? 'python3'

/** Whether there is a Python with PyTorch to read the weights with; the app needs none. */
function torch(): boolean {
  return spawnSync(python, ['-c', 'import safetensors, torch']).status === 0
}

const small = () => ['--data', data, '--out', results, '--threads', '1', '--batch', '64']

interface Followed {
  readonly events: TrainerEvent[]
  readonly err: string
  readonly code: number
}

/** Runs a command that prints events, each checked against the contract; `on` may act on the process. */
async function follow(
  command: string,
  args: readonly string[],
  on: (event: TrainerEvent, child: ChildProcess) => void = () => undefined,
): Promise<Followed> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const events: TrainerEvent[] = []
  let err = ''
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
  const closed = new Promise<number>((resolve) =>
    // as a shell reports an end by a signal
    child.once('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal!])),
  )
  for await (const line of createInterface(child.stdout)) {
    // the run's folder is printed as what a person may type as RUN
    const { run: folder, ...facts } = JSON.parse(line) as { run: unknown }
    const event = trainerEvent.parse({ folder, ...facts })
    events.push(event)
    on(event, child)
  }
  return { events, err, code: await closed }
}

/** Acts on the process at its n-th step. */
function atStep(n: number, act: (child: ChildProcess) => void) {
  let steps = 0
  return (event: TrainerEvent, child: ChildProcess) => {
    if (event.type === 'step' && ++steps === n) act(child)
  }
}

describe('a whole run', () => {
  it('npm run train: every event as JSON, `done` at the end, the whole folder', async () => {
    const settings = ['--limit', '512', '--epochs', '1', '--name', 'whole run']
    const { events, code, err } = await follow('npm', ['run', '-s', 'train', '--', '--json', ...small(), ...settings])
    expect(err.split('\n').filter((line) => line !== '' && !line.startsWith('npm'))).toEqual([])
    expect(code).toBe(0)
    const last = events.at(-1)!
    if (last.type !== 'done') throw new Error(`ended with ${JSON.stringify(last)}`)
    done = last.folder
    expect(basename(done)).toMatch(/^\d{4}-\d\d-\d\d-\d{4}-whole-run$/)
    expect(last).toMatchObject({ status: 'done', epoch: 1, step: 8 })
    expect(last.imagesPerSecond).toBeGreaterThan(1)
    const { loss, reconstruction, klZ1, klZ2 } = last.test!
    expect(loss).toBeCloseTo(reconstruction! + klZ1! + klZ2!, 3)
    const [before, after] = events.filter((event) => event.type === 'epoch')
    expect(before!.test).toBeNull()
    expect(after!.test!.loss).toBeLessThan(500)
    expect(events.filter((event) => event.type === 'step')).toHaveLength(8)

    const names = await readdir(done)
    for (const epoch of [0, 1])
      expect(names).toEqual(
        expect.arrayContaining([
          `sample_conditioned_epoch${epoch}.png`,
          `test_recon_epoch${epoch}.png`,
          `vlae_condprior_epoch${epoch}.safetensors`,
        ]),
      )
    expect(names).toEqual(expect.arrayContaining(['run.json', 'metrics.jsonl', 'resume.safetensors']))
    expect(runFile.parse(JSON.parse(await readFile(join(done, 'run.json'), 'utf8')))).toMatchObject({
      name: 'whole run',
      status: 'done',
      settings: { limit: 512, epochs: 1, batch: 64, lanes: 1, condition: 'label' },
    })
  })

  it('evaluate: the same loss as training measured, and the bound summed over the classes', async () => {
    const { code, out } = vlae('evaluate', done, '--json')
    expect(code).toBe(0)
    const result = evaluation.loose().parse(JSON.parse(out))
    const lines = (await readFile(join(done, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n')
    const { test } = JSON.parse(lines.at(-1)!) as { test: { loss: number } }
    expect(result).toMatchObject({ type: 'evaluation', run: done, epoch: 1, images: 500 })
    expect(result.loss).toBeCloseTo(test.loss, 6)
    expect(result.marginal).not.toBe(result.loss)
    const before = vlae('evaluate', basename(done), '--out', results, '--epoch', '0')
    expect(before.out).toMatch(/epoch 0: means over 500 test images, nats\n +\d+\.\d\d {2}−ELBO \(loss\)\n/)
    expect(before.code).toBe(0)
  })

  it('likelihood: below the bound, kept in the run’s folder, and the published numbers beside it', async () => {
    const told = vlae('likelihood', done, '-K', '4', '--images', '50')
    expect([told.code, told.err]).toEqual([0, ''])
    expect(told.out).toMatch(/epoch 1: 50 test images, K = 4, grey levels; nats per image, ± one standard error\n/)
    expect(told.out).toMatch(/ [\d.]+ ± [\d.]+ {2}−log p\(x\|y\), told the class\n/)
    expect(told.out).toMatch(/VLAE +79\.03 +78\.53 +K = 4096 +paper only +Chen et al\. 2016/)
    expect(await readdir(done)).toContain('likelihood_epoch1_k4.json')
    const { code, out } = vlae('likelihood', done, '-K', '4', '--images', '50', '--json')
    expect(code).toBe(0)
    const found = likelihood.loose().parse(JSON.parse(out))
    expect(found).toMatchObject({ type: 'likelihood', run: done, epoch: 1, images: 50, samples: 4, averaged: false })
    expect(found.marginal.mean).toBeLessThan(found.bound.mean + 2.31)
    expect(found.conditional!.mean).toBeLessThan(found.bound.mean)
    const many = vlae('likelihood', done, '--images', '501')
    expect([many.code, many.err]).toEqual([
      1,
      'There are 500 test images, and 501 were asked for.\nAsk for 500 or fewer.\n',
    ])
    const raw = vlae('likelihood', done, '--weights', 'raw')
    expect(raw.err).toContain('Adam keeps no averages')
  })

  // both wait ten seconds for what is kept
  it.concurrent.each([
    ['Ctrl-C', 'SIGINT', 130],
    ['a kill', 'SIGKILL', 137],
  ] as const)('likelihood: what was found before %s is gone on with', async (_, signal, code) => {
    const samples = signal === 'SIGINT' ? 1500 : 1501
    const file = join(done, `likelihood_epoch1_k${samples}.json`)
    const command = ['likelihood', done, '-K', String(samples), '--images', '500', '--json']
    const child = spawn(process.execPath, [door, ...command], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] })
    let err = ''
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    const ended = new Promise((resolve) =>
      child.once('close', (code, by) => resolve(code ?? 128 + constants.signals[by!])),
    )
    // in a log it tells how far it is every ten seconds, as often as it keeps what it has found
    const wanted = signal === 'SIGINT' ? () => / of 500 images/.test(err) : () => existsSync(file)
    await expect.poll(wanted).toBe(true)
    child.kill(signal)
    expect(await ended).toBe(code)
    // who is killed says nothing
    expect(err.includes('What was found is kept: the same command goes on from there.')).toBe(signal === 'SIGINT')
    const { costs } = JSON.parse(await readFile(file, 'utf8')) as { costs: number[][] }
    expect(costs.length).toBeGreaterThan(0)
    // as many as it has found are there at once
    const again = vlae('likelihood', done, '-K', String(samples), '--images', String(costs.length), '--json')
    const found = likelihood.loose().parse(JSON.parse(again.out))
    expect(found.marginal.mean).toBeCloseTo(costs.reduce((sum, [marginal]) => sum + marginal!, 0) / costs.length, 9)
  })

  it('sample: ten rows, or one digit, as PNG; the same seed draws the same', async () => {
    const all = vlae('sample', done, '--json')
    expect(all.code).toBe(0)
    const { file } = JSON.parse(all.out) as { file: string }
    expect(file).toBe(join(done, 'sample_all_seed0_epoch1.png'))
    const grid = decodeGrid(await readFile(file))
    expect([grid.columns, grid.rows]).toEqual([8, 10])
    // the run's own gallery has the same noise
    expect(grid.images).toEqual(decodeGrid(await readFile(join(done, 'sample_conditioned_epoch1.png'))).images)

    const [one, other] = [join(results, 'three.png'), join(results, 'other.png')]
    expect(vlae('sample', done, '--digit', '3', '--epoch', '0', '--out', one).out).toBe(
      `64 samples of class 3, epoch 0: ${one}\n`,
    )
    expect(vlae('sample', done, '--digit', '3', '--epoch', '0', '--out', other, '--seed', '1').code).toBe(0)
    const [a, b] = [decodeGrid(await readFile(one)), decodeGrid(await readFile(other))]
    expect([a.columns, a.rows]).toEqual([8, 8])
    expect(b.images).not.toEqual(a.images)
  })

  it.skipIf(!torch())('the README’s Python loads the weights and draws a digit of each class', async () => {
    const readme = await readFile(join(root, 'README.md'), 'utf8')
    const [, snippet] = /```python\n(.*?)```/s.exec(readme)!
    const program = snippet!.replace('result/RUN/vlae_condprior_epoch30', join(done, 'vlae_condprior_epoch1'))
    const shape = spawnSync(python, ['-c', `${program}\nprint(tuple(images.shape))`], { encoding: 'utf8' })
    expect(shape.stderr).toBe('')
    expect(shape.stdout).toBe('(10, 1, 28, 28)\n')
  })

  it('runs: a table, or an object a run', () => {
    const { code, out } = vlae('runs', '--out', results)
    expect(code).toBe(0)
    expect(out).toMatch(/^run +name +started +state +epochs +best test loss +engine +settings\n/)
    expect(out).toMatch(
      /whole-run +whole run +\d{4}-\d\d-\d\d \d\d:\d\d +done +1\/1 +\d+\.\d\d \(epoch 1\) +onnx-cpu \(CPU, \d lanes?, kernels\) +--epochs 1/,
    )
    const [first] = vlae('runs', '--out', results, '--json').out.split('\n')
    expect(JSON.parse(first!)).toMatchObject({ type: 'run', run: done, status: 'done', epoch: 1 })
  })

  it('train --from: a new run of the checkpoint’s weights, with the run’s own settings and data', async () => {
    const { code, out, err } = vlae('train', '--from', 'latest', '--epoch', '1', '--epochs', '2', '--out', results, '--name', 'further', '--json') // prettier-ignore
    expect([code, err]).toEqual([0, ''])
    const last = JSON.parse(out.trimEnd().split('\n').at(-1)!) as { run: string }
    const [parent, child] = await Promise.all([readRunFile(done), readRunFile(last.run)])
    expect(child.from).toMatchObject({ run: basename(done), epoch: 1, epochs: 1 })
    expect(child.settings).toEqual({ ...parent.settings, epochs: 2 })
    expect(child.data).toEqual(parent.data)
    await rm(last.run, { recursive: true })

    expect(vlae('train', '--from', done, '--epoch', '7')).toMatchObject({
      code: 1,
      err: 'This run has no checkpoint of epoch 7.\nIt has those of epochs 0–1.\n',
    })
    expect(vlae('train', '--epoch', '1')).toMatchObject({
      code: 2,
      err: expect.stringContaining('the run that --from names'),
    })
  })

  it('resume: says that there is nothing left to do', () => {
    expect(vlae('resume', done)).toMatchObject({
      code: 1,
      err: expect.stringContaining('has done all of its 1 epochs'),
    })
  })
})

describe('interrupted', () => {
  const long = ['--json', '--epochs', '40', '--name', 'interrupted']
  let run: string
  let saved: number

  it('Ctrl-C once, through npm: saves, says how to go on, exit code 130', async () => {
    const args = ['run', '-s', 'train', '--', ...small(), ...long]
    // as a terminal does it: to npm, its shell and the door at once
    const press = (child: ChildProcess) => process.kill(-child.pid!, 'SIGINT')
    const { events, code, err } = await follow('npm', args, atStep(5, press))
    const last = events.at(-1)!
    if (last.type !== 'done') throw new Error(`ended with ${JSON.stringify(last)}`)
    expect(last.status).toBe('stopped')
    ;({ folder: run, step: saved } = last)
    expect(saved).toBeGreaterThanOrEqual(5)
    expect(err).toMatch(new RegExp(`Saved at step ${saved}. To go on: npm run resume -- \\S*${basename(run)}\n`))
    // npm ends by the signal itself where its shell does, which a shell calls 130
    expect([130, null]).toContain(code)
    expect(JSON.parse(await readFile(join(run, 'run.json'), 'utf8'))).toMatchObject({ status: 'stopped', step: saved })
  })

  it('resume goes on with the next step; the system’s SIGTERM saves as well', async () => {
    const { events, code } = await follow(
      process.execPath,
      [door, 'resume', basename(run), '--out', results, '--json'],
      atStep(3, (child) => child.kill('SIGTERM')),
    )
    expect(events.find((event) => event.type === 'started')).toMatchObject({ resumed: true, step: saved })
    expect(events.find((event) => event.type === 'step')).toMatchObject({ step: saved + 1 })
    expect(code).toBe(130)
    const lines = (await readFile(join(run, 'metrics.jsonl'), 'utf8')).trimEnd().split('\n')
    const steps = lines.map((line) => JSON.parse(line) as TrainerEvent).filter((line) => line.type === 'step')
    expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => i + 1))
  })

  it('npm alone being ended: the door notices, saves and ends', async () => {
    const args = ['run', '-s', 'resume', '--', run, '--json']
    const { events } = await follow(
      'npm',
      args,
      atStep(2, (child) => child.kill('SIGTERM')),
    )
    expect(events.at(-1)).toMatchObject({ type: 'done', status: 'stopped' })
  })

  it('twice: ends at once, and what was saved before is what there is', async () => {
    const twice = (child: ChildProcess) => {
      child.kill('SIGINT')
      // stopped before it has saved, until the second press is none of the first any more
      child.stderr!.once('data', () => {
        child.kill('SIGSTOP')
        setTimeout(() => child.kill('SIGTERM') && child.kill('SIGCONT'), 500)
      })
    }
    let before = ''
    let done: unknown[] = []
    // where this process was held up, the other one has saved before it was stopped
    for (let attempt = 0; attempt === 0 || (attempt < 5 && done.length > 0); attempt++) {
      before = await readFile(join(run, 'run.json'), 'utf8')
      const { code, events } = await follow(process.execPath, [door, 'resume', run, '--json'], atStep(2, twice))
      expect(code).toBe(130)
      done = events.filter(({ type }) => type === 'done')
    }
    expect(done).toEqual([])
    const { step } = runFile.parse(JSON.parse(before))
    expect(runFile.parse(JSON.parse(await readFile(join(run, 'run.json'), 'utf8')))).toMatchObject({ step })
  })

  it('when nobody reads any more, as in `| head`: saves and ends', async () => {
    const before = runFile.parse(JSON.parse(await readFile(join(run, 'run.json'), 'utf8')))
    const pipe = '"$0" "$1" resume "$2" --json | head -n 12; exit ${PIPESTATUS[0]}'
    const { status } = spawnSync('bash', ['-c', pipe, process.execPath, door, run], { cwd: root })
    expect(status).toBe(130)
    const after = runFile.parse(JSON.parse(await readFile(join(run, 'run.json'), 'utf8')))
    expect(after.status).toBe('stopped')
    expect(after.step).toBeGreaterThan(before.step)
  })

  it('a second process that wants the same run is refused', async () => {
    let refused: ReturnType<typeof vlae> | undefined
    const { code } = await follow(
      process.execPath,
      [door, 'resume', run, '--json'],
      atStep(2, (child) => {
        refused = vlae('resume', run)
        child.kill('SIGINT')
      }),
    )
    expect(code).toBe(130)
    expect(refused?.code).toBe(1)
    expect(refused?.err).not.toBe('')
  })
})

describe('on a terminal', () => {
  it.skipIf(process.platform !== 'linux' || !existsSync('/usr/bin/script'))(
    'there is a bar with all it promises',
    () => {
      const command = [process.execPath, door, 'train', ...small(), '--epochs', '1', '--limit', '5000'].join(' ')
      const { status, stdout } = spawnSync('script', ['-qec', `stty cols 130; ${command}`, '/dev/null'], {
        env: { ...process.env, TERM: 'xterm', CI: '' },
        encoding: 'utf8',
        cwd: root,
      })
      expect(status).toBe(0)
      expect(stdout).toMatch(
        /epoch 1\/1 [█░]{30} {2,3}\d+ % {2}[\d.]+ = [\d.]+ \+ [\d.]+ \+ [\d.]+ {2}KL weight [\d.]+ {2}[\d,]+ images\/s {2}\d+ s left/,
      )
      expect(stdout).toContain('Done. Everything is in ')
      expect(stdout.lastIndexOf('\u001b[?25h')).toBeGreaterThan(stdout.lastIndexOf('\u001b[?25l'))
    },
  )
})

describe('what cannot be', () => {
  it('bad usage ends with 2 before anything is made', async () => {
    const empty = join(results, 'nothing')
    const { code, err } = vlae('train', '--out', empty, '--epochs', 'abc')
    expect(err).toBe(
      '--epochs must be a whole number from 1 to 10,000; got "abc"\nAdd --help to a command to see what it takes.\n',
    )
    expect(code).toBe(2)
    expect(existsSync(empty)).toBe(false)
  })

  it('a data folder without MNIST, a run that is not there, an epoch without weights: 1, with the remedy', () => {
    const noData = vlae('train', '--data', join(root, 'main'), '--out', results)
    expect(noData.code).toBe(1)
    expect(noData.err.trim().split('\n').length).toBeGreaterThan(1)
    expect(vlae('resume', 'latest', '--out', join(results, 'nothing'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no run in '),
    })
    expect(vlae('evaluate', 'nobody', '--out', results)).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no run "nobody" in '),
    })
    expect(vlae('sample', done, '--epoch', '7').code).toBe(1)
  })

  it('an empty result folder has no runs, which is no error', () => {
    const nowhere = join(results, 'nothing')
    expect(vlae('runs', '--out', nowhere)).toEqual({ code: 0, out: `There is no run in ${nowhere} yet.\n`, err: '' })
    expect(vlae('runs', '--out', nowhere, '--json')).toEqual({ code: 0, out: '', err: '' })
  })
})

describe('the built door', () => {
  it('names what it computes with', () => {
    expect(vlae('engines').out).toMatch(/^engine +computes on.*\n(.*\n)*onnx-cpu +CPU/)
    const engines = vlae('engines', '--json')
      .out.trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(engines).toContainEqual(expect.objectContaining({ type: 'engine', name: 'onnx-cpu' }))
  })

  it('loads no tensors and no Electron: they live in the worker', async () => {
    const seen = new Set<string>()
    const visit = async (file: string): Promise<void> => {
      if (seen.has(file)) return
      seen.add(file)
      const text = await readFile(file, 'utf8')
      expect(text).not.toMatch(/(from|import\(?) ?["'](@tensorflow|onnxruntime|electron)/)
      for (const [, path] of text.matchAll(/(?:from|import\(?) ?["'](\.[^"']+)["']/g))
        await visit(resolve(file, '..', path!))
    }
    await visit(door)
    expect([...seen].some((file) => basename(file).startsWith('trainer'))).toBe(true)
    expect(seen.has(join(root, 'out', 'main', 'worker.js'))).toBe(false)
  })

  it('is in the package, with its threads, and starts from any folder', () => {
    const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json'], { cwd: root, encoding: 'utf8' })
    const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }]
    const paths = files.map(({ path }) => path)
    for (const path of [
      'out/main/cli.js',
      'out/main/worker.js',
      'out/main/lane.js',
      'data/shipped/card.json',
      'README.md',
      'LICENSE',
    ])
      expect(paths).toContain(path)
    expect(paths.filter((path) => /^(main|test|result|data(?!\/shipped))\//.test(path))).toEqual([])
    const { status, stdout: version } = spawnSync(process.execPath, [door, '--version'], {
      cwd: tmpdir(),
      encoding: 'utf8',
    })
    expect(version).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(status).toBe(0)
  })
})
