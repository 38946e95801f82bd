/** The settings in which runs differ, each a column of a table of runs. */
import { cardNamed, settingsOf, valueTitle, type RunSummary, type SettingValue } from '../../preload/contract'
import { isLegible } from '../lib/run-facts'

export interface SettingColumn {
  /** The setting's, or `model`, or `data`. */
  readonly name: string
  readonly title: string
  /** Null: the run has no such setting, or nothing is known of it. */
  value(run: RunSummary): SettingValue | null
  /** As a person reads it. */
  text(run: RunSummary): string
}

/** Of each, in em: “Without classes” fits. */
export const columnWidth = 9.4

/** Orders texts as a person does: seed 2 before seed 10. Made once: a collator for each comparison takes ten times as long. */
export const byNumber = new Intl.Collator('en', { numeric: true }).compare

/** Columns of their own have these. */
const shownElsewhere = new Set(['epochs'])

/** In the order in which a run's settings are shown; first what the runs are of. */
export function differingColumns(runs: readonly RunSummary[]): SettingColumn[] {
  const known = runs.filter(isLegible)
  const models = [...new Set(known.map(({ settings }) => settings.model))]
  const titles = new Map(
    models.flatMap((model) => Object.entries(settingsOf(model)).map(([name, { title }]) => [name, title] as const)),
  )
  const own = [...titles].filter(([name]) => !shownElsewhere.has(name))
  const columns = [modelColumn, dataColumn(known), ...own.map(([name, title]) => settingColumn(name, title))]
  // of those that have it: that another model has no such setting is said by the model's name
  return columns.filter(({ value }) => new Set(known.map(value).filter((one) => one !== null)).size > 1)
}

const modelColumn: SettingColumn = {
  name: 'model',
  title: 'Model',
  value: (run) => (isLegible(run) ? run.settings.model : null),
  text: (run) => (isLegible(run) ? cardNamed(run.settings.model).title : '–'),
}

/** Data of one name may be other data: then its fingerprint tells them apart. */
function dataColumn(runs: readonly RunSummary[]): SettingColumn {
  const prints = new Map<string, Set<string>>()
  for (const { data } of runs)
    if (data !== null) prints.set(data.name, (prints.get(data.name) ?? new Set()).add(data.fingerprint))
  return {
    name: 'data',
    title: 'Data',
    value: ({ data }) => data?.fingerprint ?? null,
    text({ data }) {
      if (data === null) return '–'
      return (prints.get(data.name)?.size ?? 0) > 1 ? `${data.name} ${data.fingerprint.slice(0, 6)}` : data.name
    },
  }
}

function settingColumn(name: string, title: string): SettingColumn {
  const settingIn = (run: RunSummary) => (isLegible(run) ? settingsOf(run.settings.model)[name] : undefined)
  return {
    name,
    title,
    value: (run) => (settingIn(run) === undefined ? null : (run.settings[name] ?? null)),
    text(run) {
      const setting = settingIn(run)
      return setting === undefined ? '–' : valueTitle(setting, run.settings[name])
    },
  }
}
