/**
 * The kernels' build: AssemblyScript to WebAssembly, whenever main is bundled or tested. What was compiled once lies in
 * out/kernels under the hash of its sources and of the compiler's version, and costs nothing the next time.
 */
import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const main = resolve(import.meta.dirname, '..')
const sources = join(main, 'engine/kernels/assembly')
/** The module that the bytes are put into. */
const place = /engine[\\/]kernels[\\/]compiled\.ts$/
const cache = resolve(main, '../out/kernels')
/**
 * No relaxed vector instructions: they may give other bits on another machine. The memory is the caller's, of any size: at
 * least one page, and at most all that 32 bits can tell apart.
 */
const options =
  '-O3 --noAssert --runtime stub --enable simd,threads --importMemory --noExportMemory --sharedMemory ' +
  '--initialMemory 1 --maximumMemory 65536'

/** A Vite plugin: `compiled.ts` holds the kernels' WebAssembly module in base64. */
export function kernels() {
  let bytes
  return {
    name: 'kernels',
    load: {
      filter: { id: place },
      async handler() {
        for (const file of Object.keys(sourceFiles())) this.addWatchFile(join(sources, file))
        bytes ??= compiled()
        const text = Buffer.from(await bytes).toString('base64')
        return `export const compiled = ${JSON.stringify(text)}`
      },
    },
  }
}

/** The module's bytes. @throws Error with what the compiler says of the sources */
async function compiled() {
  const files = sourceFiles()
  const { version } = JSON.parse(await packageFile())
  const hash = createHash('sha256')
    .update(JSON.stringify([files, options, version]))
    .digest('hex')
    .slice(0, 16)
  const file = join(cache, `${hash}.wasm`)
  const kept = await readFile(file).catch(() => undefined)
  if (kept) return kept
  const made = await compile()
  await keep(file, made)
  return made
}

/** @throws Error in Vite's words for a package that is not there, by which main/build.mjs knows that */
async function packageFile() {
  const file = resolve(main, '../node_modules/assemblyscript/package.json')
  return readFile(file, 'utf8').catch((cause) => {
    throw new Error('Failed to resolve import "assemblyscript"', { cause })
  })
}

function sourceFiles() {
  const names = readdirSync(sources).filter((name) => name.endsWith('.ts'))
  return Object.fromEntries(names.toSorted().map((name) => [name, readFileSync(join(sources, name), 'utf8')]))
}

/** In a process of its own: Vite closes what has loaded its configuration before this is first asked for, imports with it. */
async function compile() {
  const folder = await mkdtemp(join(tmpdir(), 'vlae-kernels-'))
  try {
    const out = join(folder, 'kernels.wasm')
    const asc = resolve(main, '../node_modules/assemblyscript/bin/asc.js')
    await run(process.execPath, [asc, 'index.ts', ...options.split(' '), '--outFile', out], { cwd: sources })
    return await readFile(out)
  } catch (error) {
    const said = `The kernels in main/engine/kernels/assembly could not be compiled.\n${error.stderr ?? error.message}`
    throw new Error(said, { cause: error })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Whole or not at all. A folder that cannot be written to costs the next build its second. */
async function keep(file, bytes) {
  const beside = `${file}.${randomUUID()}`
  try {
    await mkdir(cache, { recursive: true })
    await writeFile(beside, bytes)
    await rename(beside, file)
  } catch {
    await rm(beside, { force: true }).catch(() => undefined)
  }
}
