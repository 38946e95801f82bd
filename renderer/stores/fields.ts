/**
 * Validation of fields: what stands in them and is not in force, since it cannot be used or is still being checked; a
 * start waits for it.
 */
import { defineStore } from 'pinia'
import { nextTick, ref, shallowReactive, watch } from 'vue'
import type { ViewName } from './view'

interface WrongField {
  view: ViewName
  /** As it was typed: it is there again when a person comes back to the view. */
  text: string
}

export const useFields = defineStore('fields', () => {
  /** By the fields' names. */
  const wrong = shallowReactive(new Map<string, WrongField>())
  /** The field that a person has to look at, until it has the focus. */
  const wanted = ref<string | null>(null)
  const checks = new Set<Promise<unknown>>()

  /** Says of a field that its content cannot be used; null: it can. */
  function mark(name: string, field: WrongField | null): void {
    if (field === null) wrong.delete(name)
    else wrong.set(name, field)
  }

  /** A check of what was typed: until it has ended nobody knows whether it is in force. */
  async function during(check: Promise<unknown>): Promise<void> {
    checks.add(check)
    await check.catch(() => undefined)
    checks.delete(check)
  }

  /** Waits for the checks, then takes a person to the first field that is wrong. Whether all are right. */
  async function right(): Promise<boolean> {
    while (checks.size > 0) await Promise.allSettled(checks)
    const [first] = wrong.keys()
    wanted.value = first ?? null
    return first === undefined
  }

  /** Calls `focus` when a person is taken to this field, also by the change of view that brings it. In its setup. */
  function whenWanted(name: string, focus: () => void): void {
    watch(
      wanted,
      async (now) => {
        if (now !== name) return
        await nextTick()
        wanted.value = null
        focus()
      },
      { immediate: true },
    )
  }

  return { wrong, wanted, mark, during, right, whenWanted }
})
