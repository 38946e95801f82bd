/** Takes out of a text what says who someone is: names of people and machines, and every path that is not the app's. */
import { realpathSync } from 'node:fs'

export interface Known {
  /** Absolute paths by what they are called instead: `<results>`, `~`. */
  readonly places: Readonly<Record<string, string | null>>
  /** Names by what they are called instead: `<user>`, `<run>`. */
  readonly names: Readonly<Record<string, readonly (string | undefined)[]>>
}

/** What many have in common tells nobody apart, and stands in sentences that mean something else. */
const everybody = new Set(['root', 'user', 'node', 'admin', 'localhost', 'home', 'result', 'data', 'app', 'mnist'])

/** Where a path ends: it may have blanks in it, so rather too late than too early. */
const rest = /(?:(?!\s(?:could|is|was|has|holds|does|cannot)\s|[.:,;](?:\s|$)|["'`“”()<>|\n]).)*/u.source
const start = /(?<![\w>~…./\\])(?:\/(?=[^\s/])|[a-z]:[\\/]|\\\\(?=\w))/u.source
const path = new RegExp(start + rest, 'gimu')
/** What lies under these is named by people; the names of a run's own files tell nobody apart. */
const own = new RegExp(/(?<=~|<results>|<tmp>)[\\/]/u.source + rest, 'gimu')
const runFile = /[\\/](?:run\.json|metrics\.jsonl|resume\.safetensors|\w+_epoch\d+\.\w+)$/

/** A function that gives a text without them. */
export function anonymous({ places, names }: Known): (text: string) => string {
  const [placed, named] = [placeRules(places), nameRules(names)]
  return (text) =>
    [
      // addresses of files, and of the tab with its token
      [/file:\/\/(\/[^\s"'<>)]*)/g, (_: string, address: string) => decoded(address)] as const,
      [/token=[\w-]+/g, 'token=<token>'] as const,
      ...placed,
      [own, (found: string) => `/…${runFile.exec(found)?.[0] ?? ''}`] as const,
      [path, '<path>'] as const,
      ...named,
      // a lock's owner on another machine
      [/(?<=\bprocess \d+ on )(?!another computer)[^\s,]+/g, '<host>'] as const,
    ].reduce((text, [pattern, replacement]) => text.replace(pattern, replacement as string), text)
}

function decoded(address: string): string {
  try {
    return decodeURIComponent(address)
  } catch {
    return address
  }
}

type Rule = readonly [RegExp, string]

/** The longest first: a folder inside another one has a name of its own. */
function placeRules(places: Known['places']): Rule[] {
  const spellings = Object.entries(places).flatMap(([name, place]) =>
    place === null ? [] : [...new Set(spellingsOf(place))].map((spelling): [string, string] => [spelling, name]),
  )
  return spellings
    .filter(([spelling]) => spelling.length > 2)
    .toSorted(([a], [b]) => b.length - a.length)
    .map(([spelling, name]) => [new RegExp(String.raw`(?<![\w>~])${escaped(spelling)}(?![\p{L}\p{N}_-])`, 'giu'), name])
}

/** As it is told, as the disk has it behind links, and as it stands in JSON. */
function spellingsOf(place: string): string[] {
  const trimmed = place.replace(/[\\/]+$/, '')
  let real = trimmed
  try {
    real = realpathSync(place)
  } catch {
    // it is not there
  }
  return [trimmed, real].flatMap((folder) => [folder, folder.replaceAll('\\', '\\\\')])
}

function nameRules(names: Known['names']): Rule[] {
  return Object.entries(names).flatMap(([replacement, all]) =>
    [...new Set(all)]
      .filter((name): name is string => name !== undefined && name.length > 1 && !everybody.has(name.toLowerCase()))
      .toSorted((a, b) => b.length - a.length)
      .map((name): Rule => [
        new RegExp(String.raw`(?<![\p{L}\p{N}_])${escaped(name)}(?![\p{L}\p{N}_])`, 'giu'),
        replacement,
      ]),
  )
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
}
