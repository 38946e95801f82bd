/** Files that are something other than IDX data: recognised by their first bytes, and named for what they are. */
import { AppError } from '../../preload/errors'

const sendElsewhere = 'Delete it and download the file from another address; see data/README.md for two.'

interface Kind {
  readonly code: string
  /** After the file's name. */
  readonly is: string
  readonly remedy: string
}

const archives: readonly [start: string, name: string][] = [
  ['504b0304', 'a ZIP archive'],
  ['28b52ffd', 'compressed with Zstandard (.zst)'],
  ['fd377a585a00', 'compressed with xz'],
  ['425a68', 'compressed with bzip2'],
  ['377abcaf271c', 'a 7z archive'],
  ['52617221', 'a RAR archive'],
  ['04224d18', 'compressed with LZ4'],
  ['1f9d', 'compressed with compress (.Z)'],
]

/**
 * @param start the first bytes, unzipped where the file is a gzip archive
 * @param name the file's name, for the message
 * @throws AppError `data/…`, one code for each thing that a file can be instead
 */
export function assertNotForeign(start: Uint8Array, gzipped: boolean, name: string): void {
  const kind = emptyKind(start) ?? archiveKind(start, gzipped) ?? textKind(start) ?? zeros(start)
  if (kind === undefined) return
  const { code, is, remedy } = kind
  const text = code === 'data/message' ? { details: Buffer.from(start).toString('utf8') } : {}
  throw new AppError(code, `${name} ${is}.`, remedy, text)
}

function emptyKind({ length }: Uint8Array): Kind | undefined {
  if (length > 0) return undefined
  const remedy = 'The download did not finish. Delete it and download it again.'
  return { code: 'data/empty', is: 'is empty', remedy }
}

function archiveKind(start: Uint8Array, gzipped: boolean): Kind | undefined {
  const bytes = Buffer.from(start).toString('hex', 0, 8)
  if (bytes.startsWith('1f8b')) {
    const remedy = 'Unzip it (gunzip) until it is no longer a gzip archive, then try again.'
    return { code: 'data/gzip-nested', is: 'is a gzip archive inside gzip archives', remedy }
  }
  const archive = archives.find(([magic]) => bytes.startsWith(magic))
  if (archive === undefined && !isTar(start)) return undefined
  const is = `${gzipped ? 'holds what is' : 'is'} ${archive?.[1] ?? 'a tar archive'}`
  return { code: 'data/archive', is, remedy: 'Unpack it and pick the folder with the files inside.' }
}

function isTar(start: Uint8Array): boolean {
  return Buffer.from(start.subarray(257, 262)).toString('latin1') === 'ustar'
}

function textKind(start: Uint8Array): Kind | undefined {
  const text = Buffer.from(start.subarray(0, 64)).toString('latin1').replace('\xef\xbb\xbf', '').trimStart()
  if (text.startsWith('<')) {
    const is = 'is a web page, not MNIST data: the server sent a page (an error or a login) instead of the file'
    return { code: 'data/web-page', is, remedy: sendElsewhere }
  }
  if (text.startsWith('version https://git-lfs')) {
    const is = 'only points to the data (Git LFS): the data itself was never fetched'
    const remedy = 'Run `git lfs pull` where it came from, or download the file itself.'
    return { code: 'data/lfs-pointer', is, remedy }
  }
  // seven characters: a header has zeros among its first four bytes
  if (!/^[\t\n\r\x20-\x7e]{7}/.test(text)) return undefined
  if (/^[[{]/.test(text)) {
    const is = 'is a message in JSON, not MNIST data: the server answered with it instead of the file'
    return { code: 'data/message', is, remedy: sendElsewhere }
  }
  const is = `is a text, not MNIST data; it begins with “${text
    .replace(/[\n\r].*/s, '')
    .slice(0, 40)
    .trim()}”`
  return {
    code: 'data/text',
    is,
    remedy: 'Pick a folder with MNIST’s own four files; other formats must be converted.',
  }
}

function zeros(start: Uint8Array): Kind | undefined {
  if (start.length < 4 || start.some((byte) => byte !== 0)) return undefined
  const is = 'holds zeros where its header should be: room was made for it, and the data never came'
  return { code: 'data/zeros', is, remedy: 'The download did not finish. Delete it and download it again.' }
}
