/** Uploads: files that a page hands over piece by piece, kept until they are used, given up, or the page goes. */
import { basename, join } from 'node:path'
import { kindOfFile, mostBrought, type GivenFile } from '../../preload/contract'
import { AppError, quote } from '../../preload/errors'
import { diskError } from '../files/disk-error'
import { disk, type OpenFile } from '../files/layer'
import { dropStage, makeStage, sweepStages } from '../runs/stage'

/** Of one page at a time. */
const mostUploads = 4

interface Upload {
  /** As the page has called it. */
  readonly name: string
  readonly size: number
  readonly stage: string
  readonly path: string
  readonly file: OpenFile
  /** Bytes that have come; those that are not written yet among them. */
  come: number
  /** Ends when all that has come is written. */
  written: Promise<void>
  /** What reads it: it is removed after that. */
  readonly uses: Set<Promise<unknown>>
}

/** Of one page. */
export class Uploads {
  private readonly held = new Map<string, Upload>()
  private last = 0
  private beginning = 0
  private closed = false

  /** @param results the result folder: what is uploaded lies there, on the disk that it is meant for */
  constructor(private readonly results: () => string) {}

  /** @returns what it is called from now on @throws AppError `upload/unknown-kind`, `upload/too-large`, `upload/too-many`, `disk/…` */
  async begin({ name: given, size }: { name: string; size: number }): Promise<string> {
    const name = basename(given.replaceAll('\\', '/'))
    const kind = kindOfFile(name)
    if (kind === null) throw unknownKind(name)
    if (size > mostBrought[kind]) throw tooLarge(name, size, mostBrought[kind])
    if (this.held.size + this.beginning >= mostUploads) throw tooMany()
    this.beginning++
    try {
      await sweepStages(this.results())
      const stage = await makeStage(this.results())
      const path = join(stage, fileName(name))
      const file = await disk.create(path).catch(async (error: unknown) => {
        await dropStage(stage)
        throw diskError(error, 'written', this.results())
      })
      const id = `upload-${++this.last}`
      this.held.set(id, { name, size, stage, path, file, come: 0, written: Promise.resolve(), uses: new Set() })
      // the page has gone meanwhile
      if (this.closed) await this.drop(id)
      return id
    } finally {
      this.beginning--
    }
  }

  /** Writes a piece behind those before it. @throws AppError `upload/broken`, `upload/none`, `disk/…` */
  async add({ upload, at, bytes }: { upload: string; at: number; bytes: Uint8Array }): Promise<void> {
    const held = this.of(upload)
    if (at !== held.come || at + bytes.length > held.size) throw broken(held)
    held.come += bytes.length
    held.written = held.written.then(() => held.file.write(bytes, at))
    await held.written.catch((error: unknown) => {
      throw diskError(error, 'written', this.results())
    })
  }

  /**
   * Does something with a file by its path; what is said of an upload calls it by its name. It is kept.
   *
   * @throws AppError `upload/none`, `upload/broken` where not all of it has come, and what the work throws
   */
  async use<T>(file: GivenFile, work: (path: string, name: string) => Promise<T>): Promise<T> {
    if ('path' in file) return work(file.path, basename(file.path))
    const held = this.of(file.upload)
    if (held.come < held.size) throw broken(held)
    const using = held.written.then(() => work(held.path, held.name))
    held.uses.add(using)
    try {
      return await using
    } catch (thrown) {
      throw named(AppError.from(thrown), held)
    } finally {
      held.uses.delete(using)
    }
  }

  /** Removes it, once nothing reads it any more. One that is not there is no error. */
  async drop(upload: string): Promise<void> {
    const held = this.held.get(upload)
    if (held === undefined) return
    this.held.delete(upload)
    await Promise.allSettled([held.written, ...held.uses])
    await held.file.close().catch(() => undefined)
    await dropStage(held.stage)
  }

  /** The page is gone. */
  async close(): Promise<void> {
    this.closed = true
    await Promise.all([...this.held.keys()].map((upload) => this.drop(upload)))
  }

  private of(upload: string): Upload {
    const held = this.held.get(upload)
    if (held !== undefined) return held
    throw new AppError('upload/none', 'This file is not here any more.', 'Choose it again.')
  }
}

/** What no file system takes for anything but a name; a run that begins with the file is told by it. */
function fileName(name: string): string {
  const [, stem = '', end = ''] = /^(.*)(\.\w+)$/.exec(name) ?? []
  const safe = stem.replaceAll(/[^\p{L}\p{N}._ ()+-]/gu, '_').replace(/^[. ]+/, '')
  // of letters of four bytes a name has 255 bytes at most
  return `${[...safe].slice(0, 50).join('') || 'file'}${end}`
}

function named({ code, message, remedy, details }: AppError, { path, name }: Upload): AppError {
  const said = (text: string): string => text.replaceAll(path, name)
  return new AppError(code, said(message), said(remedy), details === undefined ? {} : { details: said(details) })
}

function unknownKind(name: string): AppError {
  return new AppError(
    'upload/unknown-kind',
    `${quote(name)} is neither a run (.zip) nor weights (.pt, .pth, .safetensors).`,
    'Take a file that one of them is in.',
  )
}

function tooLarge(name: string, size: number, most: number): AppError {
  return new AppError(
    'upload/too-large',
    `${quote(name)} has ${size} bytes; ${most} at most are taken in.`,
    'Of a run: unpack it, and put its folder into the result folder.',
  )
}

function tooMany(): AppError {
  return new AppError('upload/too-many', `${mostUploads} files are being handed over already.`, 'Wait for them first.')
}

function broken({ name }: Upload): AppError {
  return new AppError('upload/broken', `${quote(name)} has not come whole.`, 'Choose it again.')
}
