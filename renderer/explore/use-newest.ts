/**
 * Asks the newest of what is wanted, one question after another (latest wins): what was passed over meanwhile is never asked, nor
 * anything while nobody sees it: the page hidden, the panel put away. What a lost connection has cut off is asked again.
 */
import { useDocumentVisibility } from '@vueuse/core'
import { onActivated, onDeactivated, onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { AppError } from '../../preload/errors'
import type { At } from '../backend/ask'
import { useConnection } from '../stores/connection'
import { useRuns } from '../stores/runs'

/** Milliseconds between two questions while a run trains on this machine, so that it hardly feels them. */
const restWhileTraining = 400

export interface Newest<W, A> {
  /** What was answered last, and to what; it stays until the next is there. */
  readonly answer: ShallowRef<A | null>
  readonly of: ShallowRef<W | null>
  readonly problem: ShallowRef<AppError | null>
  readonly asking: Ref<boolean>
}

/** @param wanted null: nothing is, and what was answered goes */
export function useNewest<W extends At, A>(wanted: () => W | null, ask: (wanted: W) => Promise<A>): Newest<W, A> {
  const runs = useRuns()
  const connection = useConnection()
  const visibility = useDocumentVisibility()
  const answer = shallowRef(null) as ShallowRef<A | null>
  const of = shallowRef(null) as ShallowRef<W | null>
  const problem = shallowRef<AppError | null>(null)
  const asking = ref(false)
  let next: W | null = null
  let resting: ReturnType<typeof setTimeout> | undefined
  let gone = false
  let away = false

  async function go(): Promise<void> {
    if (asking.value || resting !== undefined || next === null) return
    if (gone || away || visibility.value === 'hidden' || connection.away) return
    const mine = next
    next = null
    asking.value = true
    let lost = false
    try {
      const came = await ask(mine)
      if (gone || wanted()?.run !== mine.run) return
      answer.value = came
      of.value = mine
      problem.value = null
    } catch (thrown) {
      const error = AppError.from(thrown)
      lost = error.code === 'link/lost'
      if (lost) next ??= wanted()
      if (lost || gone || wanted()?.run !== mine.run) return
      problem.value = error
      answer.value = null
      of.value = null
    } finally {
      asking.value = false
      if (runs.training.phase === 'training')
        resting = setTimeout(() => {
          resting = undefined
          void go()
        }, restWhileTraining)
      // once the connection is back
      else if (!gone && !lost) void go()
    }
  }

  watch(
    wanted,
    (now, before) => {
      next = now
      if (now === null || now.run !== before?.run) {
        answer.value = null
        of.value = null
        problem.value = null
      }
      void go()
    },
    { immediate: true },
  )
  watch([visibility, () => connection.away], () => void go())
  onDeactivated(() => {
    away = true
  })
  onActivated(() => {
    away = false
    void go()
  })
  onScopeDispose(() => {
    gone = true
    clearTimeout(resting)
  })
  return { answer, of, problem, asking }
}
