/** `npm start` with the real Electron: what ends the command ends the window, and what trains is saved. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  electronProgram,
  metrics,
  patience,
  runFile,
  runsIn,
  setStage,
  skipped,
  train,
  type Place,
  type Stage,
} from './app'
import { sandbox } from './display'

const root = resolve(import.meta.dirname, '../..')

describe.skipIf(skipped || process.platform === 'win32')('npm start, ended from outside', () => {
  let stage: Stage
  const groups: number[] = []
  beforeAll(async () => {
    stage = await setStage()
  })
  afterEach(() => {
    for (const group of groups.splice(0))
      try {
        process.kill(-group, 'SIGKILL')
      } catch {
        // all of it has ended
      }
  })
  afterAll(() => stage?.close())

  interface Started {
    readonly npm: ChildProcess
    readonly place: Place
    /** Resolves when nobody is left who could write. */
    readonly ended: Promise<unknown>
    words(): string
  }

  async function start(): Promise<Started> {
    const place = await stage.place()
    mkdirSync(place.result)
    const settings = { resultFolder: place.result, dataFolder: await stage.fewTests(), run: { epochs: 200 } }
    writeFileSync(join(place.user, 'settings.json'), JSON.stringify(settings))
    const args = [...sandbox, `--user-data-dir=${place.user}`, '--remote-debugging-port=0']
    const npm = spawn('npm', ['start', '-s', '--', ...args], { cwd: root, env: stage.environment, detached: true })
    groups.push(npm.pid!)
    let words = ''
    for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (data: Buffer) => (words += data.toString()))
    const ended = new Promise((done) => npm.stderr.once('close', done))
    return { npm, place, ended, words: () => words }
  }

  async function startAndTrain(): Promise<Started> {
    const started = await start()
    const address = await vi.waitUntil(() => /DevTools listening on (\S+)/.exec(started.words())?.[1], patience)
    const browser = await chromium.connectOverCDP(address)
    const page = await vi.waitUntil(() => browser.contexts()[0]?.pages()[0], patience)
    await page.waitForSelector('main[aria-busy=false]')
    await train(page)
    await browser.close()
    return started
  }

  /** How the run was left, and the steps that were made and not saved. */
  async function leftBehind({ result }: Place): Promise<object> {
    const [run] = await runsIn(result)
    const { status, step } = await runFile(run!)
    const steps = (await metrics(run!)).filter((line) => line.type === 'step')
    return { status, lost: steps.at(-1)!.step - step }
  }

  it.each(['npm', 'its command'])('SIGTERM to %s saves what trains, and ends the window', async (who) => {
    const { npm, place, ended } = await startAndTrain()
    process.kill(who === 'npm' ? npm.pid! : launcherOf(npm)!, 'SIGTERM')
    await ended
    expect(await leftBehind(place)).toEqual({ status: 'stopped', lost: 0 })
  })

  it('Ctrl-C, which reaches all of them, saves and ends, too', async () => {
    const { npm, place, ended } = await startAndTrain()
    process.kill(-npm.pid!, 'SIGINT')
    await ended
    expect(await leftBehind(place)).toEqual({ status: 'stopped', lost: 0 })
  })

  it('SIGTERM before it is clear whether a window can be had leaves none behind, and opens no tab', async () => {
    const { npm, ended, words } = await start()
    const window = await vi.waitUntil(() => windowOf(npm), patience)
    process.kill(launcherOf(npm)!, 'SIGTERM')
    await ended
    expect(() => process.kill(window, 0)).toThrow('ESRCH')
    expect(words()).not.toContain('opens in the browser')
  })
})

/** npm's command: its shell's child, or what the shell has become. */
const launcherOf = (npm: ChildProcess) =>
  found(npm, (words) => words.startsWith('node') && words.includes('launch.cjs'))
const windowOf = (npm: ChildProcess) => found(npm, (words) => words.startsWith(electronProgram!))

/** The first process of npm's group whose command is that. */
function found({ pid }: ChildProcess, wanted: (words: string) => boolean): number | undefined {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,pgid=,args='], { encoding: 'utf8' }).split('\n')
  for (const line of lines) {
    const [, own, group, words = ''] = /^ *(\d+) +(\d+) (.*)$/.exec(line) ?? []
    if (Number(group) === pid && wanted(words)) return Number(own)
  }
  return undefined
}
