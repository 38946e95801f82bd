/** A grid (sweep): several values for some settings, and a run for each combination of them. */
import type { z } from 'zod'
import { runSettings, settingsOf, type PlannedRun, type RunSettings, type Setting, type SettingValue } from './contract'

/** The values that a setting takes in turn. */
export interface Axis {
  readonly name: string
  readonly values: readonly SettingValue[]
}

/** More than this is a slip of the fingers. */
export const mostValues = 1000

/**
 * Values as they are typed: `0..4` (whole numbers), `1e-3,3e-3`, `label,none`.
 *
 * @returns a sentence where they cannot be used
 */
export function readValues(text: string, { schema }: Setting): SettingValue[] | string {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '')
  // of 0,001 and of 60,000
  const cut = parts.find((part) => /^0\d/.test(part))
  if (cut !== undefined)
    return `“${cut}” is no number: commas stand between values, so write a decimal with a point (0.001), and no sign for thousands.`
  const values: SettingValue[] = []
  for (const part of parts) {
    const all = valuesIn(part)
    if (typeof all === 'string') return all
    for (const typed of all) {
      const { data, error } = (schema.unwrap() as z.ZodType<SettingValue>).safeParse(
        schema.unwrap().type === 'number' ? typed : part,
      )
      if (error !== undefined) return `“${typed}” cannot be used: ${error.issues[0]?.message}.`
      if (!values.includes(data)) values.push(data)
    }
  }
  return values.length > 0 ? values : 'Write one value or more, with commas between them.'
}

/** One value, or the whole numbers of a range. A text that is no number is left to what takes it. */
function valuesIn(part: string): (number | string)[] | string {
  const [, first, last] = /^(\d+)\.\.(\d+)$/.exec(part) ?? []
  if (first === undefined || last === undefined)
    return [/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(part) ? Number(part) : part]
  const [from, to] = [Number(first), Number(last)]
  if (from > to) return `“${part}” counts down: write ${to}..${from}.`
  if (to - from >= mostValues) return `“${part}” is more than ${mostValues} values.`
  return Array.from({ length: to - from + 1 }, (_, i) => from + i)
}

/** How many runs a grid is. */
export function sizeOf(axes: readonly Axis[]): number {
  return axes.reduce((product, { values }) => product * values.length, 1)
}

/**
 * A run for each combination, the last axis fastest, named by what sets it apart: `ladder, seed 3, learning rate 0.003`.
 *
 * @throws ZodError where a model does not take such a setting
 */
export function gridOf(name: string, base: RunSettings, axes: readonly Axis[]): PlannedRun[] {
  const combinations = axes.reduce<Record<string, SettingValue>[]>(
    (before, { name, values }) => before.flatMap((some) => values.map((value) => ({ ...some, [name]: value }))),
    [{}],
  )
  return combinations.map((own) => {
    const settings = runSettings.parse({ ...base, ...own })
    const known = settingsOf(settings.model)
    const words = Object.entries(own).map(
      ([setting, value]) => `${known[setting]?.title.toLowerCase() ?? setting} ${value}`,
    )
    return { name: [name, ...words].join(', ').slice(0, 120), settings }
  })
}
