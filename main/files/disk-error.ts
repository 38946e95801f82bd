/** What the file system refuses, as an error that a person can act on. */
import { AppError } from '../../preload/errors'

interface Refusal {
  readonly code: string
  readonly reason: string
  readonly remedy: string
}

const full: Refusal = {
  code: 'disk/full',
  reason: 'the disk is full',
  remedy: 'Free some space on that disk, then go on; what was saved before is untouched.',
}
const denied: Refusal = {
  code: 'disk/denied',
  reason: 'access is not allowed',
  remedy: 'Give yourself the right to read and write there, close programs that hold it open, or pick another folder.',
}
const missing: Refusal = {
  code: 'disk/not-found',
  reason: 'it is not there',
  remedy: 'Check the path; if it is on a removable or network disk, connect it again.',
}
const failing: Refusal = {
  code: 'disk/io',
  reason: 'the disk reported an error',
  remedy: 'Check the disk and its connection, or pick a folder on another disk; what was saved before is untouched.',
}
const wrongKind: Refusal = {
  code: 'disk/wrong-kind',
  reason: 'a file stands where a folder is needed, or a folder where a file is',
  remedy: 'Pick another path.',
}
const busy: Refusal = {
  code: 'disk/too-many-open',
  reason: 'too many files are open',
  remedy: 'Close other programs, then try again.',
}

const refusals: Readonly<Record<string, Refusal>> = {
  ENOSPC: full,
  EDQUOT: full,
  EFBIG: full,
  EACCES: denied,
  EPERM: denied,
  EROFS: denied,
  EBUSY: denied,
  ETXTBSY: denied,
  ENOENT: missing,
  ENODEV: missing,
  ENXIO: missing,
  EIO: failing,
  ESTALE: failing,
  EISDIR: wrongKind,
  ENOTDIR: wrongKind,
  EMFILE: busy,
  ENFILE: busy,
}

/**
 * A thrown value of Node's file calls as an AppError; an AppError stays as it is.
 *
 * @param action what was tried, as in "could not be …": `written`, `read`.
 */
export function diskError(thrown: unknown, action: string, path: string): AppError {
  if (thrown instanceof AppError) return thrown
  const refusal = refusals[systemCode(thrown) ?? ''] ?? {
    code: 'disk/failed',
    reason: thrown instanceof Error ? thrown.message : String(thrown),
    remedy: 'Try again, or pick another folder; what was saved before is untouched.',
  }
  return new AppError(refusal.code, `${path} could not be ${action}: ${refusal.reason}.`, refusal.remedy, {
    cause: thrown,
  })
}

/** The code of a system error (`ENOSPC`), if it is one. */
export function systemCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
}
