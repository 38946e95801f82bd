/** The timeline: one epoch that every view shows, and a pinned one to compare it with. */
import { useLocalStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { RunId } from '../../preload/contract'

/** What everything shown is compared with. */
export interface Pin {
  readonly run: RunId
  readonly epoch: number
}

/** Epochs a second that a time-lapse may go at. */
export const paces = [2, 8, 24, 60] as const

export const useTimeline = defineStore('timeline', () => {
  /** The run whose epochs these are. */
  const run = ref<RunId | null>(null)
  /** The newest epoch there is; −1 before epoch 0. */
  const newest = ref(-1)
  /** The epoch that the run ends with. */
  const total = ref(0)
  /** Where a person put the playhead; null: it follows the newest epoch. */
  const placed = ref<number | null>(null)
  const pin = shallowRef<Pin | null>(null)
  const playing = ref(false)
  /** Epochs a second of the time-lapse. */
  const pace = useLocalStorage<number>('vlae.timeline.pace', 8)

  const live = computed(() => placed.value === null)
  /** The epoch shown everywhere; −1 while there is none. */
  const epoch = computed(() => Math.min(placed.value ?? newest.value, newest.value))
  /** The pinned epoch, where it is one of the run shown and there is such a one. */
  const compared = computed(() => {
    const { value } = pin
    return value !== null && value.run === run.value && value.epoch <= newest.value ? value.epoch : null
  })
  /** What to compare with: an epoch of the run shown, or of another one. */
  const reference = computed(() => (compared.value !== null || pin.value?.run !== run.value ? pin.value : null))

  let timer: ReturnType<typeof setTimeout> | undefined

  function stop(): void {
    clearTimeout(timer)
    timer = undefined
    playing.value = false
  }

  /** Puts the playhead on an epoch, and leaves it there. */
  function go(to: number): void {
    if (newest.value < 0) return
    placed.value = Math.max(0, Math.min(newest.value, Math.round(to)))
  }

  /** A person moves the playhead: a time-lapse ends. */
  function seek(to: number): void {
    stop()
    go(to)
  }

  function move(by: number): void {
    seek(epoch.value + by)
  }

  /** Follows the newest epoch again. */
  function follow(): void {
    stop()
    placed.value = null
  }

  /** From the playhead, or from epoch 0 when it stands at the end, to the newest epoch; then it stays live. */
  function play(): void {
    if (newest.value < 1) return
    stop()
    go(epoch.value >= newest.value ? 0 : epoch.value)
    playing.value = true
    advance()
  }

  function advance(): void {
    timer = setTimeout(() => {
      if (epoch.value >= newest.value) return follow()
      go(epoch.value + 1)
      advance()
    }, 1000 / pace.value)
  }

  function togglePlay(): void {
    if (playing.value) stop()
    else play()
  }

  /** Pins the epoch shown; pressed again on it, or with one pinned already, takes the pin away. */
  function togglePin(): void {
    if (pin.value !== null) pin.value = null
    else if (epoch.value >= 0 && run.value !== null) pin.value = { run: run.value, epoch: epoch.value }
  }

  /** These runs are gone, and with them what was pinned of them. */
  function forget(gone: readonly RunId[]): void {
    if (pin.value !== null && gone.includes(pin.value.run)) pin.value = null
  }

  /** Another run is shown: its own newest epoch, beside what is pinned. */
  function show(id: RunId | null, last: number, end: number): void {
    follow()
    run.value = id
    grow(last, end)
  }

  /** The run shown has come further, or (a resumed one) has gone back. */
  function grow(last: number, end: number): void {
    newest.value = last
    total.value = Math.max(end, last)
  }

  return {
    newest,
    total,
    epoch,
    live,
    pin,
    compared,
    reference,
    playing,
    pace,
    seek,
    move,
    follow,
    play,
    togglePlay,
    togglePin,
    forget,
    show,
    grow,
    stop,
  }
})
