/** What is on a pad, and what of it stays where another data set is looked at. */
import { expect, it } from 'vitest'
import { useHand, type Digit } from '../../../renderer/stores/hand'
import { stage } from '../fake-backend'

const image = (of: string | null): Digit => ({ pixels: new Uint8Array(784).fill(200), name: 'An image', label: 9, of })

it('keeps no test image of other data, neither in hand nor to come back', () => {
  stage({})
  const pad = useHand().first
  pad.draw({ x: 100, y: 60 }, { x: 140, y: 200 }, false)
  const drawing = pad.digit
  pad.put(image('boots'))
  pad.put(image('digits'))
  expect(pad.keepOf('digits')).toBe(false)
  expect(pad.digit?.of).toBe('digits')
  // past the boots, to what was drawn before them
  pad.undo()
  expect(pad.digit).toBe(drawing)

  pad.put(image('digits'))
  expect(pad.keepOf('boots')).toBe(true)
  expect([pad.digit, pad.ink.values.some((value) => value > 0)]).toEqual([null, false])
  pad.undo()
  expect(pad.digit).toBe(drawing)
  expect(pad.keepOf('boots')).toBe(false)
})
