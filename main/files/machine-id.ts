/**
 * Tells this computer from others of the same name. What the system knows itself by is never written down: only a hash
 * of it that is this app's own, as machine-id(5) asks for.
 */
import { createHmac } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { said } from './said'

/** Null where it cannot be told: computers that are made from one image may have one in common, or none. */
export async function machineId(platform: NodeJS.Platform = process.platform): Promise<string | null> {
  const id = await idOf(platform).catch(() => null)
  return id === null ? null : createHmac('sha256', id).update('vlae-studio lock').digest('hex').slice(0, 32)
}

async function idOf(platform: NodeJS.Platform): Promise<string | null> {
  if (platform === 'linux') {
    // a container's is that of its image, wherever that runs
    if ((await readlink('/proc/self/ns/pid')) !== firstPidSpace) return null
    return /^[0-9a-f]{32}$/m.exec(await readFile('/etc/machine-id', 'utf8'))?.[0] ?? null
  }
  if (platform === 'darwin') return uuidIn(await said('ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice']))
  if (platform === 'win32') return uuidIn(await said('reg.exe', ['query', windowsKey, '/v', 'MachineGuid']))
  return null
}

/** That of the system itself, as the kernel numbers it (PROC_PID_INIT_INO). */
const firstPidSpace = 'pid:[4026531836]'
const windowsKey = String.raw`HKLM\SOFTWARE\Microsoft\Cryptography`

/** The UUID behind the one of the two names that a program has said. */
export function uuidIn(text: string | null): string | null {
  return /(?:IOPlatformUUID|MachineGuid)["\s=]+(?:REG_SZ\s+)?"?([0-9a-f-]{36})\b/i.exec(text ?? '')?.[1] ?? null
}
