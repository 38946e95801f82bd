/** A cache of maps of codes: asked of a checkpoint once, turned to lie as the one nearest in time, and kept within bounds. */
import { defineStore } from 'pinia'
import type { CodeMap, RunId, Tiles } from '../../preload/contract'
import { useAsk, type At } from '../backend/ask'
import { Lru } from '../lib/lru'
import { aligned, onPlane, type Places, type Turn } from '../lib/map'

/** Maps kept: some 20 kB each. */
const mostMaps = 600
/** Runs whose test images are kept: 1.6 MB each. */
const mostRuns = 4

/** The plane of an epoch's codes, and where they lie on it. */
export interface PlacedMap extends At, Pick<CodeMap, 'size' | 'centre' | 'axes' | 'shares' | 'labels'> {
  readonly places: Places
  /** From the plane by PCA to these places. */
  readonly turn: Turn
}

export const useMaps = defineStore('maps', () => {
  const ask = useAsk()
  const maps = new Lru<string, PlacedMap>(mostMaps)
  const images = new Lru<RunId, Promise<Tiles>>(mostRuns)
  const key = ({ run, epoch }: At): string => `${run}/${epoch}`

  /** The map, if it is here already. */
  const held = (at: At): PlacedMap | undefined => maps.get(key(at))

  /** The map. Rejects with an AppError. */
  async function load(at: At): Promise<PlacedMap> {
    const here = held(at)
    if (here !== undefined) return here
    const { means, ...plane } = await ask(at, { type: 'map' })
    const map = { ...at, ...plane, ...aligned(onPlane(plane, means), nearestInTime(at)?.places ?? null) }
    maps.set(key(at), map)
    return map
  }

  function nearestInTime({ run, epoch }: At): PlacedMap | undefined {
    const epochs = [...maps.keys()].flatMap((name) =>
      name.startsWith(`${run}/`) ? Number(name.slice(run.length + 1)) : [],
    )
    const [nearest] = epochs.toSorted((a, b) => Math.abs(a - epoch) - Math.abs(b - epoch) || a - b)
    return nearest === undefined ? undefined : held({ run, epoch: nearest })
  }

  /** The test images of a run's maps, as its model sees them. Rejects with an AppError. */
  function pictures(at: At): Promise<Tiles> {
    let coming = images.get(at.run)
    if (coming === undefined) {
      coming = ask(at, { type: 'mapPictures' })
      images.set(at.run, coming)
      coming.catch(() => images.delete(at.run))
    }
    return coming
  }

  return { held, load, pictures }
})
