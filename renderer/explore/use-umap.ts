/**
 * UMAP of the epoch that is shown, in a web worker: begun by itself where the playhead comes to rest (debounced) and nothing
 * trains, else when a person asks; stopped at any time.
 */
import { onActivated, onDeactivated, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { AppError } from '../../preload/errors'
import type { At } from '../backend/ask'
import { useMaps, type UmapPlaces } from '../stores/maps'
import { useRuns } from '../stores/runs'
import type { UmapNews } from './umap-worker'

/** Milliseconds for which the playhead has to stand. */
const rest = 400

/** @param at null: UMAP is not wanted */
export function useUmap(at: () => At | null) {
  const maps = useMaps()
  const runs = useRuns()
  /** What is laid out, or being laid out; it stays until another epoch's begins. */
  const map = shallowRef<UmapPlaces | null>(null)
  /** How much of it is done, 0 to 1; null: nothing is being done. */
  const progress = ref<number | null>(null)
  const problem = shallowRef<AppError | null>(null)
  let worker: Worker | null = null
  let waiting: ReturnType<typeof setTimeout> | undefined
  /** Goes up with each begin and end: what an earlier one still brings is late. */
  let turn = 0

  function stop(): void {
    turn++
    clearTimeout(waiting)
    worker?.terminate()
    worker = null
    progress.value = null
  }

  async function start(): Promise<void> {
    stop()
    const wanted = at()
    if (wanted === null) return
    const mine = turn
    const fail = (thrown: unknown): void => {
      if (mine !== turn) return
      problem.value = AppError.from(thrown)
      stop()
    }
    problem.value = null
    progress.value = 0
    try {
      const task = await maps.beginUmap(wanted)
      if (mine !== turn) return
      worker = new Worker(new URL('./umap-worker.ts', import.meta.url), { type: 'module' })
      worker.addEventListener('message', ({ data: { done, steps, places } }: MessageEvent<UmapNews>) => {
        if (mine !== turn) return
        progress.value = steps === 0 ? 1 : done / steps
        map.value = maps.putUmap(wanted, places, task.start, done === steps)
        if (done === steps) stop()
      })
      worker.addEventListener('error', ({ message }) => fail(new Error(message)))
      worker.postMessage(task, [task.codes.buffer])
    } catch (thrown) {
      fail(thrown)
    }
  }

  function begin(): void {
    stop()
    problem.value = null
    const wanted = at()
    if (wanted === null) return
    const here = maps.heldUmap(wanted)
    if (here !== undefined) map.value = here
    else if (map.value?.run !== wanted.run) map.value = null
    if (here === undefined && runs.training.phase !== 'training') waiting = setTimeout(() => void start(), rest)
  }

  watch([() => at()?.run, () => at()?.epoch], begin, { immediate: true })
  onDeactivated(stop)
  onActivated(begin)
  onScopeDispose(stop)
  return { map, progress, problem, start, stop }
}
