/** Finds runs by what a person types: parts of names, tags and notes, and any value of a setting. */
import { cardNamed, settingsOf, valueTitle, type RunSummary } from '../../preload/contract'
import { statusWords } from '../lib/words'

interface Found {
  /** Where any part counts. */
  readonly words: string
  /** Where a number counts as a whole: `seed 2` is not seed 21. */
  readonly values: string
}

/** Made once for each summary: a thousand runs are looked through at every key. */
const known = new WeakMap<RunSummary, Found>()

function textOf(run: RunSummary): Found {
  const before = known.get(run)
  if (before !== undefined) return before
  const { name, id, status, notes, data, settings } = run
  const values = Object.entries(settingsOf(settings.model)).flatMap(([field, setting]) => {
    const [typed, shown] = [settings[field], valueTitle(setting, settings[field])]
    return [`${setting.title} ${typed}`, `${setting.title} ${shown}`, `${setting.title}: ${shown}`]
  })
  const words = [name, id, statusWords[status], data?.name ?? '', notes.note, ...notes.tags]
  const made = {
    words: words.join('\n').toLowerCase(),
    values: [cardNamed(settings.model).title, ...values].join('\n').toLowerCase(),
  }
  known.set(run, made)
  return made
}

/**
 * Whether a run is what was typed: its name, its folder's, a tag, a word of its note, or a setting as typed, `seed 2`, or as
 * shown, `Prior: Without classes`. What stands between commas must all be found.
 */
export function searchFor(typed: string): (run: RunSummary) => boolean {
  const wanted = typed
    .toLowerCase()
    .split(',')
    .map((words) => words.trim())
    .filter((words) => words !== '')
    .map((words) => ({ words, value: asValue(words) }))
  return (run) => {
    const text = textOf(run)
    return wanted.every(({ words, value }) => text.words.includes(words) || value.test(text.values))
  }
}

/** A number stands by itself: at its ends is no other digit, nor the point of a longer one. */
function asValue(words: string): RegExp {
  const escaped = words.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  const before = /^[\d.]/.test(words) ? String.raw`(?<![\d.])` : ''
  const after = /\d$/.test(words) ? String.raw`(?![\d.]*\d)` : ''
  return new RegExp(before + escaped + after)
}
