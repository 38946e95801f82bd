/** The life of a run, pair by pair: every phase with every event is the phase that follows, or is refused in words. */
import { describe, expect, it } from 'vitest'
import { AppError } from '../../preload/errors'
import {
  after,
  isBusy,
  isOpen,
  isPending,
  lifeEvents,
  next,
  offered,
  phases,
  presses,
  type LifeEvent,
  type Phase,
} from '../../preload/life'

/** What is meant, written down apart from the code: `!` stands before why a pair is refused. */
const meant = `
          start    pause     continue  stop     refused opened   stands   full     written  finished left    failed died
idle      starting !none     !none     idle     !fault  !fault   !fault   !fault   !fault   !fault   !fault  !fault idle
starting  !busy    pausing   starting  stopping idle    training !fault   !fault   !fault   !fault   !fault  failed failed
training  !busy    pausing   training  stopping !fault  !fault   training waiting  training done     !fault  failed failed
pausing   !busy    pausing   resuming  stopping idle    pausing  paused   paused   pausing  done     !fault  failed failed
paused    !busy    paused    resuming  stopping !fault  !fault   paused   paused   paused   !fault   !fault  failed failed
resuming  !busy    pausing   resuming  stopping idle    training resuming waiting  training done     !fault  failed failed
waiting   !busy    paused    resuming  stopping !fault  !fault   !fault   waiting  training !fault   !fault  failed failed
stopping  !busy    stopping  !stopping stopping idle    stopping stopping stopping stopping done     stopped failed failed
done      starting !none     !none     done     !fault  !fault   !fault   !fault   !fault   !fault   !fault  !fault done
stopped   starting !none     !none     stopped  !fault  !fault   !fault   !fault   !fault   !fault   !fault  !fault stopped
failed    starting !none     !none     failed   !fault  !fault   !fault   !fault   !fault   !fault   !fault  !fault failed
`
const codes: Record<string, string> = {
  '!busy': 'training/busy',
  '!none': 'training/none',
  '!stopping': 'training/stopping',
  '!fault': 'internal',
}
const [heading, ...rows] = meant
  .trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/))
const pairs = rows.flatMap(([phase, ...cells]) =>
  cells.map((cell, column) => ({ phase: phase as Phase, event: heading![column] as LifeEvent, cell })),
)

const open = phases.filter(isOpen)

/** All phases that can be come to from here by these events. */
function reachable(from: Phase, events: readonly LifeEvent[]): Set<Phase> {
  const seen = new Set([from])
  for (const phase of seen) for (const event of events) seen.add(next(phase, event) ?? phase)
  return seen
}

describe('every pair', () => {
  it('is meant one way or the other', () => {
    expect(heading).toEqual([...lifeEvents])
    expect(rows.map(([phase]) => phase)).toEqual([...phases])
    expect(rows.map((row) => row.length)).toEqual(phases.map(() => lifeEvents.length + 1))
    expect(pairs).toHaveLength(phases.length * lifeEvents.length)
  })

  it.each(pairs.filter(({ cell }) => !cell.startsWith('!')))('$phase × $event → $cell', ({ phase, event, cell }) => {
    expect(phases).toContain(cell)
    expect([next(phase, event), after(phase, event)]).toEqual([cell, cell])
  })

  it.each(pairs.filter(({ cell }) => cell.startsWith('!')))('$phase × $event: $cell', ({ phase, event, cell }) => {
    expect(next(phase, event)).toBeNull()
    expect(refusal(phase, event).toData()).toEqual({
      code: codes[cell],
      message: expect.stringMatching(/^[A-Z].{20,}\.$/) as string,
      remedy: expect.stringMatching(/^[A-Z].{20,}\.$/) as string,
    })
  })

  it('names the run that is in the way, where it has a name yet', () => {
    const message = (run: string | null) => refusal('paused', 'start', run).message
    expect(message('/result/a')).toBe('The run in /result/a is being trained.')
    expect(message(null)).toBe('A run is just being started.')
  })
})

function refusal(phase: Phase, event: LifeEvent, run: string | null = null): AppError {
  try {
    after(phase, event, run)
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown
  }
  throw new Error(`${phase} × ${event} is not refused as it should be`)
}

describe('a life', () => {
  it('can come to every phase', () => {
    expect(reachable('idle', lifeEvents)).toEqual(new Set(phases))
  })

  it.each(open)('that is %s can be ended by a press of Stop, and by nothing else that is pressed', (phase) => {
    const stopping = after(phase, 'stop')
    // whatever is pressed then, it does not come back to life
    expect(reachable(stopping, presses)).toEqual(new Set(['stopping']))
    // and whatever comes of it, it ends there
    const end = reachable(
      stopping,
      lifeEvents.filter((event) => event !== 'start'),
    )
    expect([...end].filter(isOpen)).toEqual(['stopping'])
    expect(end.has('stopped')).toBe(true)
    const others = presses.filter((press) => press !== 'stop')
    expect([...reachable(phase, others)].every(isOpen)).toBe(true)
  })

  it('ends with its worker, whatever it was at', () => {
    for (const phase of phases) expect(after(phase, 'died')).toBe(isOpen(phase) ? 'failed' : phase)
  })

  it('begins anew only where none is open', () => {
    for (const phase of phases) expect(next(phase, 'start')).toBe(isOpen(phase) ? null : 'starting')
  })
})

describe('to those who look on', () => {
  it('a run is open, busy or pending', () => {
    expect(open).toEqual(['starting', 'training', 'pausing', 'paused', 'resuming', 'waiting', 'stopping'])
    expect(phases.filter(isBusy)).toEqual(['starting', 'training', 'pausing', 'resuming', 'stopping'])
    expect(phases.filter(isPending)).toEqual(['starting', 'pausing', 'resuming', 'stopping'])
  })

  it('what is offered can be pressed, and changes something', () => {
    expect(Object.fromEntries(phases.map((phase) => [phase, offered(phase)]))).toEqual({
      idle: 'start',
      starting: null,
      training: 'pause',
      pausing: null,
      paused: 'continue',
      resuming: null,
      waiting: 'continue',
      stopping: null,
      done: 'start',
      stopped: 'start',
      failed: 'start',
    })
    const leads = phases.map((phase) => [phase, next(phase, offered(phase) ?? 'stop')])
    expect(leads.filter(([from, to]) => to === null || to === from)).toEqual([['stopping', 'stopping']])
  })
})
