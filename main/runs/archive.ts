/** A run as one file, a ZIP of its folder: written here, and taken in elsewhere as a run of its own, which goes on exactly. */
import { mkdir, rmdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { mostBrought } from '../../preload/contract'
import { AppError, quote } from '../../preload/errors'
import { isTemporary, writeNew, writePieces } from '../files/atomic'
import { diskError } from '../files/disk-error'
import { disk } from '../files/layer'
import { isHeld } from '../files/lock'
import { ZipWriter, type ZipFile } from '../files/zip'
import { openZip, type Entry, type OpenZip } from '../files/zip-reader'
import { hasRunName, makeRunFolder, readRunFile } from './folder'
import { isRunId } from './ids'
import { dataName, epochsOf, isOwnName, lockName, optimizerName, resumeName, runFileName, weightsName } from './names'
import { dropStage, makeStage, sweepStages } from './stage'

/** What an archive holds: of its files only one is ever held. */
const most = { mostBytes: mostBrought.run, mostOfOne: mostBrought.weights, mostFiles: 20_000 }

/** What systems add to archives of their own accord. */
const ofSystems = /^__MACOSX\/|(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini)$/

/**
 * @param epoch of the checkpoint that is wanted alone; without, all of them, and what training goes on from
 * @returns the files that are in it
 * @throws AppError as `filesToPack` does
 */
export async function packRun(folder: string, path: string, epoch?: number): Promise<string[]> {
  const names = await filesToPack(folder, epoch)
  try {
    await writePieces(path, packed(folder, names))
  } catch (error) {
    throw diskError(error, 'packed', folder)
  }
  return names
}

/** The archive of these files of a run, one behind the other. */
async function* packed(folder: string, names: readonly string[]): AsyncGenerator<Uint8Array> {
  const writer = new ZipWriter()
  for (const name of names) yield* writer.add(await fileToPack(folder, name))
  yield writer.end()
}

/** A file of a run, as an archive of the run holds it. */
export async function fileToPack(folder: string, name: string): Promise<ZipFile> {
  return { name: `${basename(folder)}/${name}`, data: await disk.read(join(folder, name)) }
}

/** The files of a run that are packed. @throws AppError `run/in-use` while it trains, `run/no-checkpoint`, `run/too-large`, `run/…`, `disk/…` */
export async function filesToPack(folder: string, epoch?: number): Promise<string[]> {
  await readRunFile(folder)
  if (await isHeld(join(folder, lockName)))
    throw new AppError('run/in-use', 'This run is being trained.', 'Stop it first; it can be resumed. Then pack it.')
  const names = (await disk.list(folder)).filter((name) => isPacked(name) && isWanted(name, epoch)).toSorted()
  if (epoch !== undefined && !names.includes(weightsName(epoch)))
    throw new AppError('run/no-checkpoint', `This run has no checkpoint of epoch ${epoch}.`, 'Pick another epoch.')
  try {
    let size = 0
    for (const name of names) size += await disk.size(join(folder, name))
    if (size > most.mostBytes) throw tooLarge(folder, size)
  } catch (error) {
    throw diskError(error, 'packed', folder)
  }
  return names
}

/** The lock is this machine's, and where its data is now is, too. */
function isPacked(name: string): boolean {
  return isOwnName(name) && !isTemporary(name) && !name.startsWith(lockName) && name !== dataName
}

function isWanted(name: string, epoch: number | undefined): boolean {
  if (epoch === undefined) return true
  const epochs = [weightsName, optimizerName].flatMap((nameOf) => epochsOf([name], nameOf))
  return name !== resumeName && epochs.every((of) => of === epoch)
}

/** What came of taking a run in. */
export interface Imported {
  /** Absolute path of its folder. */
  readonly folder: string
  /** What the run is called. */
  readonly name: string
  /** Files of the archive that are none of a run's, and were left out. */
  readonly left: readonly string[]
}

/** Of taking a run in, which can be given up until it is whole. */
export interface ImportOptions {
  readonly signal?: AbortSignal
  /** Called with what is written of all files. */
  readonly onProgress?: (done: number, total: number) => void
}

/**
 * Takes a run in, as a new folder: nothing that is there is touched, and nothing is written elsewhere.
 *
 * @throws AppError `zip/…`, `import/no-run`, `import/unsafe`, `import/too-large`, `run/damaged`, `disk/…`; the signal's
 *   reason; nothing is left then
 */
export async function importRun(file: string, resultFolder: string, options: ImportOptions = {}): Promise<Imported> {
  const archive = await openArchive(file)
  try {
    return await unpack(archive, file, resolve(resultFolder), options)
  } finally {
    await archive.close()
  }
}

async function unpack(
  archive: OpenZip,
  file: string,
  results: string,
  { signal, onProgress }: ImportOptions,
): Promise<Imported> {
  const { folder: home, files, left } = runIn(archive.entries, file)
  signal?.throwIfAborted()
  await sweepStages(results)
  const stage = await makeStage(results)
  try {
    for (const [i, { name: own, entry }] of files.entries()) {
      const data = await archive.data(entry).catch((error: unknown) => {
        throw diskError(error, 'read', file)
      })
      await writeNew(join(stage, own), data)
      signal?.throwIfAborted()
      onProgress?.(i + 1, files.length)
    }
    const { name } = await readRunFile(stage).catch((thrown: unknown) => {
      throw inArchive(thrown, file, stage)
    })
    const folder = await freeFolder(results, home, name)
    // Windows moves no folder onto another, and an empty one has kept the name so far
    await rmdir(folder)
    await disk.rename(stage, folder)
    await disk.syncFolder(results)
    return { folder, name, left }
  } catch (error) {
    throw diskError(error, 'written', results)
  } finally {
    await dropStage(stage)
  }
}

async function openArchive(path: string): Promise<OpenZip> {
  try {
    if ((await disk.size(path)) > most.mostBytes)
      throw new AppError('import/too-large', `${path} is larger than the ${most.mostBytes} bytes that are taken in.`, 'Unpack it, and put its folder into the result folder.') // prettier-ignore
    const archive = await openZip(path, most)
    if (archive === null) throw noRun(path, 'is no ZIP archive')
    return archive
  } catch (error) {
    throw diskError(error, 'read', path)
  }
}

/** The run's own files by their bare names, of whichever folder of the archive run.json is in. */
function runIn(all: readonly Entry[], archive: string) {
  const entries = all.filter(({ path }) => !ofSystems.test(path))
  for (const { path } of entries)
    if (isUnsafe(path))
      throw new AppError(
        'import/unsafe',
        `${archive} holds a file whose name leads out of its folder: ${quote(path)}. Nothing of it was written.`,
        'Do not use it: no app packs runs so.',
      )
  const places = entries.flatMap(({ path }) => (path.split('/').at(-1) === runFileName ? [path.slice(0, -runFileName.length)] : [])) // prettier-ignore
  const [place, ...others] = places
  if (place === undefined) throw noRun(archive, `has no ${runFileName} in it`)
  if (others.length > 0) throw noRun(archive, `holds ${places.length} runs`)
  const files: { name: string; entry: Entry }[] = []
  const left: string[] = []
  for (const entry of entries) {
    const name = entry.path.slice(place.length)
    if (entry.path.startsWith(place) && !name.includes('/') && isPacked(name)) files.push({ name, entry })
    else left.push(entry.path)
  }
  const folder = place.split('/').at(-2) ?? ''
  return { folder, files, left }
}

/** Absolute, upwards, of Windows' kind, or with signs that no file name has. */
function isUnsafe(path: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return /^\/|\\|^[a-z]:|[\u0000-\u001f]/i.test(path) || path.split('/').some((part) => part === '..' || part === '.')
}

/** An empty folder of this name, or with a number behind it: made, so that nobody else can take it. */
async function freeFolder(results: string, name: string, called: string): Promise<string> {
  if (!isRunId(name) || !hasRunName(name)) return makeRunFolder(results, called)
  for (let attempt = 1; ; attempt++) {
    const folder = join(results, attempt === 1 ? name : `${name}-${attempt}`)
    const made = await mkdir(folder).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false
        throw error
      },
    )
    if (made) return folder
  }
}

/** What is wrong with a file of the archive is told of the archive. */
function inArchive(thrown: unknown, archive: string, stage: string): AppError {
  const { code, message } = AppError.from(thrown)
  const said = message.replaceAll(stage, archive)
  return new AppError(code, said, 'Pack the run again where it came from.', { cause: thrown })
}

function noRun(archive: string, what: string): AppError {
  return new AppError('import/no-run', `${archive} ${what}.`, 'Take a file that VLAE Studio has written: `export` with `--format zip`, or Take along, the whole run.') // prettier-ignore
}

function tooLarge(folder: string, size: number): AppError {
  return new AppError(
    'run/too-large',
    `${folder} holds ${size} bytes; a run is packed as one file up to ${most.mostBytes}.`,
    `Delete some of its checkpoints in the app, copy the folder, or let a terminal pack one checkpoint: \`export ${basename(folder)} --format zip --epoch N\`.`,
  )
}
