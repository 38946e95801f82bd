/** What the list of runs shows: which runs, together or each by itself, in which order, with a column for what differs. */
import { useSessionStorage } from '@vueuse/core'
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import type { RunSummary, SettingValue } from '../../preload/contract'
import { statusWords } from '../lib/words'
import { useRuns } from '../stores/runs'
import { byNumber, differingColumns, type SettingColumn } from './run-columns'
import { entriesOf, type Entry } from './run-groups'
import { searchFor } from './run-search'

/** A column by its name; of a setting `setting.` and its name. */
export interface Order {
  readonly by: string
  readonly down: boolean
}

export interface RunList {
  words: Ref<string>
  grouped: Ref<boolean>
  archived: Ref<boolean>
  order: Ref<Order>
  /** Runs that are not shown because they are archived. */
  hidden: ComputedRef<number>
  /** Whatever is typed: what the chart is drawn of. */
  entries: ComputedRef<readonly Entry[]>
  /** Of these what is searched for, in order. */
  listed: ComputedRef<readonly Entry[]>
  columns: ComputedRef<readonly SettingColumn[]>
  /** Orders by a column; by the one it is ordered by the other way round. */
  sortBy(column: string): void
}

/** What stands first without being asked for: the newest. */
const firstDown = new Set(['started'])

type Value = SettingValue | null | undefined

/** What entries are ordered by. What is not known comes last, whichever way round. */
const values: Readonly<Record<string, (entry: Entry) => Value>> = {
  name: ({ name }) => name,
  status: ({ runs: [newest] }) => statusWords[newest.status],
  epochs: ({ runs }) => Math.max(...runs.map(({ epoch }) => epoch)),
  best: ({ best }) => best?.mean,
  last: ({ last }) => last?.mean,
  started: ({ runs: [newest] }) => newest.startedAt,
}

export function useRunList(): RunList {
  const runs = useRuns()
  const words = ref('')
  const grouped = useSessionStorage('vlae.runs.grouped', false)
  const archived = useSessionStorage('vlae.runs.archived', false)
  const order = shallowRef<Order>({ by: 'started', down: true })

  const shown = computed(() => (archived.value ? runs.list : runs.list.filter(({ notes }) => !notes.archived)))
  const hidden = computed(() => runs.list.length - shown.value.length)
  const entries = computed(() => entriesOf(shown.value, grouped.value))
  const found = computed(() => {
    if (words.value.trim() === '') return entries.value
    const matches = searchFor(words.value)
    return entries.value.filter((entry) => entry.runs.some(matches))
  })
  const columns = computed(() => differingColumns(found.value.flatMap((entry): readonly RunSummary[] => entry.runs)))

  const listed = computed(() => {
    const { by, down } = order.value
    const column = columns.value.find(({ name }) => `setting.${name}` === by)
    const of = values[by] ?? (({ runs: [newest] }: Entry) => column?.value(newest))
    const sign = down ? -1 : 1
    const known = found.value.map((entry) => ({ entry, value: of(entry) ?? null }))
    return known
      .toSorted((a, b) => {
        if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null)
        return sign * compare(a.value, b.value)
      })
      .map(({ entry }) => entry)
  })

  // a column that is gone orders nothing
  watch(columns, (now) => {
    const { by } = order.value
    if (by in values || now.some(({ name }) => `setting.${name}` === by)) return
    order.value = { by: 'started', down: true }
  })

  function sortBy(column: string): void {
    const { by, down } = order.value
    order.value = { by: column, down: by === column ? !down : firstDown.has(column) }
  }

  return { words, grouped, archived, order, hidden, entries, listed, columns, sortBy }
}

function compare(a: SettingValue, b: SettingValue): number {
  return typeof a === 'number' && typeof b === 'number' ? a - b : byNumber(String(a), String(b))
}
