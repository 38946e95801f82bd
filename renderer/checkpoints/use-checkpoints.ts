/** The checkpoints of the run that is shown, kept up with what it writes and what is deleted. */
import { shallowRef, watch, type ShallowRef } from 'vue'
import type { Checkpoint } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { useBackend } from '../backend/backend'
import { useRuns } from '../stores/runs'

export function useCheckpoints(): { list: ShallowRef<Checkpoint[] | null>; error: ShallowRef<AppError | null> } {
  const backend = useBackend()
  const runs = useRuns()
  const list = shallowRef<Checkpoint[] | null>(null)
  const error = shallowRef<AppError | null>(null)
  let turn = 0

  watch(
    () => runs.shown,
    async (run, before) => {
      const mine = ++turn
      if (run?.id !== before?.id) list.value = null
      error.value = null
      if (run === null) return
      try {
        const came = await backend.call.checkpoints({ run: run.id })
        if (mine === turn) list.value = came
      } catch (thrown) {
        if (mine === turn) error.value = AppError.from(thrown)
      }
    },
    { immediate: true },
  )
  return { list, error }
}
