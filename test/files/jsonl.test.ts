/** Lines of JSON: whatever a crash leaves at the end, the lines before it are read. */
import { appendFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { JsonLinesWriter, parseJsonLines, readJsonLines, truncateJsonLines } from '../../main/files/jsonl'
import { damaged, damages } from './mutate'

const step = (n: number) => ({ type: 'step', step: n, loss: 100 / n })

describe('JSON lines', () => {
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vlae-jsonl-'))
    path = join(folder, 'metrics.jsonl')
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('are written when flushed, and not before', async () => {
    const writer = await JsonLinesWriter.open(path)
    writer.append(step(1))
    writer.append(step(2))
    expect(await readFile(path, 'utf8')).toBe('')
    await writer.flush()
    expect((await readJsonLines(path)).values).toEqual([step(1), step(2)])
    writer.append(step(3))
    await writer.close()
    expect(await readFile(path, 'utf8')).toBe([1, 2, 3].map((n) => `${JSON.stringify(step(n))}\n`).join(''))
  })

  it('go on where they ended, dropping a line that was cut off', async () => {
    await writeFile(path, `${JSON.stringify(step(1))}\n{"type":"st`)
    const writer = await JsonLinesWriter.open(path)
    writer.append(step(2))
    await writer.close()
    expect(await readJsonLines(path)).toMatchObject({ values: [step(1), step(2)], damaged: 0 })
  })

  it('keep their order with many flushes at once', async () => {
    const writer = await JsonLinesWriter.open(path)
    const flushes = Array.from({ length: 200 }, (_, n) => {
      writer.append(step(n + 1))
      return writer.flush({ sync: n % 50 === 0 })
    })
    await Promise.all(flushes)
    await writer.close()
    expect((await readJsonLines(path)).values).toEqual(flushes.map((_, n) => step(n + 1)))
  })

  it('lose nothing when the disk is full for a while', async () => {
    const writer = await JsonLinesWriter.open(path)
    writer.append(step(1))
    await writer.flush()
    const { handle } = writer as unknown as { handle: { write: unknown } }
    const { write } = handle
    handle.write = () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }))
    writer.append(step(2))
    // The system wrote half a line before it found no room.
    await appendFile(path, '{"type":"step","st')
    await expect(writer.flush()).rejects.toMatchObject({ code: 'disk/full' })
    expect((await readJsonLines(path)).values).toEqual([step(1)])
    handle.write = write
    writer.append(step(3))
    await writer.close()
    expect(await readJsonLines(path)).toMatchObject({ values: [step(1), step(2), step(3)], damaged: 0 })
  })

  it('are all there again at the next save when the file was deleted meanwhile', async () => {
    const writer = await JsonLinesWriter.open(path)
    for (const n of [1, 2]) writer.append(step(n))
    await writer.flush()
    await rm(path)
    writer.append(step(3))
    await writer.flush({ sync: true })
    expect((await readJsonLines(path)).values).toEqual([1, 2, 3].map(step))
    writer.append(step(4))
    await writer.close()
    expect((await readJsonLines(path)).values).toEqual([1, 2, 3, 4].map(step))
  })

  it('cannot be saved where their folder is gone, which is said', async () => {
    const inside = join(folder, 'run')
    await mkdir(inside)
    const writer = await JsonLinesWriter.open(join(inside, 'metrics.jsonl'))
    writer.append(step(1))
    await rm(inside, { recursive: true })
    await expect(writer.flush({ sync: true })).rejects.toMatchObject({ code: 'disk/not-found' })
    await expect(writer.close()).rejects.toMatchObject({ code: 'disk/not-found' })
  })

  it('are cut before the first that is not to be kept', async () => {
    const lines = [1, 2, 3, 4].map((n) => `${JSON.stringify(step(n))}\n`)
    await writeFile(path, `${lines.join('')}{"torn`)
    await truncateJsonLines(path, (value) => (value as { step: number }).step <= 2)
    expect(await readFile(path, 'utf8')).toBe(lines.slice(0, 2).join(''))
    await truncateJsonLines(path, () => true)
    expect(await readFile(path, 'utf8')).toBe(lines.slice(0, 2).join(''))
    await truncateJsonLines(join(folder, 'absent.jsonl'), () => false)
  })

  it('are read around damage in the middle, which is counted', () => {
    const bytes = Buffer.from('{"a":1}\nnot json\n\xff\n{"a":2}\n{"a":3', 'latin1')
    expect(parseJsonLines(bytes)).toEqual({ values: [{ a: 1 }, { a: 2 }], damaged: 2, length: 27 })
  })

  it('are read after a cut at every place', async () => {
    const lines = [1, 2, 3].map((n) => `${JSON.stringify({ ...step(n), note: 'ü' })}\n`)
    const bytes = Buffer.from(lines.join(''))
    for (let length = 0; length <= bytes.length; length++) {
      const whole = bytes.subarray(0, length).filter((byte) => byte === 0x0a).length
      expect(parseJsonLines(bytes.subarray(0, length))).toMatchObject({ damaged: 0 })
      expect(parseJsonLines(bytes.subarray(0, length)).values).toHaveLength(whole)
    }
    await writeFile(path, bytes)
    await truncate(path, bytes.length - 3)
    expect((await readJsonLines(path)).values).toHaveLength(2)
  })

  it('never fail, whatever the damage', () => {
    const file = Buffer.from(Array.from({ length: 20 }, (_, n) => `${JSON.stringify(step(n + 1))}\n`).join(''))
    fc.assert(
      fc.property(damages, (list) => {
        const bytes = damaged(file, list)
        const { values, length, damaged: unreadable } = parseJsonLines(bytes)
        expect(values.length + unreadable).toBe(bytes.filter((byte) => byte === 0x0a).length)
        expect(bytes.indexOf(0x0a, length)).toBe(-1)
      }),
      { numRuns: 500 },
    )
  })
})
