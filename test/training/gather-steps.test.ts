/** What is told of steps, as often as is asked for; all else at once, and everything in its order. */
import { expect, it } from 'vitest'
import type { TrainerEvent } from '../../main/trainer/events'
import { gatherSteps } from '../../main/training/gather-steps'

const step = (number: number) => ({ type: 'step', step: number }) as TrainerEvent
const paused = { type: 'state', state: 'paused', folder: null } as TrainerEvent

function gathering() {
  const sent: TrainerEvent[][] = []
  const clock = { now: 0 }
  const tell = gatherSteps(
    (events) => sent.push(events),
    1000,
    () => clock.now,
  )
  return { sent, clock, tell }
}

it('tells steps that come fast together, in their order', () => {
  const { sent, clock, tell } = gathering()
  for (let number = 1; number <= 8; number++, clock.now += 260) tell(step(number))
  expect(sent).toEqual([[step(1)], [2, 3, 4, 5].map(step)])
})

it('tells a step that comes slowly at once', () => {
  const { sent, clock, tell } = gathering()
  for (let number = 1; number <= 3; number++, clock.now += 1100) tell(step(number))
  expect(sent).toEqual([[step(1)], [step(2)], [step(3)]])
})

it('tells anything else at once, after the steps before it', () => {
  const { sent, clock, tell } = gathering()
  for (let number = 1; number <= 3; number++, clock.now += 10) tell(step(number))
  tell(paused)
  tell(paused)
  expect(sent).toEqual([[step(1)], [step(2), step(3), paused], [paused]])
})

it('tells the first step at once, whatever was told just before it', () => {
  const { sent, tell } = gathering()
  tell(paused)
  tell(step(1))
  tell(step(2))
  expect(sent).toEqual([[paused], [step(1)]])
})
