/** Nothing is sent, and no identifier is kept: the doors, watched from outside while they train. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { runSettings } from '../preload/contract'
import { openDoors, patience, visit } from './browser/door'
import { identifier, talkative } from './talkative'

const works = (command: string, ...args: string[]) => spawnSync(command, args).status === 0
const traced = works('strace', '-f', 'true')
const missing = traced ? (works('unshare', '-rn', 'true') ? null : 'unshare (util-linux)') : 'strace'
if (missing !== null) console.info(`Skipped: what is sent is not watched, because ${missing} does not work here.`)

const folder = mkdtempSync(join(tmpdir(), 'vlae-sent-'))
const tracks = (home: string) => join(home, 'connections')
const reads = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '')

/** A home of its own, as on the machine of someone who has asked for nothing. */
function environment(home: string): NodeJS.ProcessEnv {
  const places = { HOME: home, XDG_CACHE_HOME: join(home, '.cache'), XDG_CONFIG_HOME: join(home, 'config') }
  return { ...process.env, ...talkative, ...places }
}

/** Notes the connections of a program and of all it starts; the program is our child, as without that. */
const tracer = (home: string) => ['strace', '-D', '-f', '-e', 'trace=connect,sendto,sendmsg', '-o', tracks(home)]

/** Lines of connections to anywhere but this machine. */
function calls(home: string): string[] {
  const lines = reads(tracks(home)).split('\n')
  return lines.filter((line) => /sa_family=AF_INET6?,/.test(line) && !/inet_addr\("127\.|AF_INET6, "::1"/.test(line))
}

/** What the library has kept; nothing but this is its maker's. */
const kept = (home: string) =>
  readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((name) => basename(name) === identifier)

let doors: ReturnType<typeof openDoors>
beforeAll(async () => {
  doors = openDoors((command, args, { cwd, env }) => {
    const [program, ...rest] = traced ? [...tracer(cwd), command, ...args] : [command, ...args]
    return spawn(program!, rest, { cwd, env: { ...env, ...environment(cwd) } })
  })
})
afterAll(async () => {
  await doors?.remove()
  rmSync(folder, { recursive: true })
})

/** The library alone, in a network of its own that leads nowhere. Resolves once it has tried to call. */
async function libraryAlone(home: string): Promise<void> {
  const library = createRequire(import.meta.url).resolve('onnxruntime-node')
  const program = `require(${JSON.stringify(library)}).InferenceSession.create(new Uint8Array(1)).catch(() => {})
    setInterval(() => {}, 1000)`
  const [command, ...args] = ['unshare', '-rn', ...tracer(home), process.execPath, '-e', program]
  const child = spawn(command!, args, { env: { ...environment(home), ORT_DISABLE_TELEMETRY: undefined } })
  try {
    await vi.waitUntil(() => calls(home).length > 0, patience)
  } finally {
    child.kill('SIGKILL')
  }
}

it('keeps no identifier and connects to nobody, in a thread and in a process of its own', async () => {
  const homes = ['terminal', 'thread', 'process'].map((name) => join(folder, name))
  for (const home of homes) mkdirSync(home)
  const alone = join(folder, 'alone')
  mkdirSync(alone)
  const called = missing === null ? libraryAlone(alone) : Promise.resolve()

  const settings = runSettings.parse({ epochs: 10_000, batch: 8, limit: 16, lanes: 2, engine: 'onnx-cpu' })
  const options = ['--epochs', '10000', '--batch', '8', '--limit', '16', '--threads', '2', '--engine', 'cpu']
  const terminal = doors.run('cli', ['train', ...options], homes[0])
  const tabs = await Promise.all(
    (['thread', 'process'] as const).map(async (trainer, i) => {
      const tab = await doors.open(homes[i + 1])
      const page = await visit(tab)
      await page.app.changeSettings({ trainer })
      await page.app.start({ settings })
      await vi.waitUntil(() => page.training().step > 4, patience)
      return tab
    }),
  )
  await vi.waitUntil(() => /\n +1 /.test(terminal.output()), patience)

  // as long as the library takes before it calls, when it is left alone
  await called
  const ended = new Promise((resolve) => terminal.child.once('exit', resolve))
  terminal.child.kill('SIGINT')
  await Promise.all([ended, ...tabs.map((tab) => tab.end('SIGINT'))])
  expect(kept(alone)).toHaveLength(missing === null ? 1 : 0)
  expect(homes.map(kept)).toEqual([[], [], []])
  expect(homes.map((home) => reads(tracks(home)).includes('exited with'))).toEqual(homes.map(() => traced))
  expect(homes.flatMap(calls)).toEqual([])
})
