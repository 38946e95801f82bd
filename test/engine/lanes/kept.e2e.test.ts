/** Trainings with what was compiled before them, without it, and where it cannot be kept: the same bits, and the same files. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { folderWith, smallSet } from '../../mnist/small-set'

let folder: string
/** As many test images as are measured by plans. */
let data: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vlae-kept-'))
  data = await folderWith(await smallSet(30, 150))
})
afterAll(async () => {
  for (const path of [folder, data]) await rm(path, { recursive: true })
})

/** A run's weights, state, pictures and numbers, of a process of its own. */
async function trained(name: string, cache: string) {
  const words = `train --epochs 1 --batch 10 --threads 2 --engine onnx-cpu --data ${data} --out ${join(folder, name)}`
  const env = { ...process.env, XDG_CACHE_HOME: cache }
  const child = spawn(process.execPath, [join(inject('programs'), 'cli.js'), ...words.split(' ')], { env })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()))
  const code = await new Promise((resolve) => child.once('exit', resolve))
  expect([code, said]).toEqual([0, expect.stringContaining('Done.')])
  const [run] = await readdir(join(folder, name))
  const names = (await readdir(join(folder, name, run!))).filter((file) => /safetensors$|png$/.test(file))
  const [first, ...metrics] = (await readFile(join(folder, name, run!, 'metrics.jsonl'), 'utf8')).split('\n')
  expect(first).toContain('"epoch":0')
  const losses = metrics.flatMap((line) => /"loss":[^,]+/.exec(line) ?? [])
  return Object.fromEntries([['losses', losses], ...(await contents(join(folder, name, run!), names))])
}

const contents = (place: string, names: readonly string[]) =>
  Promise.all(names.map(async (name) => [name, hashOf(await readFile(join(place, name)))] as const))
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

it('are the same in all of it', async () => {
  const [cache, plans] = [join(folder, 'cache'), join(folder, 'cache', 'vlae-studio', 'plans')]
  const times = async () =>
    Promise.all((await readdir(plans)).map(async (name) => (await stat(join(plans, name))).mtimeMs))
  const first = await trained('first', cache)
  const [names, written] = [await readdir(plans), await times()]
  // the gradient, samples, reconstructions and the test
  expect(names).toHaveLength(4)
  const whole = await contents(plans, names)

  expect(await trained('again', cache)).toEqual(first)
  // nothing was made anew
  expect([await readdir(plans), await times()]).toEqual([names, written])

  for (const name of names) await truncate(join(plans, name), 1000)
  expect(await trained('damaged', cache)).toEqual(first)
  expect(await contents(plans, names)).toEqual(whole)

  const file = join(folder, 'file')
  await writeFile(file, '')
  expect(await trained('nowhere', file)).toEqual(first)
})
