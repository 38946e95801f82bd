/** What a checkpoint was asked last, and its answer; what comes once another run is shown is of no use any more. */
import { watchDebounced } from '@vueuse/core'
import { ref, shallowRef, watch, type ShallowRef } from 'vue'
import type { At } from '../backend/ask'
import { useConnection } from '../stores/connection'

/** @param follows asked again once the playhead rests on another epoch; otherwise an answer goes with its epoch */
export function useAnswer<T extends object>(of: () => At, answer: (asked: At) => Promise<T>, follows = true) {
  const connection = useConnection()
  const working = ref(false)
  /** With the checkpoint that it was asked of. */
  const made = shallowRef(null) as ShallowRef<(T & At) | null>

  watch([() => of().run, () => of().epoch], ([run], [before]) => {
    if (run !== before || !follows) made.value = null
  })

  async function ask(): Promise<void> {
    const asked = of()
    working.value = true
    await connection.attempt(async () => {
      const came = await answer(asked)
      const now = of()
      if (asked.run === now.run && (follows || asked.epoch === now.epoch)) made.value = { ...came, ...asked }
    })
    working.value = false
    if (follows && asked.run === of().run && asked.epoch !== of().epoch) await ask()
  }

  // what is shown follows the playhead, once that rests
  watchDebounced(
    () => of().epoch,
    () => {
      if (follows && made.value !== null && made.value.epoch !== of().epoch && !working.value) void ask()
    },
    { debounce: 300 },
  )

  return { working, made, ask }
}
