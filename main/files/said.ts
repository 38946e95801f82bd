/** What a program of the system says. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Its output in no language and no time zone; null where it says nothing. @throws where it cannot be run, or fails */
export async function said(command: string, args: readonly string[]): Promise<string | null> {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' }
  const { stdout } = await promisify(execFile)(command, args, { env, timeout: 10_000, windowsHide: true })
  return stdout.trim() || null
}
