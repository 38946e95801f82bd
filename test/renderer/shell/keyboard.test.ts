/** The page's keys. */
import { expect, it } from 'vitest'
import { isCharacter, keyAction, shortcuts } from '../../../renderer/shell/keyboard'
import { views } from '../../../renderer/stores/view'

const press = (key: string, held: Partial<Record<'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey', boolean>> = {}) =>
  keyAction({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...held })

it('moves the playhead by one, with Shift by ten', () => {
  expect(press('ArrowLeft')).toEqual({ do: 'move', by: -1 })
  expect(press('ArrowRight')).toEqual({ do: 'move', by: 1 })
  expect(press('ArrowLeft', { shiftKey: true })).toEqual({ do: 'move', by: -10 })
  expect(press('ArrowRight', { shiftKey: true })).toEqual({ do: 'move', by: 10 })
})

it('pauses, pins, plays, follows, presents, helps', () => {
  expect([' ', 'p', 'P', 't', 'l', 'f', 'Escape', '?', 'Home', 'End'].map((key) => press(key)?.do)).toEqual([
    'toggle-training',
    'pin',
    'pin',
    'play',
    'live',
    'present',
    'end-presentation',
    'help',
    'first',
    'last',
  ])
})

it('switches between the eight views', () => {
  expect(['1', '8', '9', '0'].map((key) => press(key))).toEqual([
    { do: 'view', index: 0 },
    { do: 'view', index: 7 },
    null,
    null,
  ])
})

it('lists the views in the order of their keys', () => {
  const list = shortcuts.find(({ keys }) => keys[1] === '–')!
  expect([list.keys[2], list.does.split(', ')]).toEqual([String(views.length), views.map(({ title }) => title)])
  expect(views.map((_, i) => press(String(i + 1)))).toEqual(views.map((_, index) => ({ do: 'view', index })))
})

it('tells the keys that write something from those that do not', () => {
  expect(['p', 'P', '1', '?', '+'].map(isCharacter)).toEqual([true, true, true, true, true])
  expect([' ', 'ArrowLeft', 'Home', 'Escape'].map(isCharacter)).toEqual([false, false, false, false])
})

it('leaves the shortcuts of the browser and the system alone', () => {
  for (const held of ['ctrlKey', 'metaKey', 'altKey'] as const)
    for (const key of ['p', 'l', '1', 'ArrowLeft']) expect(press(key, { [held]: true })).toBeNull()
})
