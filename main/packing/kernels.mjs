/**
 * The kernels' build: AssemblyScript to WebAssembly, whenever main is bundled or tested. What was compiled once lies in
 * out/kernels under the hash of its sources and of the compiler's version, and costs nothing the next time.
 */
import { createHash, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

const main = resolve(import.meta.dirname, '..')
const sources = join(main, 'engine/kernels/assembly')
/** The module that the bytes are put into. */
const place = 'engine/kernels/compiled.ts'
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
    async load(id) {
      if (!id.replaceAll('\\', '/').endsWith(place)) return null
      for (const file of Object.keys(sourceFiles())) this.addWatchFile(join(sources, file))
      bytes ??= compiled()
      const text = Buffer.from(await bytes).toString('base64')
      return `export const compiled = ${JSON.stringify(text)}`
    },
  }
}

/** The module's bytes. @throws Error with what the compiler says of the sources */
async function compiled() {
  const files = sourceFiles()
  const { version } = JSON.parse(await readFile(resolve(main, '../node_modules/assemblyscript/package.json'), 'utf8'))
  const hash = createHash('sha256')
    .update(JSON.stringify([files, options, version]))
    .digest('hex')
    .slice(0, 16)
  const file = join(cache, `${hash}.wasm`)
  const kept = await readFile(file).catch(() => undefined)
  if (kept) return kept
  const made = await compile(files)
  await keep(file, made)
  return made
}

function sourceFiles() {
  const names = readdirSync(sources).filter((name) => name.endsWith('.ts'))
  return Object.fromEntries(names.toSorted().map((name) => [name, readFileSync(join(sources, name), 'utf8')]))
}

async function compile(files) {
  // it loads a compiler of 10 MB, which nobody needs who has the bytes
  const { main: asc } = await import('assemblyscript/asc')
  let bytes
  const { error, stderr } = await asc(['index.ts', ...options.split(' '), '--outFile', 'kernels.wasm'], {
    readFile: (name) => files[name] ?? null,
    writeFile: (_name, contents) => void (bytes = contents),
    listFiles: () => [],
  })
  if (error) throw new Error(`The kernels in main/engine/kernels/assembly could not be compiled.\n${stderr}`)
  return bytes
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
