/**
 * The map of codes of the epoch that is shown, asked latest first; its neighbours are prefetched while nothing trains, so that
 * the playhead can be dragged. The one before stays until the next is there.
 */
import { onActivated, onDeactivated, onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue'
import { shippedId } from '../../preload/contract'
import type { At } from '../backend/ask'
import { useMaps, type PlacedMap } from '../stores/maps'
import { useRuns } from '../stores/runs'
import { useNewest, type Newest } from './use-newest'

/** Epochs asked ahead on either side: all of a usual run. */
const askedAhead = 30

export interface ShownMap extends Pick<Newest<At, PlacedMap>, 'problem' | 'asking'> {
  readonly map: ShallowRef<PlacedMap | null>
}

export function useMap(at: () => At): ShownMap {
  const maps = useMaps()
  const runs = useRuns()
  const map = shallowRef<PlacedMap | null>(null)
  const { answer, problem, asking } = useNewest(at, (wanted) => maps.load(wanted))
  let away = false
  let looking = false

  /** The nearest epoch that is not here; null where nothing is to be asked now. */
  function next(): At | null {
    if (away || asking.value || problem.value !== null || runs.training.phase === 'training') return null
    const { run, epoch } = at()
    // it has but one
    if (run === shippedId) return null
    const last = runs.find(run)?.epoch ?? -1
    for (let by = 1; by <= askedAhead; by++)
      for (const one of [epoch + by, epoch - by])
        if (one >= 0 && one <= last && maps.held({ run, epoch: one }) === undefined) return { run, epoch: one }
    return null
  }

  async function lookAhead(): Promise<void> {
    if (looking) return
    looking = true
    try {
      for (let one = next(); one !== null; one = next()) await maps.load(one)
    } catch {
      // it is said when that epoch is shown
    } finally {
      looking = false
    }
  }

  watch(
    [() => at().run, () => at().epoch, answer],
    ([run, epoch], [before]) => {
      const here = maps.held({ run, epoch }) ?? answer.value
      if (here !== null) map.value = here
      else if (run !== before) map.value = null
      if (answer.value !== null) void lookAhead()
    },
    { immediate: true },
  )
  onDeactivated(() => {
    away = true
  })
  onActivated(() => {
    away = false
    void lookAhead()
  })
  onScopeDispose(() => {
    away = true
  })
  return { map, problem, asking }
}
