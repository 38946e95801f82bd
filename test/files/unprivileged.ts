/** Rights count for everybody but root: what is to be refused is asked for as somebody else. */
import { chmodSync } from 'node:fs'

const root = process.getuid?.() === 0
const nobody = 65_534

/** Whether there is nobody here that a folder can be closed to. */
export const noRights = process.platform === 'win32'

/** Does this as a user whom rights bind. */
export async function unprivileged<T>(work: () => Promise<T>): Promise<T> {
  if (root) process.seteuid!(nobody)
  try {
    return await work()
  } finally {
    if (root) process.seteuid!(0)
  }
}

/** Sets a folder's or file's rights, also from within the above. */
export function allow(path: string, mode: number): void {
  const user = process.geteuid?.()
  if (root) process.seteuid!(0)
  chmodSync(path, mode)
  if (root) process.seteuid!(user!)
}
