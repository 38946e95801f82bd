/** A code that is changed number by number: what of that stays when another digit or another model is taken. */
import { expect, it } from 'vitest'
import { effectScope, nextTick, shallowRef } from 'vue'
import type { Encoding } from '../../../preload/contract'
import { useCode } from '../../../renderer/explore/use-code'
import type { Digit } from '../../../renderer/stores/hand'

const encoded = (...mean: number[]) => ({ mean: Float32Array.from(mean) }) as Encoding
const digit = (label: number): Digit => ({ pixels: new Uint8Array(784), name: 'A digit', label, of: null })

it('keeps what is locked from digit to digit, and nothing for a model whose codes have another size', async () => {
  const encoding = shallowRef<Encoding | null>(encoded(1, 2, 3))
  const inHand = shallowRef(digit(7))
  const scope = effectScope()
  const code = scope.run(() =>
    useCode(
      () => encoding.value,
      () => inHand.value,
    ),
  )!
  code.set(0, 8)
  code.toggleLock(1)
  expect([...code.numbers.value!]).toEqual([8, 2, 3])

  inHand.value = digit(4)
  encoding.value = encoded(4, 5, 6)
  await nextTick()
  expect([...code.numbers.value!]).toEqual([4, 2, 6])

  // while the other model is asked there is no code
  encoding.value = null
  await nextTick()
  encoding.value = encoded(7, 8)
  await nextTick()
  expect([...code.numbers.value!]).toEqual([7, 8])
  expect(code.locked.size).toBe(0)
  scope.stop()
})
