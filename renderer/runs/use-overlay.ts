/** What is ticked to be drawn in one chart, each in a place that is its colour; runs and groups of them apart. */
import { StorageSerializers, useSessionStorage } from '@vueuse/core'
import { computed, type ComputedRef, type Ref } from 'vue'
import { isLegible, toggleOverlay } from '../lib/run-facts'
import type { Entry } from './run-groups'

/** Drawn until a person has chosen: the newest. */
const drawnAtFirst = 3

export interface Drawn {
  readonly entry: Entry
  readonly place: number
}

export interface Overlay {
  drawn: ComputedRef<readonly Drawn[]>
  /** The place of what is drawn; null: it is not. */
  placeOf(key: string): number | null
  toggle(key: string): void
  /** Draws all of these, or where all are drawn none of them. */
  toggleAll(entries: readonly Entry[]): void
}

export function useOverlay(entries: ComputedRef<readonly Entry[]>, grouped: Ref<boolean>): Overlay {
  const options = { serializer: StorageSerializers.object }
  const ofRuns = useSessionStorage<(string | null)[] | null>('vlae.runs.overlay', null, options)
  const ofGroups = useSessionStorage<(string | null)[] | null>('vlae.runs.overlay.groups', null, options)
  const chosen = computed({
    get: () => (grouped.value ? ofGroups.value : ofRuns.value),
    set: (keys) => void ((grouped.value ? ofGroups : ofRuns).value = keys),
  })

  const byKey = computed(() => new Map(entries.value.map((entry) => [entry.key, entry])))
  const places = computed(() => {
    const legible = entries.value.filter(({ runs: [newest] }) => isLegible(newest))
    const keys = chosen.value ?? legible.slice(0, drawnAtFirst).map(({ key }) => key)
    // what is gone gives its place back
    return keys.map((key) => (key !== null && byKey.value.has(key) ? key : null))
  })
  const placed = computed(() => new Map(places.value.flatMap((key, place) => (key === null ? [] : [[key, place]]))))
  const drawn = computed(() =>
    [...placed.value].flatMap(([key, place]) => {
      const entry = byKey.value.get(key)
      return entry === undefined ? [] : [{ entry, place }]
    }),
  )

  function toggle(key: string): void {
    chosen.value = toggleOverlay(places.value, key)
  }

  function toggleAll(all: readonly Entry[]): void {
    const keys = all.filter(({ runs: [newest] }) => isLegible(newest)).map(({ key }) => key)
    const missing = keys.filter((key) => !placed.value.has(key))
    chosen.value = (missing.length > 0 ? missing : keys).reduce(toggleOverlay, places.value)
  }

  return { drawn, placeOf: (key) => placed.value.get(key) ?? null, toggle, toggleAll }
}
