/** What a checkpoint was asked last, and its answer: asked again once the playhead rests on another epoch. */
import { watchDebounced } from '@vueuse/core'
import { ref, shallowRef, watch, type ShallowRef } from 'vue'
import type { At } from '../backend/ask'
import { useConnection } from '../stores/connection'

export function useAnswer<T extends object>(of: () => At, answer: (asked: At) => Promise<T>) {
  const connection = useConnection()
  const working = ref(false)
  /** With the epoch that it was asked of. */
  const made = shallowRef(null) as ShallowRef<(T & Pick<At, 'epoch'>) | null>

  watch(
    () => of().run,
    () => {
      made.value = null
    },
  )

  async function ask(): Promise<void> {
    const asked = of()
    working.value = true
    await connection.attempt(async () => {
      made.value = { ...(await answer(asked)), epoch: asked.epoch }
    })
    working.value = false
    if (asked.run === of().run && asked.epoch !== of().epoch) await ask()
  }

  // what is shown follows the playhead, once that rests
  watchDebounced(
    () => of().epoch,
    () => {
      if (made.value !== null && made.value.epoch !== of().epoch && !working.value) void ask()
    },
    { debounce: 300 },
  )

  return { working, made, ask }
}
