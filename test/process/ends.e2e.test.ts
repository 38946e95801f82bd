/** However a terminal, a reader or a person ends a program: what trains is saved, and the exit code says why it ended. */
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { lockName } from '../../main/runs/names'
import { runFile } from '../../main/runs/run-file'
import { runSettings } from '../../preload/contract'
import { openDoors, patience, visit } from '../browser/door'
import { folderWith, smallSet } from '../mnist/small-set'
import { noted, noting, onTerminal, skipped, type OnTerminal } from './terminals'

const root = resolve(import.meta.dirname, '../..')
const small = runSettings.parse({ epochs: 10_000, batch: 8, lanes: 1 })

let doors: ReturnType<typeof openDoors>
/** A folder of each test's own, and in it the file that a command's exit code is noted in. */
let place: string
let code: string
/** 30 images to train on and 20 to test with: what is looked at here is how it ends. */
let data: string
let open: OnTerminal[] = []
beforeAll(async () => {
  doors = openDoors()
  data = await folderWith(await smallSet())
})
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'vlae-ends-'))
  code = join(place, 'code')
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((terminal) => terminal.close()))
  rmSync(place, { recursive: true, force: true })
})
afterAll(async () => {
  rmSync(data, { recursive: true })
  await doors.remove()
})

const vlae = () => doors.words('cli').join(' ')
const results = () => join(place, 'result')
const training = (epochs = 10_000, out = results()) =>
  `--data ${data} --out ${out} --epochs ${epochs} --batch 8 --threads 1`
const runsThere = () => readdirSync(results()).filter((name) => !name.startsWith('.'))
const fileOf = (run: string) => runFile.parse(JSON.parse(readFileSync(join(results(), run, 'run.json'), 'utf8')))
const theRun = () => fileOf(runsThere()[0]!)
const steps = (run: string) =>
  readFileSync(join(results(), run, 'metrics.jsonl'), 'utf8').split('"type":"step"').length - 1

/** The process that trains a run. */
const owner = (run: string) => (JSON.parse(readFileSync(join(results(), run, lockName), 'utf8')) as { pid: number }).pid

/** A terminal that the test closes at its end, if it has not before. */
function terminal(command: string, environment: NodeJS.ProcessEnv = {}): OnTerminal {
  const opened = onTerminal(command, { ...doors.env, ...environment })
  open.push(opened)
  return opened
}

/** Resolves when a run has trained a few steps, as its own file tells. */
function trains(): Promise<string> {
  const far = () => {
    try {
      return runsThere().find((run) => steps(run) > 3)
    } catch {
      return undefined
    }
  }
  return vi.waitUntil(far, patience)
}

/** How the only run is left, and whether all that was trained is saved: up to the last line that was written. */
function left(): { status: string; saved: boolean } {
  const [run] = runsThere()
  const { status, step } = fileOf(run!)
  return { status, saved: step > 0 && step === steps(run!) }
}
const whole = { status: 'stopped', saved: true }

/** A command of a shell, without a terminal. */
function shell(command: string): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
    encoding: 'utf8',
    env: doors.env,
    cwd: doors.folder,
  })
  return { status, out: stdout, err: stderr }
}

describe.skipIf(skipped)('a terminal that closes', () => {
  it('ends `train` and then `resume`, saved, with 129', async () => {
    const first = terminal(noting(code, `${vlae()} train ${training()}`))
    const run = await trains()
    await first.close()
    expect(await noted(code)).toBe(129)
    expect(left()).toEqual(whole)
    const { step } = theRun()
    rmSync(code)
    const second = terminal(noting(code, `${vlae()} resume ${run} --out ${results()} --json`))
    await vi.waitUntil(() => steps(run) > step + 3, patience)
    await second.close()
    expect(await noted(code)).toBe(129)
    expect(left()).toEqual(whole)
  })

  it('ends `train` that npm has started, saved', async () => {
    const opened = terminal(`cd ${root}; npm run train -- ${training()}`)
    const pid = owner(await trains())
    await opened.close()
    // npm is gone before it
    await vi.waitUntil(() => !alive(pid), patience)
    expect(left()).toEqual(whole)
  })

  it.each(['thread', 'process'] as const)(
    'ends the tab’s server, saved, with 129: training in a %s',
    async (trainer) => {
      const opened = terminal(`cd ${place}; ${noting(code, `${doors.words('browser').join(' ')} --no-open`)}`)
      const url = await vi.waitUntil(() => /ready: (\S+)/.exec(opened.shown())?.[1], patience)
      const page = await visit({ url })
      await page.app.changeSettings({ trainer, dataFolder: data })
      await page.app.start({ settings: small, name: trainer })
      await trains()
      await opened.close()
      expect(await noted(code)).toBe(129)
      expect(left()).toEqual(whole)
    },
  )

  it('ends who is left on it without a signal, at the next word, saved, with 129', async () => {
    // a session of its own is not told
    const opened = terminal(`setsid ${noting(code, `${vlae()} train ${training()}`)}; sleep 1000`)
    await trains()
    await opened.close()
    expect(await noted(code)).toBe(129)
    expect(left()).toEqual(whole)
  })

  it.each([
    ['npm', false, () => `cd ${root}; nohup npm run train --`],
    ['npm, which has died before it is told', true, () => `cd ${root}; nohup npm run train --`],
    ['the program itself', false, () => `nohup ${vlae()} train`],
    ['a script', false, () => `nohup ./night.sh`],
  ])('does not end what nohup has started: %s', async (_, standstill, command) => {
    writeFileSync(join(place, 'night.sh'), `#!/bin/sh\n${vlae()} train "$@"\n`, { mode: 0o755 })
    const log = join(place, 'log')
    const opened = terminal('bash --norc -i')
    // what is typed before may be lost
    await vi.waitUntil(() => /bash\S*[#$] /.test(opened.shown()), patience)
    opened.type(`cd ${place}; ${command()} ${training()} > ${log} 2>&1 &\n`)
    const run = await trains()
    const pid = owner(run)
    if (standstill) process.kill(pid, 'SIGSTOP')
    await opened.close()
    if (standstill) {
      await new Promise((resolve) => setTimeout(resolve, 1000))
      process.kill(pid, 'SIGCONT')
    }
    const before = steps(run)
    await vi.waitUntil(() => steps(run) > before + 10, patience)
    // nobody is told how it ends who waits for it: its parents are gone
    process.kill(pid, 'SIGTERM')
    await vi.waitUntil(() => !alive(pid), patience)
    expect(left()).toEqual(whole)
    expect(readFileSync(log, 'utf8')).toContain(`Saved at step ${theRun().step}. To go on: `)
  })
})

describe('a reader that leaves', () => {
  it('ends `train --json 2>&1 | head`, saved, with 130', () => {
    const { status } = shell(`${vlae()} train ${training()} --json 2>&1 | head -n 20; exit \${PIPESTATUS[0]}`)
    expect(status).toBe(130)
    expect(left()).toEqual(whole)
  })

  it('ends `train | tee` whose `tee` dies, saved, with 130', async () => {
    const command = `${vlae()} train ${training()} --json | (echo $BASHPID > tee; exec cat > /dev/null)`
    const piped = spawn('bash', ['-c', `${command}; exit \${PIPESTATUS[0]}`], { env: doors.env, cwd: place })
    const exit = new Promise((resolve) => piped.once('exit', resolve))
    await trains()
    process.kill(Number(readFileSync(join(place, 'tee'), 'utf8')), 'SIGKILL')
    expect(await exit).toBe(130)
    expect(left()).toEqual(whole)
  })

  it('is waited for no longer than it takes to save, once a signal says so', async () => {
    const command = `${vlae()} train ${training()} --json | (echo $BASHPID > pager; kill -STOP $BASHPID)`
    const piped = spawn('bash', ['-c', `${command}; exit \${PIPESTATUS[0]}`], { env: doors.env, cwd: place })
    const exit = new Promise((resolve) => piped.once('exit', resolve))
    const run = await trains()
    const pid = owner(run)
    process.kill(pid, 'SIGTERM')
    await vi.waitUntil(() => !alive(pid), patience)
    expect(left()).toEqual(whole)
    process.kill(Number(readFileSync(join(place, 'pager'), 'utf8')), 'SIGKILL')
    expect(await exit).toBe(130)
  })

  it('is no error of a command that has done its work: `runs | head -n 1`, `--help | true`', () => {
    for (const command of ['runs --json', 'runs', '--help', 'train --help'])
      for (const reader of ['head -n 1', 'true']) {
        const { status, err } = shell(`${vlae()} ${command} | ${reader}; exit \${PIPESTATUS[0]}`)
        expect([command, reader, status, err]).toEqual([command, reader, 0, ''])
      }
  })
})

describe('output', () => {
  const short = () => `train ${training(1)}`

  it.skipIf(process.platform === 'win32')('to a full disk is said, and training goes on to its end: 1', () => {
    const { status, err } = shell(`${vlae()} ${short()} > /dev/full`)
    expect(theRun()).toMatchObject({ status: 'done', epoch: 1 })
    expect(err).toBe(
      'Standard output could not be written: the disk is full. Work goes on.\n' +
        'What was printed is not complete. Standard output could not be written: the disk is full.\n',
    )
    expect(status).toBe(1)
    expect(shell(`${vlae()} runs --out ${results()} > /dev/full`)).toMatchObject({ status: 1 })
    // nobody can be told
    expect(shell(`${vlae()} ${short()} > /dev/full 2>&1`)).toMatchObject({ status: 1, err: '' })
  })

  it('that was closed before it began, and input that was, are done without', () => {
    expect(shell(`${vlae()} ${short()} <&- >&- 2>&-`).status).toBe(0)
    expect(theRun()).toMatchObject({ status: 'done' })
  })
})

describe('a signal', () => {
  it.each([
    ['SIGHUP', 129],
    ['SIGTERM', 130],
    ['SIGINT', 130],
  ] as const)('%s saves and ends, in less than five seconds where there is room', async (signal, expected) => {
    const { child } = doors.run('cli', ['train', ...training().split(' ')])
    const exit = new Promise((resolve) => child.once('exit', resolve))
    await trains()
    child.kill(signal)
    expect(await exit).toBe(expected)
    expect(left()).toEqual(whole)
  })

  /** A result folder with a run of one epoch, done: trained once, copied for each. */
  let trained: string
  beforeAll(() => {
    trained = join(doors.folder, 'trained')
    if (shell(`${vlae()} train ${training(1, trained)}`).status !== 0) throw new Error('The run was not trained.')
  })

  it.each(['train', 'evaluate', 'sample'])('ends %s while it gets ready, and nothing is left', async (command) => {
    cpSync(trained, results(), { recursive: true })
    const [done] = runsThere()
    const before = readdirSync(join(results(), done!))
    const given = command === 'train' ? ['--out', results()] : [join(results(), done!)]
    for (const delay of [500, 800, 1200]) {
      const { child, output } = doors.run('cli', [command, ...given])
      const exit = new Promise((resolve) => child.once('exit', (code, signal) => resolve(code ?? signal)))
      await new Promise((resolve) => setTimeout(resolve, delay))
      child.kill('SIGTERM')
      // before it listens the signal itself ends it; after it has done its work there is nothing to end
      const ended = [await exit, delay, output()]
      expect(ended).toEqual([expect.toBeOneOf([130, 'SIGTERM', 0]), delay, expect.any(String)])
    }
    const added = readdirSync(join(results(), done!)).filter((name) => !before.includes(name))
    expect(added.filter((name) => !name.startsWith('sample_all'))).toEqual([])
    for (const run of runsThere()) expect(['done', 'stopped']).toContain(fileOf(run).status)
  })
})

it('an error that nobody has caught ends `train`, saved, with 1', async () => {
  const fault = join(place, 'fault.mjs')
  writeFileSync(
    fault,
    `import { isMainThread } from 'node:worker_threads'
    if (isMainThread) process.once('SIGUSR2', () => { throw new Error('a bug') })`,
  )
  const [node, program] = doors.words('cli')
  const child = spawn(node, ['--import', fault, program, 'train', ...training().split(' ')], { env: doors.env })
  let err = ''
  child.stderr.on('data', (text: Buffer) => (err += text.toString()))
  const exit = new Promise((resolve) => child.once('exit', resolve))
  await trains()
  child.kill('SIGUSR2')
  expect(await exit).toBe(1)
  expect(err).toContain('Error: a bug')
  expect(left()).toEqual(whole)
})

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
