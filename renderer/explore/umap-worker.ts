/** A web worker: lays codes out by UMAP, and tells how far it is and where they lie, ten times a second. It is stopped by its end. */
import type { Places } from '../lib/map'
import { layOut } from '../lib/umap'

export interface UmapTask {
  readonly codes: Float32Array
  readonly size: number
  readonly start: Places
}

export interface UmapNews {
  readonly done: number
  readonly steps: number
  readonly places: Places
}

/** Milliseconds between two news. */
const every = 100

self.addEventListener('message', ({ data }: MessageEvent<UmapTask>) => {
  const layout = layOut(data.codes, data.size, data.start)
  const tell = (done: number): void => {
    const news: UmapNews = { done, steps: layout.steps, places: layout.places() }
    self.postMessage(news, { transfer: [] })
  }
  let [done, told] = [0, performance.now()]
  while (done < layout.steps) {
    done = layout.step()
    if (performance.now() - told < every) continue
    if (done < layout.steps) tell(done)
    told = performance.now()
  }
  tell(done)
})
