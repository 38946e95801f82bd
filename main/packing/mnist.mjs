/** MNIST's four files, gzipped, as the installed app brings them. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

export async function gzipMnist(from, to) {
  await mkdir(to, { recursive: true })
  const names = (await readdir(from)).filter((name) => name.endsWith('-ubyte'))
  if (names.length !== 4) throw new Error(`${from} holds ${names.length} of MNIST's four files.`)
  for (const name of names)
    await writeFile(join(to, `${name}.gz`), gzipSync(await readFile(join(from, name)), { level: 9 }))
}
