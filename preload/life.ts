/**
 * The life of a run: one state machine, phase × event → phase. Whoever has the run holds its phase (the training worker;
 * the trainer, before and after that), all above mirror it as it is told, and only the page shows a press before that.
 */
import { AppError } from './errors'

export const phases = [
  /** No run is open: none was yet, or the last one could not be opened. */
  'idle',
  /** A run is being opened: its data is read, its engine prepared. */
  'starting',
  'training',
  /** Asked to pause: the step under way is done and saved first. */
  'pausing',
  /** Stands still until it is asked to go on. */
  'paused',
  /** Asked to go on from there. */
  'resuming',
  /** Stands still until what it has to write can be written: the disk is full. It goes on by itself then. */
  'waiting',
  /** Asked to end: it is saved first. */
  'stopping',
  /** How the last one has ended. No run is open. */
  'done',
  'stopped',
  'failed',
] as const
export type Phase = (typeof phases)[number]

/** What a person asks for. */
export const presses = ['start', 'pause', 'continue', 'stop'] as const
export type Press = (typeof presses)[number]

export const lifeEvents = [
  ...presses,
  /** It could not be opened, or was given up before it was. */
  'refused',
  /** It is open: its steps follow. */
  'opened',
  /** It is saved, and would stand still here. */
  'stands',
  /** What it wrote was refused by a full disk. */
  'full',
  /** All that it had to write is written. */
  'written',
  /** All epochs are done and saved. */
  'finished',
  /** It is saved and has been left. */
  'left',
  /** Something went wrong: it has ended where it was saved last. */
  'failed',
  /** The worker that had it is gone. */
  'died',
] as const
export type LifeEvent = (typeof lifeEvents)[number]

/** No run is open. There is nothing to stop, and a worker without a run may die, too. */
const closed = (phase: Phase) => ({ start: 'starting', stop: phase, died: phase }) as const

/** The table. A pair that is not in it is refused, see `after`. */
const table: Readonly<Record<Phase, Partial<Readonly<Record<LifeEvent, Phase>>>>> = {
  idle: closed('idle'),
  done: closed('done'),
  stopped: closed('stopped'),
  failed: closed('failed'),
  starting: {
    pause: 'pausing',
    continue: 'starting',
    stop: 'stopping',
    refused: 'idle',
    opened: 'training',
    failed: 'failed',
    died: 'failed',
  },
  training: {
    pause: 'pausing',
    continue: 'training',
    stop: 'stopping',
    // it was asked to go on while it was being saved
    stands: 'training',
    full: 'waiting',
    written: 'training',
    finished: 'done',
    failed: 'failed',
    died: 'failed',
  },
  pausing: {
    pause: 'pausing',
    continue: 'resuming',
    stop: 'stopping',
    // the press came while it was being opened
    refused: 'idle',
    opened: 'pausing',
    stands: 'paused',
    // it does stand still; what is not saved yet is tried again
    full: 'paused',
    written: 'pausing',
    // the press came after the last step
    finished: 'done',
    failed: 'failed',
    died: 'failed',
  },
  paused: {
    pause: 'paused',
    continue: 'resuming',
    stop: 'stopping',
    stands: 'paused',
    full: 'paused',
    written: 'paused',
    failed: 'failed',
    died: 'failed',
  },
  resuming: {
    pause: 'pausing',
    continue: 'resuming',
    stop: 'stopping',
    // paused and asked to go on before it was open
    refused: 'idle',
    opened: 'training',
    stands: 'resuming',
    full: 'waiting',
    written: 'training',
    finished: 'done',
    failed: 'failed',
    died: 'failed',
  },
  waiting: {
    pause: 'paused',
    // tried again at once
    continue: 'resuming',
    stop: 'stopping',
    full: 'waiting',
    written: 'training',
    failed: 'failed',
    died: 'failed',
  },
  stopping: {
    // it stands still soon enough
    pause: 'stopping',
    stop: 'stopping',
    // given up before it was open, or too late for that
    refused: 'idle',
    opened: 'stopping',
    stands: 'stopping',
    // not waited for: it ends where it was saved last
    full: 'stopping',
    written: 'stopping',
    // the press came after the last step
    finished: 'done',
    left: 'stopped',
    failed: 'failed',
    died: 'failed',
  },
}

/** What comes of an event; null where the table refuses it. */
export function next(phase: Phase, event: LifeEvent): Phase | null {
  return table[phase][event] ?? null
}

/**
 * What comes of an event.
 *
 * @param run how to name the run that is open
 * @throws AppError `training/busy`, `training/none`, `training/stopping` for a press that cannot be followed; `internal`
 * for what cannot happen
 */
export function after(phase: Phase, event: LifeEvent, run: string | null = null): Phase {
  const to = next(phase, event)
  if (to === null) throw refusalOf(phase, event, run)
  return to
}

function refusalOf(phase: Phase, event: LifeEvent, run: string | null): AppError {
  if (event === 'start')
    return new AppError(
      'training/busy',
      run === null ? 'A run is just being started.' : `The run in ${run} is being trained.`,
      'Stop it first: one run trains at a time.',
    )
  if (event === 'continue' && phase === 'stopping')
    return new AppError(
      'training/stopping',
      'The run is just being saved and ended.',
      'Resume it when that is done: it goes on from there.',
    )
  if (event === 'pause' || event === 'continue')
    return new AppError('training/none', 'No run is being trained.', 'Start one, or resume one that was stopped.')
  return new AppError(
    'internal',
    `Something went wrong inside the app: a run that was “${phase}” was sent “${event}”.`,
    'Nothing that was saved is lost: resume the run. If it happens again, report it.',
  )
}

/** A run is open: no other can be. */
export function isOpen(phase: Phase): boolean {
  return next(phase, 'start') === null
}

const pending: ReadonlySet<Phase> = new Set(['starting', 'pausing', 'resuming', 'stopping'])

/** What a person has asked for has not taken effect yet. */
export function isPending(phase: Phase): boolean {
  return pending.has(phase)
}

/** Something would be lost or cut short if the app ended now. One that stands still is saved, or cannot be. */
export function isBusy(phase: Phase): boolean {
  return phase === 'training' || isPending(phase)
}

/** What to offer first; null while a press is being followed. Beside it, Stop is there while a run is open. */
export function offered(phase: Phase): Exclude<Press, 'stop'> | null {
  if (isPending(phase)) return null
  if (!isOpen(phase)) return 'start'
  return phase === 'training' ? 'pause' : 'continue'
}
