/** Builds of the app, in a project of a few lines: what is started together, killed, broken or may not write. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { patience } from '../patience'

const root = resolve(import.meta.dirname, '../..')
/** Longer ago than any build is spared for having been used recently. */
const longAgo = new Date(Date.now() - 86_400_000)

let folder: string
let builds: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-build-'))
  builds = join(folder, 'out', 'builds')
  chmodSync(folder, 0o755)
  for (const part of ['main/process', 'main/files', 'main/start', 'main/tab', 'preload'])
    mkdirSync(join(folder, part), { recursive: true })
  const scripts = ['main/process', 'main/files', 'main/start', 'main/tab'].flatMap((part) =>
    readdirSync(join(root, part)).flatMap((name) => (/\.[cm]js$/.test(name) ? [`${part}/${name}`] : [])),
  )
  for (const file of ['main/launch.cjs', 'main/build.mjs', 'preload/refusals.mjs', ...scripts])
    copyFileSync(join(root, file), join(folder, file))
  writeFileSync(join(folder, 'package.json'), '{ "name": "small", "version": "1.2.3", "type": "module" }')
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  writeFileSync(
    join(folder, 'main/vite.config.ts'),
    `import { resolve } from 'node:path'
    export default {
      root: import.meta.dirname,
      logLevel: 'warn',
      build: { ssr: true, rolldownOptions: { input: { cli: resolve(import.meta.dirname, 'cli.ts') } } },
    }`,
  )
  writeFileSync(
    join(folder, 'main/cli.ts'),
    `import { once } from 'node:events'
    console.log('here')
    if (process.argv[2] === 'wait') await once(process.stdin, 'data')
    console.log((await import('./later')).word)
    process.exit()`,
  )
  change('first')
})
const running: ChildProcess[] = []
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

function change(word: string): void {
  writeFileSync(join(folder, 'main/later.ts'), `export const word = '${word}'\n`)
}

const command = (...args: string[]) => [join(folder, 'main/launch.cjs'), 'cli', ...args]

function run(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, command(...args), { encoding: 'utf8' })
  return { code: status, out: stdout, err: stderr.replace('Building…\n', '') }
}

interface Started {
  readonly child: ChildProcess
  readonly said: () => string
  readonly end: Promise<number | null>
}

function start(...args: string[]): Started {
  const child = spawn(process.execPath, command(...args), { detached: true })
  running.push(child)
  let text = ''
  child.stdout.on('data', (data: Buffer) => (text += data.toString()))
  return { child, said: () => text, end: new Promise((done) => child.once('close', done)) }
}

const names = () => (existsSync(builds) ? readdirSync(builds).toSorted() : [])
const whole = () => names().filter((name) => !name.startsWith('.'))
const age = (name: string) => {
  const users = join(builds, name, 'users')
  for (const mark of existsSync(users) ? readdirSync(users) : []) utimesSync(join(users, mark), longAgo, longAgo)
  utimesSync(join(builds, name), longAgo, longAgo)
}

describe('the app’s own door', () => {
  const said = (args: readonly string[], env: NodeJS.ProcessEnv) => {
    const options = { encoding: 'utf8', cwd: folder, env: { ...process.env, WAYLAND_DISPLAY: '', ...env } } as const
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...command().slice(0, 1), 'start', ...args],
      options,
    )
    return { code: status, out: stdout, err: stderr, built: names() }
  }

  it('refuses what no door takes, and tells what there is, before anything is built', () => {
    for (const env of [{ DISPLAY: '' }, { DISPLAY: ':1' }]) {
      expect(said(['--browser', '--prot', '5'], env)).toEqual({
        code: 2,
        out: '',
        err: "error: unknown option '--prot'\n(Did you mean --port?)\n",
        built: [],
      })
      expect(said(['--port', 'x'], env)).toMatchObject({
        code: 2,
        err: expect.stringMatching(/^error: option/),
        built: [],
      })
      expect(said(['--help'], env)).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^Usage: /),
        err: '',
        built: [],
      })
    }
  })

  it('leaves to Electron, where there may be a window, what it does not know', () => {
    // it goes on to the build, which is not whole in so small a project
    expect(said(['--no-sandbox', '--lang', 'de'], { DISPLAY: ':1' })).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^(Building…\n)?The app could not be built/),
    })
  })
})

it('builds once, and again when a source has another content', () => {
  expect(run()).toEqual({ code: 0, out: 'here\nfirst\n', err: '' })
  const [first] = names()
  expect(run()).toEqual({ code: 0, out: 'here\nfirst\n', err: '' })
  expect(names()).toEqual([first])
  change('second')
  expect(run().out).toBe('here\nsecond\n')
  expect(names()).toHaveLength(2)
  // the first is there still, and is not built again
  change('first')
  expect(run().out).toBe('here\nfirst\n')
  expect(names()).toHaveLength(2)
})

it('two commands started together after a change both find all of it', async () => {
  for (const word of ['one', 'two', 'three']) {
    change(word)
    const both = [start(), start()]
    expect(await Promise.all(both.map(({ end }) => end))).toEqual([0, 0])
    expect(both.map(({ said }) => said())).toEqual([`here\n${word}\n`, `here\n${word}\n`])
  }
  expect(names()).toEqual(whole())
})

it('who runs keeps what it loads later, while others build; nobody needs it afterwards, and it goes', async () => {
  const first = start('wait')
  await vi.waitUntil(() => first.said() === 'here\n', patience)
  const [mine] = whole()
  for (const word of ['second', 'third', 'fourth', 'fifth']) {
    change(word)
    // as if hours had passed since any of them was used
    for (const name of whole()) age(name)
    expect(run().out).toBe(`here\n${word}\n`)
    expect(whole()).toContain(mine)
  }
  // of those that nobody uses the newest two stay
  expect(whole()).toHaveLength(4)
  first.child.stdin!.write('go on\n')
  expect(await first.end).toBe(0)
  expect(first.said()).toBe('here\nfirst\n')
  for (const name of whole()) age(name)
  change('sixth')
  run()
  expect(whole()).toHaveLength(3)
})

it('a source that cannot be built leaves the builds there are', () => {
  run()
  const before = names()
  writeFileSync(join(folder, 'main/later.ts'), 'export const word = = 1')
  const failed = run('--json')
  expect(failed.code).toBe(1)
  expect(failed.err).toMatch(/^The app could not be built from its sources\. [^]*later\.ts[^]*Undo the last change/)
  const { error } = JSON.parse(failed.out) as { error: object }
  expect(error).toMatchObject({ code: 'build/failed', message: expect.stringContaining('later.ts') })
  // without `--details` neither where in Vite that was, nor what colours a terminal
  expect(error).not.toHaveProperty('details')
  expect(failed.out).not.toMatch(/node_modules|\\u001b/)
  expect(run('--details').err).toMatch(/\n {4}at /)
  expect(names()).toEqual(before)
  change('first')
  expect(run().out).toBe('here\nfirst\n')
})

it.skipIf(process.platform === 'win32')(
  'killed while it builds, it leaves nothing that is taken for a build',
  async () => {
    run()
    change('second')
    const { child, end } = start()
    await vi.waitUntil(() => names().some((name) => name.startsWith('.new-')), { ...patience, interval: 20 })
    process.kill(-child.pid!, 'SIGKILL')
    await end
    expect(whole()).toHaveLength(1)
    const left = names().find((name) => name.startsWith('.new-'))
    expect(run().out).toBe('here\nsecond\n')
    // not yet: it might be another command's that builds just now
    expect(names()).toContain(left)
    age(left!)
    change('third')
    run()
    expect(names()).not.toContain(left)
  },
)

it('says in a sentence that the packages are missing', () => {
  rmSync(join(folder, 'node_modules'))
  expect(run()).toEqual({
    code: 1,
    out: '',
    err: 'The packages that the app needs are not installed.\nRun `npm ci` in its folder.\n',
  })
})

it('says which package is missing that new sources have brought', () => {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module", "dependencies": { "@new/one": "1" } }')
  writeFileSync(join(folder, 'main/later.ts'), "export { word } from '@new/one/words'")
  expect(run()).toEqual({
    code: 1,
    out: '',
    err: expect.stringMatching(
      /^(Building…\n)?A package that the app needs is not installed: @new\/one\.\nRun `npm ci` in its folder\.\n$/,
    ),
  })
})

it.skipIf(process.platform === 'win32')('may it not write, it runs what is built, or says that it cannot build', () => {
  const strange = process.getuid!() === 0 ? { uid: 4711, gid: 4711 } : {}
  const asAnother = (place: string) => {
    const args = [join(place, 'main/launch.cjs'), 'cli']
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: '/', ...strange })
    return { code: status, out: stdout, err: stderr }
  }
  run()
  // a folder that even its owner cannot write
  for (const place of [folder, join(folder, 'out'), builds]) chmodSync(place, 0o555)
  try {
    expect(asAnother(folder)).toEqual({ code: 0, out: 'here\nfirst\n', err: '' })
    change('second')
    expect(asAnother(folder)).toEqual({
      code: 1,
      out: '',
      err: [
        `The app has to be built once, in ${join(folder, 'out')}, and that is not possible: access is not allowed.`,
        'Start it as the user who owns that folder, or give yourself the right to write there.\n',
      ].join('\n'),
    })
  } finally {
    for (const place of [folder, join(folder, 'out'), builds]) chmodSync(place, 0o755)
  }
})

describe.runIf(process.platform === 'linux')('in a session that allows too little', () => {
  /** @param limit of the shell, for what it starts */
  function within(limit: string, as: object = {}): { code: number | null; out: string; err: string } {
    const words = ['-c', `ulimit ${limit} && exec "$0" "$@"`, process.execPath, ...command('--json')]
    const { status, stdout, stderr } = spawnSync('bash', words, { encoding: 'utf8', cwd: '/', timeout: 60_000, ...as })
    return { code: status, out: stdout, err: stderr.replace('Building…\n', '') }
  }

  it.each([
    ['-v 900000', /^This session allows a program 0\.9 GB of address space, [^\n]*\nRaise the limit \(`ulimit -v/],
    ['-v 1500000', /^This session allows a program 1\.5 GB of address space, [^\n]*\nRaise the limit \(`ulimit -v/],
    ['-v 2500000', /^The app has to be built once, .*: there is not enough memory\.\nClose other programs/],
    ['-n 24', /^This session allows a program 24 open files, [^\n]*\nRaise the limit \(`ulimit -n/],
    ['-f 0', /^The app has to be built once, .*: the file would be larger than [^\n]* allows\.\nPick/],
  ])('says so and what to do, before Node aborts: ulimit %s', (limit, said) => {
    const { code, out, err } = within(limit)
    expect([code, err]).toEqual([1, expect.stringMatching(said)])
    expect(err.trimEnd().split('\n')).toHaveLength(2)
    expect(JSON.parse(out)).toMatchObject({ type: 'failure', error: { message: err.split('\n')[0] } })
  })

  it.runIf(process.getuid?.() === 0)('says so to a user who may start no more threads', () => {
    run()
    for (const limit of ['-u 8', '-u 10'])
      expect(within(limit, { uid: 4712, gid: 4712 })).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^The system allows no more processes or threads\.\nClose other programs/) as string,
      })
    expect(within('-u 200', { uid: 4712, gid: 4712 })).toEqual({ code: 0, out: 'here\nfirst\n', err: '' })
  })
})

it('is a folder that Electron can start, under the app’s own name', () => {
  for (const part of ['preload', 'renderer']) {
    cpSync(join(folder, 'main'), join(folder, part), { recursive: true })
  }
  writeFileSync(join(folder, 'main/start.ts'), '')
  const { status } = spawnSync(process.execPath, [join(folder, 'main/launch.cjs'), 'start'])
  expect(status).not.toBe(0) // there is no start.js in so small a project
  const [name] = whole()
  expect(readdirSync(join(builds, name!))).toEqual(expect.arrayContaining(['main', 'preload', 'renderer']))
  expect(JSON.parse(readFileSync(join(builds, name!, 'package.json'), 'utf8'))).toEqual({
    name: 'small',
    version: '1.2.3',
    type: 'module',
    main: 'main/index.js',
  })
  // the terminal's door needs no build of its own then
  expect(run().out).toBe('here\nfirst\n')
  expect(whole()).toEqual([name])
})
