/**
 * What the system refuses, in words: recognised by the codes and sentences of Node, V8 and the libraries below. Plain
 * JavaScript: main/build.mjs needs it before anything is built.
 */

/**
 * `code` is an AppError's; `reason` completes "… could not be written: …".
 * @typedef {{ readonly code: string, readonly reason: string, readonly remedy: string }} Refusal
 */

/** @type {(code: string, reason: string, remedy: string) => Refusal} */
const refusal = (code, reason, remedy) => ({ code, reason, remedy })

const full = refusal(
  'disk/full',
  'the disk is full',
  'Free some space on that disk (many small files fill it, too), then go on; what was saved before is untouched.',
)
const tooLarge = refusal(
  'disk/file-too-large',
  'the file would be larger than its disk or this session allows',
  'Pick a folder on a disk that holds large files (FAT32 stops at 4 GB), or raise the limit (`ulimit -f`).',
)
const tooLargeToRead = refusal(
  'disk/file-too-large',
  'the file is too large to be read at once',
  'It is none of the app’s own: pick another one.',
)
const denied = refusal(
  'disk/denied',
  'access is not allowed',
  'Give yourself the right to read and write there, close programs that hold it open, or pick another folder.',
)
const missing = refusal(
  'disk/not-found',
  'it is not there',
  'Check the path; if it is on a removable or network disk, connect it again.',
)
const failing = refusal(
  'disk/io',
  'the disk or its connection reported an error',
  'Check the disk and its connection, or pick a folder on another disk; what was saved before is untouched.',
)
const wrongKind = refusal(
  'disk/wrong-kind',
  'a file stands where a folder is needed, or a folder where a file is',
  'Pick another path.',
)
const taken = refusal(
  'disk/exists',
  'something of that name is there already',
  'Pick another name, or move what is there to another place.',
)
const notEmpty = refusal(
  'disk/not-empty',
  'there is more in it than the app knows of, or another program is writing there',
  'Look into that folder; then try again.',
)
const badName = refusal(
  'disk/bad-name',
  'that disk does not take such a name, or not what was asked of it',
  'Pick a name without : ? * " < > | and without control characters (exFAT and NTFS refuse them), or another disk.',
)
const longName = refusal(
  'disk/name-too-long',
  'its name or path is too long',
  'Pick a shorter name, or a folder nearer to the root.',
)
const loop = refusal(
  'disk/link-loop',
  'a symbolic link in its path leads back to itself, or the links are too many',
  'Mend or remove that link, or pick another path.',
)
const otherDisk = refusal(
  'disk/other-disk',
  'it would have to move from one disk to another',
  'Pick a folder on the same disk, or one that is no mount point.',
)
const unsupported = refusal(
  'disk/not-supported',
  'that disk does not offer what is needed',
  'Pick a folder on another disk, best on one of this machine.',
)
const noPlace = refusal(
  'system/no-current-folder',
  'the folder that it was started in is not there any more',
  'Go to another folder (`cd`), then start again.',
)
const openFiles = refusal(
  'disk/too-many-open',
  'too many files are open',
  'Close other programs, or raise the limit (`ulimit -n`); then try again.',
)
const processes = refusal(
  'system/too-many-processes',
  'the system allows no more processes or threads',
  'Close other programs, train with fewer `--threads`, or raise the limit (`ulimit -u`, a container’s pids limit).',
)
const memory = refusal(
  'system/out-of-memory',
  'there is not enough memory',
  'Close other programs, take fewer images a step or fewer threads, or raise the limit (`ulimit -v`, a container’s memory).',
)

/** @type {Readonly<Record<string, Refusal>>} */
const byCode = {
  ENOSPC: full,
  EDQUOT: full,
  EFBIG: tooLarge,
  ERR_FS_FILE_TOO_LARGE: tooLargeToRead,
  ERR_STRING_TOO_LONG: tooLargeToRead,
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
  EREMOTEIO: failing,
  ENOTCONN: failing,
  ENOLINK: failing,
  ETIMEDOUT: failing,
  EHOSTDOWN: failing,
  EISDIR: wrongKind,
  ENOTDIR: wrongKind,
  EEXIST: taken,
  ENOTEMPTY: notEmpty,
  EINVAL: badName,
  EILSEQ: badName,
  ENAMETOOLONG: longName,
  ELOOP: loop,
  EXDEV: otherDisk,
  ENOTSUP: unsupported,
  EOPNOTSUPP: unsupported,
  ENOSYS: unsupported,
  EMFILE: openFiles,
  ENFILE: openFiles,
  EAGAIN: processes,
  ERR_WORKER_INIT_FAILED: processes,
  ENOMEM: memory,
  ERR_MEMORY_ALLOCATION_FAILED: memory,
  ERR_WORKER_OUT_OF_MEMORY: memory,
}

/**
 * What has no code: V8's RangeErrors, and what ONNX Runtime passes on of C++.
 * @type {readonly (readonly [RegExp, Refusal])[]}
 */
const bySentence = [
  [
    /out of memory|process OOM|allocation failed|could not allocate|failed to allocate|bad_alloc|cannot allocate/i,
    memory,
  ],
  [/without null bytes/, badName],
  [/resource temporarily unavailable|pthread_create/i, processes],
]

/**
 * Undefined for what is no refusal of the system's: a mistake of the app's own, most likely.
 *
 * @param {unknown} thrown
 * @returns {Refusal | undefined}
 */
export function refusalOf(thrown) {
  if (!(thrown instanceof Error)) return undefined
  const { code, syscall } = /** @type {{ code?: unknown, syscall?: unknown }} */ (thrown)
  if (syscall === 'uv_cwd') return noPlace
  if (typeof code === 'string' && Object.hasOwn(byCode, code)) return byCode[code]
  return bySentence.find(([sentence]) => sentence.test(thrown.message))?.[1]
}
