/**
 * How good the trained models are, beside PyTorch's numbers: `npm run bench:quality` (about an hour on two cores).
 *
 *     npm run bench:quality                    trains `none` with seeds 0–2 and `label` with seeds 0–1, 30 epochs each;
 *                                              what result/quality already holds is not trained again
 *     npm run bench:quality -- --epochs 2      a quick look
 *     npm run bench:quality -- RUN …           judges the run folders given
 *
 * Prints a Markdown table and what it must show; exits with 1 when it does not.
 */
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bundledFolder } from '../../main/mnist/bundled'
import { answer } from '../../main/questions/answers'
import { Checkpoints } from '../../main/questions/checkpoints'
import { readRunFile } from '../../main/runs/folder'
import type { RunFile } from '../../main/runs/run-file'
import { Datasets } from '../../main/training/datasets'
import { drawSamples } from '../../main/training/gallery'
import { PreparedEngines } from '../../main/training/prepared-engines'
import { loadClassifier } from './classifier'
import { trainByTerminal } from './measure'
import { claims, percent, table, type Judged } from './quality-report'

type Plan = Pick<RunFile['settings'], 'condition' | 'seed' | 'epochs'>

const samplesPerClass = 200
const leastAccuracy = 0.985

const tell = (line: string) => process.stderr.write(`${line}\n`)

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { epochs: { type: 'string', default: '30' }, out: { type: 'string', default: 'result/quality' } },
  })
  const out = resolve(values.out)
  const epochs = Number(values.epochs)
  const plans: Plan[] = [
    ...[0, 1, 2].map((seed) => ({ condition: 'none' as const, seed, epochs })),
    ...[0, 1].map((seed) => ({ condition: 'label' as const, seed, epochs })),
  ]
  const folders = positionals.map((folder) => resolve(folder))
  if (folders.length === 0)
    for (const plan of plans)
      folders.push(
        (await finishedRun(out, plan)) ??
          (await trainByTerminal({ ...plan, out, name: `${plan.condition} ${plan.seed}` })),
      )
  const judged = await judge(folders, join(out, 'classifier.safetensors'))
  process.stdout.write(`${table(judged)}\n\n`)
  for (const { claim, holds } of claims(judged)) {
    process.stdout.write(`${holds ? 'yes' : 'NO '}  ${claim}\n`)
    if (!holds) process.exitCode = 1
  }
}

/** The folder of a run that was trained to its end with exactly these settings and else the defaults. */
async function finishedRun(out: string, plan: Plan): Promise<string | undefined> {
  for (const name of await readdir(out).catch(() => [])) {
    const file = await readRunFile(join(out, name)).catch(() => undefined)
    if (file?.status !== 'done' || !file.data.bundled || file.settings.limit !== 0) continue
    if (Object.entries(plan).every(([key, value]) => file.settings[key as keyof Plan] === value)) return join(out, name)
  }
  return undefined
}

async function judge(folders: readonly string[], classifierPath: string): Promise<Judged[]> {
  const engines = new PreparedEngines()
  const data = new Datasets()
  const checkpoints = new Checkpoints(engines, data, tell)
  const bundled = bundledFolder()
  const { engine } = await engines.get({ condition: 'label', lanes: 1 })
  const classifier = await loadClassifier(engine, await data.load(bundled), classifierPath, tell)
  tell(`classifier: recognises ${percent(classifier.accuracy)} of the real test images`)
  if (classifier.accuracy < leastAccuracy) throw new Error(`The classifier must reach ${percent(leastAccuracy)}.`)

  const labels = Uint8Array.from({ length: 10 * samplesPerClass }, (_, i) => i % 10)
  const judged: Judged[] = []
  for (const folder of folders) {
    const checkpoint = await checkpoints.open({ folder, bundledFolder: bundled })
    const { settings } = checkpoint.run
    const evaluation = await answer({ type: 'evaluate' }, checkpoint)
    let recognised: number | null = null
    if (settings['condition'] === 'label') {
      const wanted = { labels, seed: 1, temperature: 1 }
      const pixels = await drawSamples(checkpoint.programs, checkpoint.parameters, wanted)
      const digits = await classifier.classify(pixels)
      recognised = digits.filter((digit, i) => digit === labels[i]).length / labels.length
    }
    judged.push({ settings, evaluation, recognised })
    checkpoint.done()
    tell(`judged ${folder}`)
  }
  return judged
}

await main()
