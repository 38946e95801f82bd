/** What bench:quality prints: the trained models beside PyTorch's numbers, and what they must show. */
import type { RunFile } from '../../main/runs/run-file'
import type { Evaluation } from '../../preload/contract'

export interface Judged {
  readonly settings: RunFile['settings']
  readonly evaluation: Evaluation
  /** Share of samples that the classifier recognises as the class asked for; null without classes. */
  readonly recognised: number | null
}

/** What the same models reach in PyTorch: the columns of the table. */
const pytorch = [
  ['PyTorch, `none`', '0–2', '30', '95.05 (94.80–95.37)', '71.8', '7.7', '15.5', '95.05', '–'],
  ['PyTorch, `label`', '0, 1', '30', '91.71, 91.07', '71.5', '6.6', '13.3', '93.83, 93.28', '95.6–96.6 %'],
]

/** A Markdown table: a row a run, then PyTorch's. */
export function table(judged: readonly Judged[]): string {
  const rows = [
    [
      'condition',
      'seed',
      'epochs',
      'test loss',
      'reconstruction',
      'KL z1',
      'KL z2',
      '−log p(x) bound',
      'samples recognised',
    ],
    Array.from({ length: 9 }, () => '---'),
    ...judged.map(({ settings: { condition, seed }, evaluation: e, recognised }) => [
      `\`${condition}\``,
      String(seed),
      String(e.epoch),
      ...[e.loss, e['reconstruction']!, e['klZ1']!, e['klZ2']!, e.marginal].map((value) => value.toFixed(2)),
      recognised === null ? '–' : percent(recognised),
    ]),
    ...pytorch,
  ]
  const note =
    'Nats per test image, KL weight 1, one posterior sample per image; test loss: for `label` the bound on −log p(x\\|y).'
  return [...rows.map((cells) => `| ${cells.join(' | ')} |`), '', note].join('\n')
}

/** What 30 epochs must show, for the conditions that were judged. */
export function claims(judged: readonly Judged[]): { claim: string; holds: boolean }[] {
  const of = (condition: string) => judged.filter(({ settings }) => settings['condition'] === condition)
  const [none, label] = [of('none'), of('label')]
  const found: { claim: string; holds: boolean }[] = []
  const atMost = (what: string, value: number, limit: number) =>
    found.push({ claim: `${what}: ${value.toFixed(2)}, at most ${limit.toFixed(2)}`, holds: value <= limit })
  if (none.length > 0)
    atMost('`none`, mean test loss', mean(none.map(({ evaluation }) => evaluation.loss)), 95.05 + 0.5)
  if (label.length > 0) {
    atMost('`label`, mean bound on −log p(x|y)', mean(label.map(({ evaluation }) => evaluation.loss)), 91.4 + 0.7)
    atMost('`label`, mean bound on −log p(x)', mean(label.map(({ evaluation }) => evaluation.marginal)), 94.2)
    const worst = Math.min(...label.map(({ recognised }) => recognised ?? 0))
    const claim = `\`label\`, least share of samples recognised: ${percent(worst)}, at least 94.5 %`
    found.push({ claim, holds: worst >= 0.945 })
  }
  return found
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
