/** A dialog that begins something: out of sight meanwhile, and where that is refused, there again with all that was filled in. */
import { computed, ref, type Ref, type WritableComputedRef } from 'vue'

export function useBeginning(open: Ref<boolean>): {
  /** Whether it is in sight. */
  readonly shown: WritableComputedRef<boolean>
  /** @param work closes the dialog where it has begun */
  begin(work: () => Promise<void>): Promise<void>
} {
  const beginning = ref(false)
  const shown = computed({ get: () => open.value && !beginning.value, set: (now) => (open.value = now) })

  async function begin(work: () => Promise<void>): Promise<void> {
    beginning.value = true
    try {
      await work()
    } finally {
      beginning.value = false
    }
  }

  return { shown, begin }
}
