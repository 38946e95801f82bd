/** `npm start` where the real Electron cannot open a window: the tab, said in one sentence. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { buildFor } from '../../main/build.mjs'
import { patience, skipped } from './app'
import { openDisplay, type Display } from './display'

const launcher = resolve(import.meta.dirname, '../../main/launch.cjs')

describe.skipIf(skipped || process.platform !== 'linux')('npm start opens the tab and says why', () => {
  let folder: string
  let display: Display
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vlae-no-window-'))
    display = await openDisplay()
    await buildFor('start')
  })
  afterAll(async () => {
    display?.close()
    await rm(folder, { recursive: true, force: true })
  })

  // over ssh; in a screen session that has outlived the connection it came with; as root, whom a container has and
  // Chromium's sandbox refuses
  const [none, gone] = [{ DISPLAY: '', WAYLAND_DISPLAY: '' }, { DISPLAY: ':987' }]
  it('without a display', async () => {
    expect(await start(none)).toBe('There is no display for a window here, so the app opens in the browser.')
  })
  const cannot = 'Electron cannot open a window here, so the app opens in the browser.'
  it('with a display that is gone', async () => {
    expect(await start(gone)).toBe(cannot)
  })
  it.skipIf(process.getuid?.() !== 0)('as root', async () => {
    expect(await start(display.environment)).toBe(cannot)
  })

  /** Starts the app until its tab answers. Gives the sentence before its address. */
  async function start(environment: Readonly<Record<string, string>>): Promise<string> {
    const child = spawn(process.execPath, [launcher, 'start', '--no-open'], {
      cwd: folder,
      env: { ...process.env, HOME: folder, XDG_CONFIG_HOME: join(folder, 'config'), ...environment },
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()))
    const ended = new Promise((done) => child.once('exit', done))
    try {
      const url = await vi.waitUntil(() => {
        if (child.exitCode !== null) throw new Error(`It has ended: ${said}`)
        return /ready: (\S+)/.exec(said)?.[1]
      }, patience)
      expect((await fetch(url, { redirect: 'manual' })).status).toBeLessThan(400)
      // and nothing of what Electron has said
      expect(said).not.toMatch(/ERROR|FATAL|sandbox|ozone/i)
    } finally {
      child.kill('SIGINT')
    }
    expect(await ended).toBe(0)
    return said.split('\n')[0]!
  }
})
