/** Numbers, names and rows as people read them in a terminal. */
import { nats } from '../../preload/amounts'
import { numberIn, type ModelCard, type StepMetrics } from '../../preload/contract'

/** A step's loss as the sum of its parts, in numbers: 140.50 = 120.25 + 9.50 + 10.75. */
export function lossSum(step: StepMetrics, { parts }: ModelCard, decimals = 2): string {
  const numbers = parts.map(({ name }) => nats(numberIn(step, name), decimals))
  return `${nats(step.loss, decimals)} = ${numbers.join(' + ')}`
}

/** What steers training now: KL weight 0.25. */
export function steering(step: StepMetrics, { scalars }: ModelCard): string {
  return scalars.map(({ name, title }) => `${title} ${numberIn(step, name).toFixed(2)}`).join('  ')
}

/** A title within a sentence: `Reconstruction` → `reconstruction`, `KL z1` as it is. */
export function within(title: string): string {
  return title.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())
}

/** What a file's name may hold and a terminal would obey, as pictures of it: ␛ for the escape, ␊ for the end of a line. */
export function visible(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\0-\x1f\x7f-\x9f]/g, (control) => {
    const code = control.charCodeAt(0)
    return code === 0x7f ? '␡' : code > 0x7f ? '\ufffd' : String.fromCodePoint(0x2400 + code)
  })
}

/** Rows under their headings, columns aligned: numbers (`right`) to the right, words to the left. */
export function table(headings: readonly { title: string; right?: boolean }[], cells: readonly string[][]): string[] {
  const rows = cells.map((row) => row.map(visible))
  const columns = headings.map(({ title, right = false }, at) => {
    const texts = [title, ...rows.map((row) => row[at] ?? '')]
    const width = Math.max(...texts.map((text) => text.length))
    return texts.map((text) => (right ? text.padStart(width) : text.padEnd(width)))
  })
  const line = (at: number) =>
    columns
      .map((texts) => texts[at])
      .join('  ')
      .trimEnd()
  return [headings, ...rows].map((_, at) => line(at))
}
