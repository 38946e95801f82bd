/** Memory that a session works on again and again is asked for in huge pages, and only where the system has them. */
import { existsSync, readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import koffi from 'koffi'
import { describe, expect, it, vi } from 'vitest'
import { bindSession } from '../../../main/engine/onnx/bound-session'
import { huge, hugePage, wholePages } from '../../../main/engine/onnx/huge-pages'
import { compile } from '../../../main/engine/trace/compile'

const hasHugePages = existsSync('/sys/kernel/mm/transparent_hugepage/enabled')

/** Kilobytes of this process's memory that lie in mappings advised so. */
function advised(): number {
  const mappings = readFileSync('/proc/self/smaps', 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
  const those = mappings.filter((mapping) => /^VmFlags:.*\bhg\b/m.test(mapping))
  return those.reduce((sum, mapping) => sum + Number(/^Size: +(\d+)/m.exec(mapping)?.[1]), 0)
}

describe('huge pages', () => {
  it('are those that lie within', () => {
    const page = BigInt(hugePage)
    expect(wholePages(page + 1n, 3 * hugePage)).toEqual({ begin: 2n * page, end: 4n * page })
    expect(wholePages(page, hugePage)).toEqual({ begin: page, end: 2n * page })
    const { begin, end } = wholePages(page + 64n, hugePage)
    expect(begin >= end, 'none lies within').toBe(true)
  })

  it('are asked of nothing but Linux, and not where its function cannot be called', () => {
    const load = vi.fn<() => void>(() => { throw new Error('no such library') }) // prettier-ignore
    const without = { ...koffi, load } as unknown as typeof koffi
    for (const platform of ['win32', 'darwin', 'linux'] as const) huge(without, platform)(4096n, 8 * hugePage)
    expect(load).toHaveBeenCalledTimes(1)
  })

  it.skipIf(!hasHugePages)('hold what a session’s tensors lie in, and what it computes on the way', async () => {
    const size = 2 * hugePage
    const fn = ({ x }: Record<string, tf.Tensor>) => ({ y: tf.sum(tf.mul(tf.exp(x!), tf.tanh(x!)), 1) })
    const model = compile(fn, { x: { shape: [4, size / 4], dtype: 'float32' } })
    expect(model.room).toBeGreaterThan(2 * 4 * size)
    const before = advised()
    const x = new Float32Array(new SharedArrayBuffer(4 * size))
    const y = new Float32Array(new SharedArrayBuffer(16))
    const session = await bindSession(model, { x }, { y })
    expect(advised() - before).toBeGreaterThan((4 * size + model.room) / 1024 - 3 * (hugePage / 1024))
    await session.run()
    expect([...y]).toEqual([0, 0, 0, 0])
    await session.release()
  })
})
