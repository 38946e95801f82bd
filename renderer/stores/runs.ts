/**
 * The runs of the result folder, which of them is shown, the one that trains (a press is shown at once: optimistic),
 * and their metrics.
 */
import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowRef, triggerRef, watch } from 'vue'
import {
  cardOf,
  idleTraining,
  type Calls,
  type EpochMetrics,
  type MetricsSpan,
  type Removed,
  type ResultFolder,
  type RunId,
  type RunSummary,
  type TrainingState,
} from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { isOpen, next, type Press } from '../../preload/life'
import { useBackend } from '../backend/backend'
import { isLegible } from '../lib/run-facts'
import { StepSeries } from '../lib/step-series'
import { useConnection } from './connection'
import { useFields } from './fields'
import { useRunData } from './run-data'
import { useSettings } from './settings'
import { useTimeline } from './timeline'

/** A run's metrics as the page holds them. */
export interface RunHistory {
  /** Lines of the run's metrics that are in. */
  to: number
  steps: StepSeries
  /** By epoch; epochs without a line are holes. */
  epochs: (EpochMetrics | undefined)[]
}

/** What is shown of the training since a press. */
interface Pressed {
  readonly shown: Partial<TrainingState>
  /** The app has done it: what it tells next is what has come of it. */
  followed: boolean
}

/** The most histories kept beside the one shown. */
export const mostHistories = 60

export const useRuns = defineStore('runs', () => {
  const backend = useBackend()
  const connection = useConnection()
  const timeline = useTimeline()
  const settings = useSettings()
  const data = useRunData()
  const fields = useFields()

  /** Newest first. */
  const list = shallowRef<readonly RunSummary[]>([])
  /** The model that comes with the app; null: none does. It is none of the runs, and only Explore shows it. */
  const shipped = shallowRef<RunSummary | null>(null)
  /** Null until the app has told. */
  const resultFolder = shallowRef<ResultFolder | null>(null)
  /** What was deleted and can be taken back. */
  const removed = shallowRef<readonly Removed[]>([])
  /** As the app has told it. */
  const told = shallowRef<TrainingState>(idleTraining)
  /** Optimistic: what was pressed is shown as followed until the app has told what has come of it. */
  const pressed = shallowRef<Pressed | null>(null)
  const training = computed<TrainingState>(() =>
    pressed.value === null ? told.value : { ...told.value, ...pressed.value.shown },
  )
  const shownId = ref<RunId | null>(null)
  const histories = shallowRef(new Map<RunId, RunHistory>())
  const loading = new Set<RunId>()
  /** Runs whose metrics went on while they were being fetched. */
  const behind = new Set<RunId>()

  const shown = computed(() => list.value.find(({ id }) => id === shownId.value) ?? null)
  const shownTrains = computed(() => shownId.value !== null && training.value.run === shownId.value)
  /** Something is being trained, or stands paused. */
  const busy = computed(() => isOpen(training.value.phase))
  /** Why there are no runs to show, when that is because they cannot be read. */
  const unreadable = computed(() =>
    list.value.length > 0 || busy.value ? null : (resultFolder.value?.problem ?? null),
  )
  /** What the run shown is measured by, or the next one where there is none. */
  const card = computed(() => cardOf(shown.value?.settings ?? settings.current.run))
  /** What the classes of the run shown are called. */
  const classes = computed(() => shown.value?.data?.classes ?? null)
  /** The metrics line of the epoch shown, and of the pinned one. */
  const at = computed(() => lineOf(timeline.epoch))
  const atPin = computed(() => {
    const { reference } = timeline
    return reference === null ? null : (historyOf(reference.run)?.epochs[reference.epoch] ?? null)
  })
  /** What is pinned, in words: `epoch 3`, or of another run `ladder, epoch 3`. */
  const pinned = computed(() => {
    const { reference } = timeline
    if (reference === null) return null
    const of = reference.run === shownId.value ? '' : `${find(reference.run)?.name ?? reference.run}, `
    return `${of}epoch ${reference.epoch}`
  })

  /** The newest training step of the run shown, its row in the history, where a playhead that follows is ahead of all epochs. */
  const ahead = computed(() => {
    const history = historyOf(shownId.value)
    if (history === null || !timeline.live || history.steps.length === 0) return null
    const row = history.steps.length - 1
    const [newest = 0] = history.steps.step.subarray(row)
    return newest > (history.epochs.at(-1)?.step ?? 0) ? { row, steps: history.steps } : null
  })

  /** The step of the newest sketch, while nothing newer has been drawn by the run that is followed. */
  const sketched = computed(() =>
    timeline.live && shownTrains.value && timeline.newest <= 0 ? training.value.sketched : null,
  )

  /** What a run was continued from: `ladder, epoch 6`. */
  function originOf({ from }: RunSummary): string | null {
    return from && `${find(from.run)?.name ?? from.run}, epoch ${from.epoch}`
  }

  function lineOf(epoch: number | null): EpochMetrics | null {
    if (epoch === null) return null
    return historyOf(shownId.value)?.epochs[epoch] ?? null
  }

  /** What is held of a run's metrics. Reading it follows what arrives. */
  function historyOf(id: RunId | null): RunHistory | null {
    return id === null ? null : (histories.value.get(id) ?? null)
  }

  /** The newest run that can be read and is not archived; where there is none, the newest. */
  function newest(): RunId | null {
    const meant = list.value.find((run) => isLegible(run) && !run.notes.archived)
    return (meant ?? list.value.find(isLegible) ?? list.value[0])?.id ?? null
  }

  /** A run, or the model that comes with the app. */
  function find(id: RunId): RunSummary | undefined {
    return id === shipped.value?.id ? shipped.value : list.value.find((run) => run.id === id)
  }

  /** Everything anew: at first, and when a lost connection is back. */
  function reset(runs: RunSummary[], state: TrainingState): void {
    list.value = sorted(runs)
    told.value = state
    pressed.value = null
    const stillThere = shownId.value !== null && find(shownId.value) !== undefined
    if (!stillThere) show(state.run ?? newest())
    else {
      // the one shown also where its metrics had not come when the connection was lost
      const wanted = new Set([...histories.value.keys(), ...(shownId.value === null ? [] : [shownId.value])])
      for (const id of wanted) void load(id)
    }
  }

  function change(changed: RunSummary[], gone: RunId[]): void {
    const fresh = new Map(changed.map((run) => [run.id, run]))
    const kept = list.value.filter(({ id }) => !fresh.has(id) && !gone.includes(id))
    list.value = sorted([...kept, ...changed])
    for (const id of gone) histories.value.delete(id)
    timeline.forget(gone)
    // trained by another process, it sends no metrics; and what could not be read may be readable now
    for (const { id } of changed)
      if ((histories.value.has(id) || id === shownId.value) && id !== training.value.run) void load(id)
    if (shownId.value === null || gone.includes(shownId.value)) show(newest())
  }

  function setTraining(state: TrainingState): void {
    const { run: before, phase } = told.value
    told.value = state
    // what is told of it now was so after the press
    if (phase !== state.phase || pressed.value?.followed === true) pressed.value = null
    // a run that has just begun is what a person wants to see
    if (state.run !== null && state.run !== before && state.phase !== 'idle') show(state.run)
  }

  function show(id: RunId | null): void {
    if (id === shownId.value) return
    shownId.value = id
    const run = id === null ? undefined : find(id)
    timeline.show(id, run?.epoch ?? -1, run?.settings.epochs ?? 0)
    if (id !== null) void load(id)
  }

  watch(shown, (run) => {
    if (run !== null) timeline.grow(run.epoch, run.settings.epochs)
  })

  watch(
    () => timeline.reference?.run,
    (run) => {
      if (run !== undefined && historyOf(run) === null) void load(run)
    },
  )

  /** Fetches what is missing of a run's metrics. */
  async function load(id: RunId): Promise<void> {
    const run = find(id)
    // what is wrong with it is said where it is shown
    if (run !== undefined && !isLegible(run)) return
    if (loading.has(id)) {
      behind.add(id)
      return
    }
    loading.add(id)
    try {
      take(await backend.call.history({ run: id, since: histories.value.get(id)?.to ?? 0 }))
    } catch (thrown) {
      // a run that is gone goes from the list in a moment, as of a result folder that was changed
      if (AppError.from(thrown).code !== 'run/not-found') connection.fail(thrown)
    } finally {
      loading.delete(id)
    }
    if (behind.delete(id)) await load(id)
  }

  /** Takes in a stretch of metrics: behind what is there, or in place of it where a resumed run has gone back. */
  function take(span: MetricsSpan): void {
    let held = histories.value.get(span.run)
    if (held === undefined || span.from > held.to) {
      if (span.from > 0) {
        void load(span.run)
        return
      }
      forget()
      held = markRaw({ to: 0, steps: new StepSeries(), epochs: [] })
      histories.value.set(span.run, held)
    }
    if (span.from < held.to) {
      const back = Math.min(
        span.steps.step[0] ?? Infinity,
        span.epochs[0]?.step ?? Infinity,
        span.from === 0 ? 0 : Infinity,
      )
      held.steps.rewind(back)
      const first = held.epochs.findIndex((line) => line !== undefined && line.step >= back)
      if (first >= 0) held.epochs.length = first
    }
    held.steps.append(span.steps)
    for (const line of span.epochs) held.epochs[line.epoch] = line
    held.to = span.to
    triggerRef(histories)
  }

  /** Metrics that arrive while training: only for runs whose history is wanted. */
  function grow(span: MetricsSpan): void {
    if (histories.value.has(span.run)) take(span)
    else if (span.run === shownId.value) void load(span.run)
  }

  /** Makes room for one more history. */
  function forget(): void {
    for (const id of histories.value.keys()) {
      if (histories.value.size < mostHistories) return
      if (![shownId.value, training.value.run, timeline.pin?.run].includes(id)) histories.value.delete(id)
    }
  }

  /* What a person asks for. Each answers at once with a state that can be seen. */

  const start = (input: Parameters<Calls['start']>[0] = {}): Promise<boolean> =>
    connection.attempt(() =>
      pressing('start', async () => {
        // what a person has typed and cannot be used is not passed over
        if (input.settings === undefined && input.like === undefined && !(await fields.right()))
          throw new AppError('cancelled', 'A field cannot be used as it is.', 'Change what stands in it.')
        // a setting typed a moment ago counts
        await settings.save()
        const begin = (): Promise<RunId> => pressing('start', () => backend.call.start(input))
        const source = input.from !== undefined && 'run' in input.from ? input.from.run : input.like
        show(await (source === undefined ? begin() : data.need(source, begin)))
      }),
    )

  const pause = (): Promise<boolean> => connection.attempt(() => pressing('pause', () => backend.call.pause({})))
  const stop = (): Promise<boolean> => connection.attempt(() => pressing('stop', () => backend.call.stop({})))
  /** Goes on with the run that stands still; with a name, with that one, which has ended. */
  const resume = (run?: RunId): Promise<boolean> =>
    connection.attempt(() =>
      run === undefined
        ? pressing('continue', () => backend.call.resume({}))
        : data.need(run, () => pressing('start', () => backend.call.resume({ run }))),
    )

  /** Does what was pressed, which is shown as the table has it from now on, and taken back where it cannot be done. */
  async function pressing<T>(press: Press, work: () => Promise<T>): Promise<T> {
    const { run, phase } = told.value
    const to = next(phase, press)
    const fresh = press === 'start' ? { ...idleTraining, run } : {}
    // of what the table refuses the app says why
    const mine = to === null || to === phase ? null : { shown: { ...fresh, phase: to }, followed: false }
    if (mine !== null) pressed.value = mine
    try {
      const value = await work()
      if (mine !== null) mine.followed = true
      return value
    } catch (thrown) {
      if (pressed.value === mine) pressed.value = null
      throw thrown
    }
  }

  /** Gives a run another name, or notes something else of it. */
  const describe = (run: RunId, change: Omit<Parameters<Calls['describe']>[0], 'run'>): Promise<boolean> =>
    connection.attempt(() => backend.call.describe({ run, ...change }))

  /** Puts a run out of sight or back; nothing of it is deleted. */
  const archive = (run: RunId, archived: boolean): Promise<boolean> =>
    connection.attempt(async () => {
      const name = find(run)?.name ?? run
      await backend.call.describe({ run, archived })
      if (!archived) return
      connection.say({
        kind: 'note',
        message: `“${name}” is archived: hidden, and all of it kept.`,
        action: { label: 'Undo', run: () => void archive(run, false) },
      })
    })

  /** Puts a run, or one checkpoint of it, aside, and offers to take it back. */
  const remove = (run: RunId, epoch?: number): Promise<boolean> =>
    connection.attempt(async () => {
      const name = find(run)?.name ?? run
      await backend.call.remove(epoch === undefined ? { run } : { run, epoch })
      connection.say({
        kind: 'note',
        message: epoch === undefined ? `“${name}” was deleted.` : `The checkpoint of epoch ${epoch} was deleted.`,
        action: { label: 'Undo', run: () => void restore(run, epoch ?? null) },
      })
    })

  const restore = (run: RunId, epoch: number | null): Promise<boolean> =>
    connection.attempt(() => backend.call.restore(epoch === null ? { run } : { run, epoch }))

  return {
    list,
    shipped,
    resultFolder,
    unreadable,
    removed,
    training,
    shownId,
    shown,
    shownTrains,
    busy,
    historyOf,
    at,
    atPin,
    pinned,
    ahead,
    sketched,
    card,
    classes,
    find,
    originOf,
    reset,
    change,
    setTraining,
    show,
    load,
    grow,
    start,
    pause,
    resume,
    stop,
    describe,
    archive,
    remove,
    restore,
  }
})

function sorted(runs: RunSummary[]): RunSummary[] {
  return runs.sort((a, b) => b.startedAt.localeCompare(a.startedAt) || b.id.localeCompare(a.id))
}
