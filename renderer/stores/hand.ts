/** The digits in hand, which all of Explore is about: drawn, taken from the test set or from a picture; kept from view to view. */
import { defineStore } from 'pinia'
import { reactive, shallowRef } from 'vue'
import { side } from '../../preload/images'
import { asMnist, enlarged, stroke, type Point } from '../lib/ink'

export interface Digit {
  /** [784] grey levels, ink bright. */
  readonly pixels: Uint8Array<ArrayBuffer>
  /** `Your drawing`, `Test image 12`. */
  readonly name: string
  /** Its class, where the data says it. */
  readonly label: number | null
  /** The fingerprint of the data that it is of; null: of none. */
  readonly of: string | null
}

/** Which of the two: most of Explore is about the first. */
export type HandName = 'first' | 'second'

/** Pixels of a pad for one of a digit. */
const padScale = 10
/** A pad's width and height in its own pixels. */
export const padSide = side * padScale
/** A pen of MNIST's width, on a pad that is filled. */
const penRadius = 12
const eraserRadius = 20
/** Strokes that can be taken back. */
const mostBack = 60
/** What is drawn smaller stays smaller. */
const least = 0.4 * padSide

interface Before {
  readonly values: Uint8Array
  readonly digit: Digit | null
}

/** A pad, and the digit that is made of what is on it. */
function createPad() {
  const ink = { values: new Uint8Array(padSide * padSide), width: padSide, height: padSide }
  let back: Before[] = []
  const digit = shallowRef<Digit | null>(null)
  /** Goes up with each change of the ink. */
  const changes = shallowRef(0)
  const canUndo = shallowRef(false)

  /** What comes next can be taken back. */
  function remember(): void {
    back.push({ values: ink.values.slice(), digit: digit.value })
    if (back.length > mostBack) back.shift()
    canUndo.value = true
  }

  function show(values: Uint8Array, shown: Digit | null): void {
    ink.values.set(values)
    digit.value = shown
    changes.value++
  }

  /** A line of the pen, or of the eraser. Points in the pad's pixels. */
  function draw(from: Point, to: Point, erase: boolean): void {
    stroke(ink, from, to, erase ? eraserRadius : penRadius, erase)
    const pixels = asMnist(ink, least)
    digit.value = pixels && { pixels, name: 'Your drawing', label: null, of: null }
    changes.value++
  }

  function put(taken: Digit): void {
    remember()
    show(enlarged(taken.pixels, padScale).values, taken)
  }

  function clear(): void {
    if (digit.value === null) return
    remember()
    show(new Uint8Array(ink.values.length), null)
  }

  /** A test image of other data is none of these, and its class is called otherwise: it goes. Whether that was in hand. */
  function keepOf(data: string): boolean {
    const foreign = (one: Digit | null) => one !== null && one.of !== null && one.of !== data
    back = back.filter((before) => !foreign(before.digit))
    canUndo.value = back.length > 0
    if (!foreign(digit.value)) return false
    show(new Uint8Array(ink.values.length), null)
    return true
  }

  function undo(): void {
    const before = back.pop()
    if (before !== undefined) show(before.values, before.digit)
    canUndo.value = back.length > 0
  }

  return reactive({ ink: shallowRef(ink), digit, changes, canUndo, remember, draw, put, clear, keepOf, undo })
}

export type Pad = ReturnType<typeof createPad>

export const useHand = defineStore('hand', () => ({ first: createPad(), second: createPad() }))
