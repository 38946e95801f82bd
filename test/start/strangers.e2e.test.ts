/** The doors for a user without a name or a home, in folders that cannot be written, and in one that is no more. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { appSettings } from '../../preload/contract'
import { visit } from '../browser/door'
import { patience } from '../patience'

/** Nobody's number. Only root can become a user without a name. */
const stranger = { uid: 4711, gid: 4711 }

const programs = inject('programs')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-stranger-'))
  chmodSync(folder, 0o777)
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})
const running: ChildProcess[] = []
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

function vlae(args: readonly string[], options: object): { code: number | null; out: string; err: string } {
  const words = [join(programs, 'cli.js'), ...args]
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', ...options })
  return { code: status, out: stdout, err: stderr }
}

/** Why this cannot be tried here, if so. */
function missing(): string | null {
  if (process.getuid?.() !== 0) return 'it needs root, who can become anybody'
  const look = `require('node:fs').accessSync(${JSON.stringify(import.meta.filename)})`
  const { status } = spawnSync(process.execPath, ['-e', look], { ...stranger, env: {}, cwd: '/' })
  return status === 0 ? null : 'the project lies where other users may not look'
}
const reason = missing()
if (reason !== null) console.info(`A user without a name is not tried: ${reason}.`)

describe.skipIf(reason !== null)('a user without a name', () => {
  const homes: NodeJS.ProcessEnv[] = [{}, { HOME: '/root', TMPDIR: '/nonexistent', XDG_CACHE_HOME: '/etc' }]
  it.each(homes)('trains, and is told of nothing that is not there: %o', (env) => {
    const options = { ...stranger, env, cwd: folder }
    const train = ['train', '--limit', '256', '--epochs', '1', '--batch', '128', '--threads', '1', '--json']
    const { code, out, err } = vlae(train, options)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const { run } = JSON.parse(out.trimEnd().split('\n').at(-1)!) as { run: string }
    expect(vlae(['runs'], options)).toMatchObject({ code: 0, err: '' })
    expect(vlae(['sample', run, '--json'], options)).toMatchObject({ code: 0, err: '' })
    // nothing is left where the person stands but the runs
    expect(readdirSync(folder)).toEqual(['result'])
  })

  it('asks for the engines', () => {
    const { code, out, err } = vlae(['engines'], { ...stranger, env: {}, cwd: folder })
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^onnx-cpu +CPU/m)
  })

  // of /proc the system says that it is not there, although it is
  const places: NodeJS.ProcessEnv[] = [{}, { HOME: '/proc', XDG_CONFIG_HOME: '/proc', XDG_CACHE_HOME: '/proc' }]
  it.each(places)('opens the tab; what is set there holds while it is open, and the page says so: %o', async (env) => {
    const program = join(programs, 'browser.js')
    const child = spawn(process.execPath, [program, '--no-open'], { ...stranger, env, cwd: folder })
    running.push(child)
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()))
    const url = await vi.waitUntil(() => /ready: (\S+)/.exec(said)?.[1], patience)
    const { app, cut } = await visit({ url })
    const { notices } = await app.snapshot({})
    expect(notices).toEqual([expect.objectContaining({ code: 'settings/not-kept' })])
    await app.changeSettings({ theme: 'dark' })
    expect((await app.snapshot({})).settings).toEqual({ ...appSettings.parse({}), theme: 'dark' })
    cut()
  })

  it('who may not write where it stands is told so', () => {
    const { code, out, err } = vlae(['train', '--limit', '256'], { ...stranger, env: {}, cwd: '/' })
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(/^\/result could not be made: access is not allowed\.\nGive yourself the right/)
  })
})

describe.skipIf(process.platform === 'win32')('in a folder that was removed', () => {
  const gone = () => {
    const place = join(folder, 'gone')
    mkdirSync(place)
    // a shell stands in it, as a person's does
    return (program: string, ...args: string[]) => {
      const words = ['-c', 'cd "$0" && rmdir "$0" && exec "$@"', place, process.execPath, join(programs, program)]
      const { status, stdout, stderr } = spawnSync('sh', [...words, ...args], { encoding: 'utf8' })
      return { code: status, out: stdout, err: stderr }
    }
  }

  it('what needs no folder works', () => {
    expect(gone()('cli.js', '--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\./), err: '' })
    expect(gone()('cli.js', 'train', '--help')).toMatchObject({ code: 0, err: '' })
    expect(gone()('cli.js', 'runs', '--out', join(folder, 'none'))).toMatchObject({ code: 0, err: '' })
  })

  it.each([
    ['cli.js', 'train'],
    ['cli.js', 'runs'],
    ['cli.js', 'resume', 'latest'],
    ['cli.js', 'engines'],
    ['browser.js', '--no-open'],
  ])('what needs one says in a sentence what to do: %s %s', (program, ...args) => {
    const { code, err } = gone()(program, ...args)
    expect(code).toBe(1)
    expect(err).toMatch(/: the folder that it was started in is not there any more\.\nGo to another folder .*\n$/)
  })
})

describe.skipIf(process.platform !== 'linux')('in a session that allows too little', () => {
  it.each([
    ['-v 1000000', 'cli.js', ['train', '--limit', '256'], /^This session allows a program 1\.0 GB of address space/],
    ['-v 1000000', 'browser.js', ['--no-open'], /^This session allows a program 1\.0 GB of address space/],
    ['-n 120', 'cli.js', ['engines'], /^This session allows a program 120 open files/],
  ])('says so, where Node would abort: ulimit %s, %s', (limit, program, args, said) => {
    const words = ['-c', `ulimit ${limit} && exec "$0" "$@"`, process.execPath, join(programs, program)]
    const { status, stderr } = spawnSync('bash', [...words, ...args], { encoding: 'utf8', cwd: folder })
    expect([status, stderr]).toEqual([1, expect.stringMatching(said)])
    expect(stderr).toMatch(/\nRaise the limit \(`ulimit [^\n]*\n$/)
    expect(stderr.trimEnd().split('\n')).toHaveLength(2)
  })
})
