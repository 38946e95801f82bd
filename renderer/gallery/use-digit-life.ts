/** One picture of the gallery, through all epochs. */
import { onScopeDispose, shallowRef, toValue, watch, type MaybeRefOrGetter, type ShallowRef } from 'vue'
import type { PictureKind, Tiles } from '../../preload/contract'
import { imageSize } from '../../preload/images'
import { pick } from '../lib/tiles'
import { usePictures } from '../stores/pictures'
import { useRuns } from '../stores/runs'

/** Pictures shown at most: of a longer run every second epoch, or every third … */
const mostShown = 120

export interface DigitLife {
  tiles: Tiles
  /** The epoch of each picture. */
  epochs: number[]
}

/** @param index of the picture in the gallery; null: none is chosen */
export function useDigitLife(
  kind: MaybeRefOrGetter<PictureKind>,
  index: MaybeRefOrGetter<number | null>,
): ShallowRef<DigitLife | null> {
  const runs = useRuns()
  const pictures = usePictures()
  const life = shallowRef<DigitLife | null>(null)
  let turn = 0

  async function gather(): Promise<void> {
    const mine = ++turn
    const run = runs.shown
    const at = toValue(index)
    const what = toValue(kind)
    if (run === null || at === null || run.epoch < 0) {
      life.value = null
      return
    }
    const stride = Math.ceil((run.epoch + 1) / mostShown)
    const epochs = Array.from({ length: Math.floor(run.epoch / stride) + 1 }, (_, i) => i * stride)
    const pixels = new Uint8Array(epochs.length * imageSize)
    let told = performance.now()
    for (const [i, epoch] of epochs.entries()) {
      try {
        pixels.set(pick(await pictures.load(run.id, epoch, what), [at]).pixels, i * imageSize)
      } catch {
        // an epoch whose picture is gone leaves its place empty
      }
      if (mine !== turn) return
      if (i < epochs.length - 1 && performance.now() - told < 100) continue
      told = performance.now()
      life.value = { tiles: { rows: 1, columns: epochs.length, pixels: pixels.slice(), labels: null }, epochs }
    }
  }

  watch([() => runs.shownId, () => runs.shown?.epoch, () => toValue(index), () => toValue(kind)], () => void gather(), {
    immediate: true,
  })
  onScopeDispose(() => turn++)
  return life
}
