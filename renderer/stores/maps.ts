/** A cache of maps of codes: asked of a checkpoint once, turned to lie as the one nearest in time, and kept within bounds. */
import { defineStore } from 'pinia'
import type { CodeMap, RunId, Tiles } from '../../preload/contract'
import { useAsk, type At } from '../backend/ask'
import { Lru } from '../lib/lru'
import { aligned, centred, onPlane, type Places, type Turn } from '../lib/map'

/** Maps kept of each kind: some 20 kB each. */
const mostMaps = 600
/** Runs whose test images are kept: 1.6 MB each. */
const mostRuns = 4

/** The plane of an epoch's codes by PCA, and where they lie on it. */
export interface PlacedMap extends At, Pick<CodeMap, 'size' | 'centre' | 'axes' | 'shares' | 'labels'> {
  readonly places: Places
  /** From the plane to these places. */
  readonly turn: Turn
}

/** Where UMAP lays an epoch's codes. */
export interface UmapPlaces extends At {
  readonly places: Places
}

export const useMaps = defineStore('maps', () => {
  const ask = useAsk()
  const maps = new Lru<string, PlacedMap>(mostMaps)
  const umaps = new Lru<string, UmapPlaces>(mostMaps)
  const images = new Lru<RunId, Promise<Tiles>>(mostRuns)
  const key = ({ run, epoch }: At): string => `${run}/${epoch}`

  /** The map, if it is here already. */
  const held = (at: At): PlacedMap | undefined => maps.get(key(at))
  const heldUmap = (at: At): UmapPlaces | undefined => umaps.get(key(at))

  /** The map. Rejects with an AppError. */
  async function load(at: At): Promise<PlacedMap> {
    const here = held(at)
    if (here !== undefined) return here
    const { means, ...plane } = await ask(at, { type: 'map' })
    const like = nearestInTime(maps, at)?.places ?? null
    const map = { ...at, ...plane, ...aligned(onPlane(plane, means), like) }
    maps.set(key(at), map)
    return map
  }

  /**
   * What UMAP starts with: the codes, and where those of the epoch nearest in time lie, by PCA where there is none. Rejects
   * with an AppError.
   */
  async function beginUmap(at: At): Promise<{ codes: Float32Array<ArrayBuffer>; size: number; start: Places }> {
    const { means, ...plane } = await ask(at, { type: 'map' })
    const start = nearestInTime(umaps, at)?.places
    const fits = start?.length === (2 * means.length) / plane.size
    return { codes: means, size: plane.size, start: start && fits ? start : (await load(at)).places }
  }

  /** Turned to lie as it did at first. @param keep they are final */
  function putUmap(at: At, places: Places, start: Places, keep: boolean): UmapPlaces {
    const map = { ...at, places: aligned(centred(places), start).places }
    if (keep) umaps.set(key(at), map)
    return map
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

  return { held, load, heldUmap, beginUmap, putUmap, pictures }
})

function nearestInTime<Map extends At>(maps: Lru<string, Map>, { run, epoch }: At): Map | undefined {
  const epochs = [...maps.keys()].flatMap((name) =>
    name.startsWith(`${run}/`) ? Number(name.slice(run.length + 1)) : [],
  )
  const [nearest] = epochs.toSorted((a, b) => Math.abs(a - epoch) - Math.abs(b - epoch) || a - b)
  return nearest === undefined ? undefined : maps.get(`${run}/${nearest}`)
}
