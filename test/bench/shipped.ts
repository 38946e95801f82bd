/**
 * Makes the model that comes with the app, in data/shipped: `npm run shipped` (about ten minutes on two cores).
 *
 *     npm run shipped              trains a run with the default settings and seed 0 on all of MNIST, and takes its last epoch
 *     npm run shipped -- RUN       takes that of a run folder which was trained so
 *
 * It leaves a run's folder in little: run.json, the epochs' lines of metrics.jsonl, the last weights; and card.json, what the
 * weights are and what they come to on the test images, measured anew.
 */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bundledFolder } from '../../main/mnist/bundled'
import { answer } from '../../main/questions/answers'
import { Checkpoints } from '../../main/questions/checkpoints'
import { readRunFile, writeRunFile } from '../../main/runs/folder'
import { readMetrics } from '../../main/runs/metrics'
import { metricsName, weightsName } from '../../main/runs/names'
import { Datasets } from '../../main/training/datasets'
import { PreparedEngines } from '../../main/training/prepared-engines'
import { machineNames, runSettings } from '../../preload/contract'
import { trainByTerminal } from './measure'

const root = resolve(import.meta.dirname, '../..')
const place = join(root, 'data', 'shipped')
const command = 'npm run shipped'

async function main(): Promise<void> {
  const { positionals } = parseArgs({ allowPositionals: true })
  const scratch = await mkdtemp(join(root, 'out', 'shipped-'))
  try {
    const folder = positionals[0] ?? (await trainByTerminal({ seed: 0, out: scratch, name: 'shipped' }))
    const made = await shippedOf(resolve(folder), join(scratch, 'made'))
    await rm(place, { recursive: true, force: true })
    await rename(made, place)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  process.stdout.write(`${place}\n${await readFile(join(place, 'card.json'), 'utf8')}`)
}

/** @param folder of the finished run @returns `made`, where all of it is now */
async function shippedOf(folder: string, made: string): Promise<string> {
  const run = await readRunFile(folder)
  const decided = Object.entries(runSettings.parse({})).filter(([name]) => !machineNames.includes(name))
  const differing = decided.filter(([name, value]) => run.settings[name] !== value).map(([name]) => name)
  if (differing.length > 0) throw new Error(`${folder} was not trained with the default ${differing.join(', ')}.`)
  if (run.status !== 'done' || !run.data.bundled || run.from !== null)
    throw new Error(`${folder} was not trained to its end, from the beginning, on the MNIST that comes with the app.`)
  const { epoch } = run

  await mkdir(made)
  const file = weightsName(epoch)
  await copyFile(join(folder, file), join(made, file))
  // where the data lay is nobody's business
  const data = { ...run.data, name: 'MNIST', folder: 'mnist-data' }
  await writeRunFile(made, { ...run, name: 'Comes with the app', shipped: true, data })
  const epochs = (await readMetrics(folder)).filter(({ type }) => type === 'epoch')
  await writeFile(join(made, metricsName), epochs.map((line) => `${JSON.stringify(line)}\n`).join(''))

  const checkpoints = new Checkpoints(new PreparedEngines(), new Datasets(), () => undefined)
  const checkpoint = await checkpoints.open({ folder: made, epoch, bundledFolder: bundledFolder() })
  const { images, epoch: _, ...test } = await answer({ type: 'evaluate' }, checkpoint)
  checkpoint.done()
  const bytes = await readFile(join(made, file))
  const weights = { file, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
  const { settings, versions } = run
  const card = { command, settings, epoch, weights, test: { images, ...test }, data: data.fingerprint, versions }
  await writeFile(join(made, 'card.json'), `${JSON.stringify(card, undefined, 2)}\n`)
  return made
}

await main()
