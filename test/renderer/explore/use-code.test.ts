/** A code that is changed number by number: what of that stays when another digit or another model is taken. */
import { expect, it } from 'vitest'
import { effectScope, nextTick, ref, shallowRef } from 'vue'
import type { Encoding } from '../../../preload/contract'
import { useCode } from '../../../renderer/explore/use-code'
import type { Digit } from '../../../renderer/stores/hand'

const encoded = (...mean: number[]) => ({ mean: Float32Array.from(mean) }) as Encoding
const digit = (label: number): Digit => ({ pixels: new Uint8Array(784), name: 'A digit', label, of: null })

it('keeps what is locked from digit to digit and from epoch to epoch, and nothing for another run', async () => {
  const encoding = shallowRef<Encoding | null>(encoded(1, 2, 3))
  const inHand = shallowRef(digit(7))
  const run = ref('one')
  const scope = effectScope()
  const code = scope.run(() =>
    useCode(
      () => run.value,
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

  // of another epoch
  encoding.value = encoded(7, 8, 9)
  await nextTick()
  expect([...code.numbers.value!]).toEqual([7, 2, 9])

  // whose codes have as many numbers
  run.value = 'other'
  encoding.value = encoded(3, 4, 5)
  await nextTick()
  expect([...code.numbers.value!]).toEqual([3, 4, 5])
  expect([code.locked.size, code.changed.size]).toEqual([0, 0])
  scope.stop()
})
