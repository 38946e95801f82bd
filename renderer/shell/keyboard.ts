/** The page's keys: which press means what. */
import { createSharedComposable, useLocalStorage } from '@vueuse/core'
import { views } from '../stores/view'

export type KeyAction =
  | { do: 'toggle-training' }
  | { do: 'move'; by: number }
  | { do: 'first' }
  | { do: 'last' }
  | { do: 'pin' }
  | { do: 'live' }
  | { do: 'play' }
  | { do: 'view'; index: number }
  | { do: 'present' }
  | { do: 'end-presentation' }
  | { do: 'help' }

/** What a press looks like to the table of keys; a KeyboardEvent is one. */
export interface KeyPress {
  key: string
  shiftKey: boolean
  ctrlKey: boolean
  metaKey: boolean
  altKey: boolean
}

/** The list that `?` shows. */
export const shortcuts: readonly { keys: readonly string[]; does: string }[] = [
  { keys: ['Space'], does: 'Pause or resume training' },
  { keys: ['←', '→'], does: 'One epoch back or on' },
  { keys: ['Shift', '←', '→'], does: 'Ten epochs back or on' },
  { keys: ['Home', 'End'], does: 'First or newest epoch' },
  { keys: ['L'], does: 'Live: follow the newest epoch' },
  { keys: ['T'], does: 'Play the epochs as a time-lapse' },
  { keys: ['P'], does: 'Pin this epoch to compare with, or unpin' },
  { keys: ['1', '–', String(views.length)], does: views.map(({ title }) => title).join(', ') },
  { keys: ['+', '−', '0'], does: 'In a chart: zoom in, out, show all' },
  { keys: ['←', '↑', '→', '↓'], does: 'On the map of codes: from dot to dot; with Shift a box that selects' },
  { keys: ['Enter', 'Esc'], does: 'On the map of codes: take the test image in hand; let go of it, or of the box' },
  { keys: ['F'], does: 'Present: this view alone, in large type; again or Esc ends it' },
  { keys: ['?'], does: 'This list' },
]

/** What a press means; null: nothing of the page's. */
export function keyAction(press: KeyPress): KeyAction | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null
  switch (press.key) {
    case ' ':
      return { do: 'toggle-training' }
    case 'ArrowLeft':
      return { do: 'move', by: press.shiftKey ? -10 : -1 }
    case 'ArrowRight':
      return { do: 'move', by: press.shiftKey ? 10 : 1 }
    case 'Home':
      return { do: 'first' }
    case 'End':
      return { do: 'last' }
    case 'p':
    case 'P':
      return { do: 'pin' }
    case 'l':
    case 'L':
      return { do: 'live' }
    case 't':
    case 'T':
      return { do: 'play' }
    case 'f':
    case 'F':
      return { do: 'present' }
    case 'Escape':
      return { do: 'end-presentation' }
    case '?':
      return { do: 'help' }
  }
  const index = views.findIndex((_, i) => press.key === String(i + 1))
  return index < 0 ? null : { do: 'view', index }
}

/** Whether a press writes a character: those come by themselves where a person speaks to the computer. */
export function isCharacter(key: string): boolean {
  return key.length === 1 && key !== ' '
}

/** Whether letters, digits and signs are keys of the page (WCAG 2.2, 2.1.4): a person can turn them off. */
export const useCharacterKeys = createSharedComposable(() => useLocalStorage('vlae.keys.characters', true))

/** Whether what has the focus wants this key itself: a field its letters, a button its space, a menu its arrows. */
export function keyIsTaken(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.closest('[role="dialog"], [role="alertdialog"], [role="menu"], [role="listbox"]')) return true
  if (target.isContentEditable || target.matches('input:not([type="checkbox"]), textarea, select')) return true
  if (key === ' ') return target.closest('button, a, summary, input, [role="switch"], [role="slider"]') !== null
  if (/^(Arrow|Home|End)/.test(key))
    return target.closest('[role="radiogroup"], [role="grid"], [role="group"][data-arrows], [role="toolbar"]') !== null
  return false
}
