/**
 * The picture of the epoch that is shown, its neighbours prefetched: the one before stays until the next one is there,
 * so nothing flickers.
 */
import { shallowRef, toValue, watch, type MaybeRefOrGetter, type ShallowRef } from 'vue'
import type { PictureKind, RunId, Tiles } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { useConnection } from '../stores/connection'
import { usePictures } from '../stores/pictures'
import { useRuns } from '../stores/runs'

/** Epochs fetched ahead on either side. */
const fetchedAhead = 12
/** Fetches under way at most: while the playhead is dragged, epochs passed over are skipped. */
const mostAtOnce = 3

export interface Picture {
  tiles: ShallowRef<Tiles | null>
  error: ShallowRef<AppError | null>
}

/** @param epoch null or −1: none; @param of the run, default: the one that is shown */
export function usePicture(
  epoch: MaybeRefOrGetter<number | null>,
  kind: MaybeRefOrGetter<PictureKind>,
  of?: MaybeRefOrGetter<RunId | null>,
): Picture {
  const runs = useRuns()
  const wanted = (): RunId | null => (of === undefined ? runs.shownId : toValue(of))
  const pictures = usePictures()
  const connection = useConnection()
  const tiles = shallowRef<Tiles | null>(null)
  const error = shallowRef<AppError | null>(null)
  let underway = 0

  async function show(): Promise<void> {
    const run = wanted()
    const at = toValue(epoch)
    const what = toValue(kind)
    error.value = null
    if (run === null || at === null || at < 0) {
      tiles.value = null
      return
    }
    const here = pictures.held(run, at, what)
    if (here !== undefined) {
      tiles.value = here
      lookAhead(run, at, what)
      return
    }
    if (underway >= mostAtOnce) return
    underway++
    try {
      const came = await pictures.load(run, at, what)
      // what was passed meanwhile is still a step on the way: show it, then what is wanted now
      if (run === wanted() && what === toValue(kind)) tiles.value = came
    } catch (thrown) {
      if (at === toValue(epoch)) {
        error.value = AppError.from(thrown)
        tiles.value = null
      }
    } finally {
      underway--
    }
    if (at !== toValue(epoch) || run !== wanted() || what !== toValue(kind)) await show()
    else lookAhead(run, at, what)
  }

  function lookAhead(run: string, at: number, what: PictureKind): void {
    const last = runs.find(run)?.epoch ?? -1
    const near = [at + 1, at - 1, at + 2, at - 2]
    const far = Array.from({ length: fetchedAhead - 2 }, (_, i) => [at + 3 + i, at - 3 - i]).flat()
    for (const next of [...near, ...far]) {
      if (next < 0 || next > last || pictures.held(run, next, what) !== undefined) continue
      pictures.load(run, next, what).catch(() => undefined)
    }
  }

  watch([wanted, () => toValue(epoch), () => toValue(kind)], (now, before) => {
    if (now[0] !== before[0] || now[2] !== before[2]) tiles.value = null
    void show()
  })
  watch(
    () => connection.away,
    (away) => {
      if (!away && error.value !== null) void show()
    },
  )
  void show()
  return { tiles, error }
}
