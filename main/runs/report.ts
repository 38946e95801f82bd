/** A run as one page that stands alone: what it is, its curves and figures, its galleries, and how to get the same again. */
import { join } from 'node:path'
import { count, nats } from '../../preload/amounts'
import { cardOf, imagesOf, numberIn, settingsOf, valueTitle, type EpochMetrics } from '../../preload/contract'
import { disk } from '../files/layer'
import { optionsFor } from './command-line'
import { readRunFile } from './folder'
import { escaped, lineSvg } from './line-svg'
import { readMetrics } from './metrics'
import { epochsOf, reconstructionsName, samplesName } from './names'
import type { RunFile } from './run-file'
import { lowest } from './summary'

/** Epochs whose pictures are shown, evenly over the run. */
const mostGalleries = 12

/** @throws AppError `run/…`, `disk/…` */
export async function reportOf(folder: string, version: string): Promise<string> {
  const [file, lines, names] = await Promise.all([readRunFile(folder), readMetrics(folder), disk.list(folder)])
  const epochs = lines.filter((line): line is EpochMetrics => line.type === 'epoch')
  const { name, settings, data, curve } = file
  const card = cardOf(settings)
  const best = lowest([...curve.keys()], (epoch) => curve[epoch])
  const { trained } = imagesOf(settings, data.trainImages)
  const page = [
    `<h1>${escaped(name)}</h1>`,
    `<p>${escaped(card.title)}, ${escaped(card.kind)}, on ${escaped(data.name)}: ${count(Math.max(file.epoch, 0))} of ${count(settings.epochs)} epochs of ${count(trained)} images. ${best === null ? '' : `Best test loss ${nats(best.loss, 2)} nats per image, after epoch ${best.epoch}.`}</p>`,
    ...(file.problem === null ? [] : [`<p class="problem">${escaped(file.problem.message)} ${escaped(file.problem.remedy)}</p>`]),
    '<h2>Curves</h2>',
    ...charts(file, epochs).map(({ svg }) => `<figure>${svg}</figure>`),
    '<h2>Figures</h2>',
    figures(file, epochs),
    '<h2>Galleries</h2>',
    await galleries(folder, names),
    '<h2>Settings</h2>',
    table([], settingRows(file)),
    '<h2>The same again</h2>',
    `<pre>vlae train ${escaped(optionsFor(settings))}</pre>`,
    `<p>${escaped(again(file))}</p>`,
    `<footer>VLAE Studio ${escaped(version)}; the run was begun ${escaped(file.startedAt)} and last written ${escaped(file.updatedAt)}.</footer>`,
  ] // prettier-ignore
  return `<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(name)}</title><style>${style}</style></head>\n<body><main>\n${page.join('\n')}\n</main></body>\n</html>\n`
}

/** The same charts as files. @throws AppError `run/…`, `disk/…` */
export async function chartsOf(folder: string): Promise<{ name: string; svg: string }[]> {
  const [file, lines] = await Promise.all([readRunFile(folder), readMetrics(folder)])
  return charts(file, lines.filter((line): line is EpochMetrics => line.type === 'epoch')) // prettier-ignore
}

/** The loss in training and in the test, and the test's parts: SVGs that stand alone. */
function charts({ settings }: RunFile, epochs: readonly EpochMetrics[]): { name: string; svg: string }[] {
  const { parts } = cardOf(settings)
  const line = (title: string, of: (line: EpochMetrics) => number | undefined) => ({
    title,
    points: epochs.map((line) => [line.epoch, of(line) ?? NaN] as const),
  })
  const axes = { xTitle: 'Epoch', yTitle: 'Nats per image' }
  const losses = [line('Test', ({ test }) => test?.loss), line('Training', ({ train }) => train?.loss)]
  const ofParts = parts.map(({ name, title }) => line(title, ({ test }) => test?.[name]))
  return [
    { name: 'loss.svg', svg: lineSvg(losses, { title: 'Loss (−ELBO)', ...axes }) },
    { name: 'parts.svg', svg: lineSvg(ofParts, { title: 'What the test loss is the sum of', ...axes }) },
  ]
}

function figures({ settings }: RunFile, epochs: readonly EpochMetrics[]): string {
  const { parts, scalars } = cardOf(settings)
  const measured = epochs.filter(({ test }) => test !== null)
  if (measured.length === 0) return '<p>Nothing was measured yet.</p>'
  const rows = measured.map((line) => {
    const ofParts = parts.map(({ name }) => nats(line.test?.[name], 2))
    const steering = scalars.map(({ name }) => (typeof line[name] === 'number' ? numberIn(line, name).toFixed(2) : ''))
    return [String(line.epoch), nats(line.train?.loss, 2), nats(line.test?.loss, 2)].concat(ofParts, steering)
  })
  const headings = ['Epoch', 'Training loss', 'Test loss', ...parts.map(({ title }) => `Test ${title}`), ...scalars.map(({ title }) => title)] // prettier-ignore
  return table(headings, rows, 'numbers')
}

async function galleries(folder: string, names: readonly string[]): Promise<string> {
  const drawn = epochsOf(names, samplesName)
  const every = Math.max(1, (drawn.length - 1) / (mostGalleries - 1))
  const shown = [...new Set(Array.from({ length: mostGalleries }, (_, i) => drawn[Math.round(i * every)]))]
  const picture = async (name: string, title: string) => {
    // one that is gone leaves no hole
    const bytes = await disk.read(join(folder, name)).catch(() => null)
    if (bytes === null) return ''
    return `<img src="data:image/png;base64,${Buffer.from(bytes).toString('base64')}" alt="${title}">`
  }
  const cards = shown
    .filter((epoch) => epoch !== undefined)
    .map(async (epoch) => {
      const samples = await picture(samplesName(epoch), `Samples after epoch ${epoch}`)
      const again = await picture(reconstructionsName(epoch), `Test images and reconstructions after epoch ${epoch}`)
      return `<figure class="card"><figcaption>Epoch ${epoch}</figcaption>${samples}${again}</figure>`
    })
  if (cards.length === 0) return '<p>Nothing was drawn yet.</p>'
  const all = cards.length < drawn.length ? `<p>${cards.length} of ${drawn.length} epochs.</p>` : ''
  return `<p>Samples, and below them test images above their reconstructions.</p>${all}<div class="cards">${(await Promise.all(cards)).join('')}</div>`
}

function settingRows({ settings }: RunFile): string[][] {
  return Object.entries(settingsOf(settings.model)).flatMap(([name, setting]) =>
    settings[name] === undefined ? [] : [[setting.title, valueTitle(setting, settings[name])]],
  )
}

/** What the numbers depend on beside the settings. */
function again({ data, engine, versions, from }: RunFile): string {
  const begun = from === null ? '' : ` It began with the weights of ${from.run}, epoch ${from.epoch}.`
  const made = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return `Data: ${data.name}, fingerprint ${data.fingerprint}, ${count(data.trainImages)} training and ${count(data.testImages)} test images. It ran on ${engine.name} (${engine.device}), with ${made.join(', ')}.${begun}`
}

function table(headings: readonly string[], rows: readonly (readonly string[])[], kind = 'words'): string {
  const row = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`
  const head = headings.length === 0 ? '' : `<thead>${row(headings, 'th')}</thead>`
  return `<div class="wide"><table class="${kind}">${head}<tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody></table></div>`
}

const style = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1c1c1e; --quiet: #5c5c63; --line: #d9d9de }
@media (prefers-color-scheme: dark) { :root { --paper: #1c1c1e; --ink: #f2f2f2; --quiet: #a9a9b2; --line: #3a3a3f } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 760px; margin: 0 auto; padding: 24px 20px 60px }
h1 { font-size: 26px; margin: 0 0 4px; overflow-wrap: anywhere } h2 { font-size: 18px; margin: 32px 0 8px }
figure { margin: 0 0 16px } figure svg { width: 100%; height: auto; display: block }
.wide { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: 3px 14px 3px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: bottom }
.numbers th, .numbers td { text-align: right }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 16px }
.card img { width: 100%; height: auto; image-rendering: pixelated; display: block; margin-top: 4px; border: 1px solid var(--line) }
figcaption, footer { color: var(--quiet); font-size: 13px } footer { margin-top: 40px }
pre { overflow-x: auto; padding: 10px 12px; border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap }
p { overflow-wrap: anywhere } .problem { border-left: 3px solid #c0392b; padding-left: 10px }
@media print { :root { color-scheme: light; --paper: #fff; --ink: #000; --quiet: #444; --line: #bbb } main { max-width: none; padding: 0 }
h2 { break-after: avoid } figure, tr, pre { break-inside: avoid } thead { display: table-header-group } }`
