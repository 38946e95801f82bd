/** A checkpoint as a folder for a model hub: weights, what they are, what they came to, and how to use them. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { count, nats } from '../../preload/amounts'
import { cardOf, imagesOf, settingsOf, valueTitle, type EpochMetrics, type Exported } from '../../preload/contract'
import { encodeSafetensors } from '../files/safetensors'
import { toTorch } from '../models/parameters'
import { entryOf } from '../optimizers/named'
import { optionsFor } from '../runs/command-line'
import { readMetrics } from '../runs/metrics'
import { exportFolder, samplesName } from '../runs/names'
import { versions } from '../training/prepared-engines'
import { onnxFiles } from './export-onnx'
import type { Checkpoint } from './question'

export async function exportHub(checkpoint: Checkpoint): Promise<Exported> {
  const { run, folder, epoch, parameters, programs } = checkpoint
  const { layout, pytorch, standalone } = programs.model
  const tensors = toTorch(parameters, layout)
  const named = layout.entries.map(({ name, torch: { shape } }) => ({ name, dtype: 'F32' as const, shape, data: entryOf(tensors, name) })) // prettier-ignore
  const lines = await readMetrics(folder).catch(() => [])
  const metrics = lines.findLast((line) => line.type === 'epoch' && line.epoch === epoch) as EpochMetrics | undefined
  // one that was deleted, or never drawn, is left out
  const samples = await readFile(join(folder, samplesName(epoch))).catch(() => null)
  const text = (name: string, content: string) => ({ name, bytes: new TextEncoder().encode(content) })
  const config = {
    producer: `VLAE Studio ${entryOf(versions, 'app')}`,
    model: run.settings.model,
    image_size: 28,
    num_channels: 1,
    epoch: (run.from?.epochs ?? 0) + epoch,
    settings: run.settings,
    data: { name: run.data.name, sha256: run.data.fingerprint, images: run.data.trainImages },
  }
  const files = [
    text('config.json', `${JSON.stringify(config, null, 2)}\n`),
    { name: 'model.safetensors', bytes: Uint8Array.from(encodeSafetensors(named, { format: 'pt' })) },
    text('README.md', card(checkpoint, metrics, samples !== null)),
    ...(pytorch === undefined ? [] : [text('modeling.py', pytorch)]),
    ...(standalone === undefined
      ? []
      : onnxFiles(checkpoint).map(({ name, bytes }) => ({ name: `onnx/${name}`, bytes }))),
    ...(samples === null ? [] : [{ name: 'samples.png', bytes: new Uint8Array(samples) }]),
  ]
  const about = `A folder for a model hub, of epoch ${epoch}${pytorch === undefined ? ', without a module for PyTorch, which this model does not have' : ''}`
  return { name: exportFolder('hub', epoch), files, about, optimizerSteps: null }
}

/** The card: what hubs show of a model. */
function card({ run, epoch, programs }: Checkpoint, metrics: EpochMetrics | undefined, samples: boolean): string {
  const { settings } = run
  const { title, kind, parts } = cardOf(settings)
  const { model } = programs
  const words = Object.entries(settingsOf(settings.model)).flatMap(([name, setting]) =>
    settings[name] === undefined ? [] : [`| ${setting.title} | ${valueTitle(setting, settings[name])} |`],
  )
  const test = metrics?.test
  const figures = test
    ? [
        `Nats per image of ${count(run.data.testImages)} test images, after epoch ${epoch}:`,
        `| | |\n|---|---|\n| −ELBO | ${nats(test.loss, 2)} |\n${parts.map(({ name, title }) => `| ${title} | ${nats(test[name], 2)} |`).join('\n')}`,
      ]
    : [`Epoch ${epoch} was not measured.`]
  return `${[
    `---\nlibrary_name: pytorch\npipeline_tag: unconditional-image-generation\ntags:\n- ${[...new Set(['vae', 'vlae', settings.model])].join('\n- ')}\n---`,
    `# ${inline(run.name)}`,
    `${title}, ${kind}, trained on ${inline(run.data.name)} (${count(imagesOf(settings, run.data.trainImages).trained)} images of 28 by 28) with VLAE Studio ${entryOf(versions, 'app')}: ${count(model.layout.size)} parameters.`,
    ...(samples ? ['![Samples](samples.png)'] : []),
    '## Figures',
    ...figures,
    '## Use',
    ...use(model),
    '## Settings',
    `| | |\n|---|---|\n${words.join('\n')}`,
    `The same again, in a terminal: \`vlae train ${optionsFor(settings)}\`, with data whose fingerprint is ${run.data.fingerprint}.`,
  ].join('\n\n')}\n`
}

function use({ pytorch, standalone = [] }: Checkpoint['programs']['model']): string[] {
  const python = pytorch && [
    'In PyTorch, with `pip install torch safetensors`, from this folder:',
    '```python\nimport torch\nfrom modeling import load\n\nmodel = load()\nwith torch.no_grad():\n    images = model.sample(torch.arange(10))  # [10, 1, 28, 28]\n    again = model.decode(model.encode(images))\n```',
  ]
  const onnx = standalone.map(({ name, about }) => `- \`onnx/${name}/model.onnx\`: ${about}`)
  return [
    ...(python ?? []),
    ...(onnx.length === 0 ? [] : ['With ONNX Runtime, for batches of any size:', onnx.join('\n')]),
  ]
}

/** A name within a line of Markdown. */
function inline(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|]/g, (sign) => `\\${sign}`).replace(/\s+/g, ' ')
}
