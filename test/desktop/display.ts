/** Where a window can be shown in a test: a display of the test's own where Xvfb is installed, so that nobody's is used. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'

const own = process.platform === 'linux' && isThere('Xvfb')
const theirs =
  process.platform !== 'linux' || Boolean(process.env['DISPLAY']) || Boolean(process.env['WAYLAND_DISPLAY'])
export const displayIsThere = own || theirs

export interface Display {
  /** What a program needs to find it. */
  readonly environment: Readonly<Record<string, string>>
  close(): void
}

/** With a window manager where Openbox is installed: without one no window has the keyboard. */
export async function openDisplay(): Promise<Display> {
  if (!own) return { environment: {}, close: () => undefined }
  const server = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const environment = { DISPLAY: `:${await firstLine(server)}`, WAYLAND_DISPLAY: '' }
  const manager = isThere('openbox')
    ? spawn('openbox', [], { env: { ...process.env, ...environment }, stdio: 'ignore' })
    : null
  return {
    environment,
    close() {
      manager?.kill()
      server.kill()
    },
  }
}

export function isThere(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function firstLine({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    stdout!.on('data', (data: Buffer) => {
      text += data.toString()
      if (text.includes('\n')) resolve(text.trim())
    })
    stdout!.once('end', () => reject(new Error('Xvfb has no display to give.')))
  })
}

/** Chromium’s sandbox refuses root, whom a container may have. */
export const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
