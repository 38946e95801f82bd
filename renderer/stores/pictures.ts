/** A cache of what the epochs drew: fetched when it is looked at, and kept within bounds. */
import { defineStore } from 'pinia'
import type { PictureKind, RunId, Tiles } from '../../preload/contract'
import { useBackend } from '../backend/backend'
import { Lru } from '../lib/lru'

export type { PictureKind as Kind }

/** Pictures kept: 75 kB an epoch, so some 25 MB at most. */
const mostPictures = 640

export const usePictures = defineStore('pictures', () => {
  const backend = useBackend()
  const cache = new Lru<string, Tiles>(mostPictures)
  const underway = new Map<string, Promise<Tiles>>()

  const key = (run: RunId, epoch: number, kind: PictureKind): string => `${run}/${kind}/${epoch}`

  /** The picture, if it is here already. */
  function held(run: RunId, epoch: number, kind: PictureKind): Tiles | undefined {
    return cache.get(key(run, epoch, kind))
  }

  /** The picture, fetched once however many ask for it. Rejects with an AppError. */
  function load(run: RunId, epoch: number, kind: PictureKind): Promise<Tiles> {
    const name = key(run, epoch, kind)
    const here = cache.get(name)
    if (here !== undefined) return Promise.resolve(here)
    let coming = underway.get(name)
    if (coming === undefined) {
      coming = backend.call
        .picture({ run, epoch, kind })
        .then((tiles) => {
          cache.set(name, tiles)
          return tiles
        })
        .finally(() => underway.delete(name))
      underway.set(name, coming)
    }
    return coming
  }

  return { held, load }
})
