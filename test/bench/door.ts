/** The app as `npm start` serves it to a browser, in a folder of its own: neither settings nor runs are this machine's. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { AppSettings } from '../../preload/contract'
import { nodeFlags } from './measure'

const root = resolve(import.meta.dirname, '../..')

export interface Door {
  readonly url: string
  /** Of its process. */
  readonly pid: number
  /** Saves what trains, and ends. */
  close(): Promise<void>
}

/** @param settings what differs from the defaults; runs go into `result` in the folder */
export async function openDoor(
  folder: string,
  settings: Partial<Record<keyof AppSettings, unknown>> = {},
): Promise<Door> {
  const config = join(folder, 'config')
  mkdirSync(join(config, 'vlae-studio'), { recursive: true })
  writeFileSync(join(config, 'vlae-studio', 'settings.json'), JSON.stringify(settings))
  const child = spawn(process.execPath, [...nodeFlags, join(root, 'main/launch.cjs'), 'browser', '--no-open'], {
    cwd: folder,
    env: { ...process.env, HOME: folder, APPDATA: folder, XDG_CONFIG_HOME: config },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await ready(child)
  return {
    url,
    pid: child.pid!,
    async close() {
      const ended = new Promise((done) => child.once('exit', done))
      child.kill('SIGINT')
      await ended
    },
  }
}

function ready(child: ChildProcess): Promise<string> {
  return new Promise((found, failed) => {
    let text = ''
    child.stdout!.on('data', (data: Buffer) => {
      text += data.toString()
      const url = /ready: (\S+)/.exec(text)?.[1]
      if (url !== undefined) found(url)
    })
    child.once('exit', () => failed(new Error(`The app ended before it was ready. ${text}`)))
  })
}
