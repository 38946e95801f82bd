/** How the page stands with the app: the link, what the app is, long work under way, and what a person should know. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { AppInfo, Task } from '../../preload/contract'
import { AppError, type ErrorData } from '../../preload/errors'
import { type Link, useBackend } from '../backend/backend'
import { copyText } from '../lib/clipboard'

/** Something said at the edge of the page until it is dismissed, or for a while. */
export interface Notice {
  id: number
  kind: 'problem' | 'note'
  message: string
  remedy?: string
  details?: string
  /** The way on, offered as a button. */
  action?: { label: string; run(): void }
}

/** How long a note stays, in milliseconds. Problems stay until dismissed. */
const noteStays = 12_000
/** Notices at a time. */
const mostNotices = 4

export const useConnection = defineStore('connection', () => {
  const backend = useBackend()
  const link = ref<Link>('connecting')
  const app = shallowRef<AppInfo | null>(null)
  const tasks = shallowRef<readonly Task[]>([])
  const notices = shallowRef<readonly Notice[]>([])
  /** What the app is, and is made of, is shown. */
  const about = ref(false)
  const ready = computed(() => app.value !== null)
  /** Without the app nothing can be pressed; what is shown is how it stood last. */
  const away = computed(() => link.value !== 'online')
  /** What stops the page's own long work, by task. */
  const stops = new Map<string, AbortController>()
  let lastId = 0

  /** Says where something lies, where the app cannot show it; the path can be copied. */
  function sayWhere(what: string, path: string): void {
    const copy = () => void attempt(() => copyText(Promise.resolve(path)))
    say({ kind: 'note', message: `${what} is ${path}`, action: { label: 'Copy', run: copy } })
  }

  function say(notice: Omit<Notice, 'id'>): number {
    const id = ++lastId
    // the same sentence twice is one notice
    const others = notices.value.filter(({ message }) => message !== notice.message)
    notices.value = newestOf([...others, { ...notice, id }])
    if (notice.kind === 'note') setTimeout(() => dismiss(id), noteStays)
    return id
  }

  function dismiss(id: number): void {
    notices.value = notices.value.filter((notice) => notice.id !== id)
  }

  function report(problem: ErrorData, action?: Notice['action']): void {
    const { message, remedy, details } = problem
    say({ kind: 'problem', message, remedy, ...(details && { details }), ...(action && { action }) })
  }

  /** Does what a person asked for; a failure is told at the edge of the page. Whether it worked. */
  async function attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (thrown) {
      fail(thrown)
      return false
    }
  }

  /** Tells of a failure, unless it is what the person asked for. */
  function fail(thrown: unknown): void {
    const error = AppError.from(thrown)
    if (error.code !== 'cancelled') report(error.toData())
  }

  function setTask(task: Task): void {
    const others = tasks.value.filter(({ id }) => id !== task.id)
    tasks.value = task.ended ? others : [...others, task]
  }

  /** Long work of the page's own: shown and stopped like the app's. `work` tells how far it is, and ends on the signal. */
  async function during<T>(
    title: string,
    work: (progress: (share: number) => void, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const id = crypto.randomUUID()
    const stop = new AbortController()
    stops.set(id, stop)
    const tell = (progress: number, ended = false): void => setTask({ id, title, progress, secondsLeft: null, ended })
    tell(0)
    try {
      return await work(tell, stop.signal)
    } finally {
      stops.delete(id)
      tell(1, true)
    }
  }

  function cancel(task: string): Promise<boolean> {
    const own = stops.get(task)
    if (own !== undefined) {
      own.abort(new AppError('cancelled', 'Stopped.', 'Start it again when you like.'))
      return Promise.resolve(true)
    }
    return attempt(() => backend.call.cancel({ task }))
  }

  return {
    link,
    app,
    about,
    ready,
    away,
    tasks,
    notices,
    say,
    sayWhere,
    dismiss,
    report,
    fail,
    attempt,
    setTask,
    during,
    cancel,
  }
})

/** What there is room for: no note takes a problem's, which nobody may have read yet; of notes there is at least the newest. */
function newestOf(all: readonly Notice[]): readonly Notice[] {
  const last = (kind: Notice['kind'], count: number) => all.filter((notice) => notice.kind === kind).slice(-count)
  const problems = last('problem', mostNotices)
  const notes = last('note', Math.max(1, mostNotices - problems.length))
  return all.filter((notice) => problems.includes(notice) || notes.includes(notice))
}
