/** What the run that trains draws within its first epoch, while that is followed; null when an epoch is shown. */
import { shallowRef, toValue, watch, type MaybeRefOrGetter, type ShallowRef } from 'vue'
import type { PictureKind, Tiles } from '../../preload/contract'
import { useBackend } from '../backend/backend'
import { useRuns } from '../stores/runs'

export interface ShownSketch {
  tiles: Tiles
  /** Steps done by then, or a few more: the newest is what comes. */
  step: number
}

export function useSketch(kind: MaybeRefOrGetter<PictureKind>): ShallowRef<ShownSketch | null> {
  const backend = useBackend()
  const runs = useRuns()
  const sketch = shallowRef<ShownSketch | null>(null)

  watch(
    [() => runs.sketched, () => runs.shownId, () => toValue(kind)],
    async ([step, run, what]) => {
      if (step === null || run === null) {
        sketch.value = null
        return
      }
      // where it is too late for one, the epoch's own picture is on its way; the one before stays until then
      const tiles = await backend.call.sketch({ run, kind: what }).catch(() => null)
      if (tiles !== null && run === runs.shownId && runs.sketched !== null) sketch.value = { tiles, step }
    },
    { immediate: true },
  )
  return sketch
}
