/** What a component holds crosses the window's port. */
import { expect, it } from 'vitest'
import { reactive } from 'vue'
import { unwrapped } from '../../../renderer/backend/unwrapped'

it('carries what Vue has wrapped, at any depth, and bytes as they are', () => {
  const bytes = Uint8Array.of(1, 2)
  const wish = reactive({ notes: { tags: ['a', 'b'] }, rows: [{ bytes }], none: undefined, nothing: null })
  expect(() => structuredClone({ notes: wish.notes })).toThrow('could not be cloned')
  const input = { run: 'one', notes: wish.notes, rows: wish.rows, none: wish.none, nothing: wish.nothing }
  const raw = unwrapped(input) as typeof input
  expect(structuredClone(raw)).toEqual({
    run: 'one',
    notes: { tags: ['a', 'b'] },
    rows: [{ bytes }],
    none: undefined,
    nothing: null,
  })
  expect(raw.rows[0]?.bytes).toBe(bytes)
})
