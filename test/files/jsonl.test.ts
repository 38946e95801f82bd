/** Lines of JSON: whatever a crash leaves at the end, the lines before it are read. */
import { appendFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { jsonLines, JsonLinesWriter, readJsonLines, takeOutJsonLines } from '../../main/files/jsonl'
import type { OpenFile } from '../../main/files/layer'
import { restoreDisk, FaultyLayer, systemError } from './faulty-layer'
import { damaged, damages } from './mutate'

const step = (n: number) => ({ type: 'step', step: n, loss: 100 / n })
const text = (...lines: object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('')

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
    expect(await readJsonLines(path)).toEqual([step(1), step(2)])
    writer.append(step(3))
    await writer.close()
    expect(await readFile(path, 'utf8')).toBe(text(step(1), step(2), step(3)))
  })

  it('go on where they ended, dropping a line that was cut off', async () => {
    await writeFile(path, `${JSON.stringify(step(1))}\n{"type":"st`)
    const writer = await JsonLinesWriter.open(path)
    writer.append(step(2))
    await writer.close()
    expect(await readFile(path, 'utf8')).toBe(text(step(1), step(2)))
  })

  it('that an editor has saved in another encoding are read, and are as they were when they go on', async () => {
    const lines = [{ note: 'ночь' }, step(1), step(2), step(3)]
    const le = (mark: string) => Buffer.from(mark + text(...lines), 'utf16le')
    for (const bytes of [
      le('\ufeff'),
      le('\ufeff').swap16(),
      le(''),
      le('').swap16(),
      Buffer.from(`\ufeff${text(...lines)}`),
    ]) {
      await writeFile(path, bytes)
      expect(await readJsonLines(path)).toEqual(lines)
      await takeOutJsonLines(path, (line) => !('step' in line && line.step === 3), join(folder, 'aside'))
      const writer = await JsonLinesWriter.open(path)
      writer.append(step(4))
      await writer.close()
      expect(await readJsonLines(path)).toEqual([...lines.slice(0, 3), step(4)])
      expect((await readFile(path, 'utf8')).replace('\ufeff', '')).toBe(text(...lines.slice(0, 3), step(4)))
    }
    expect(await readJsonLines(join(folder, 'aside'))).toEqual(Array(5).fill(step(3)))
  })

  it('keep their order with many flushes at once', async () => {
    const writer = await JsonLinesWriter.open(path)
    const flushes = Array.from({ length: 200 }, (_, n) => {
      writer.append(step(n + 1))
      return writer.flush({ sync: n % 50 === 0 })
    })
    await Promise.all(flushes)
    await writer.close()
    expect(await readJsonLines(path)).toEqual(flushes.map((_, n) => step(n + 1)))
  })

  it('lose nothing when the disk is full for a while', async () => {
    const writer = await JsonLinesWriter.open(path)
    writer.append(step(1))
    await writer.flush()
    const { file } = writer as unknown as { file: OpenFile }
    const { write } = file
    file.write = () => Promise.reject(systemError('ENOSPC'))
    writer.append(step(2))
    // The system wrote half a line before it found no room.
    await appendFile(path, '{"type":"step","st')
    await expect(writer.flush()).rejects.toMatchObject({ code: 'disk/full' })
    expect(await readJsonLines(path)).toEqual([step(1)])
    file.write = write
    writer.append(step(3))
    await writer.close()
    expect(await readFile(path, 'utf8')).toBe(text(step(1), step(2), step(3)))
  })

  it('are all there again at the next save when the file was deleted meanwhile', async () => {
    const writer = await JsonLinesWriter.open(path)
    for (const n of [1, 2]) writer.append(step(n))
    await writer.flush()
    await rm(path)
    writer.append(step(3))
    await writer.flush({ sync: true })
    expect(await readJsonLines(path)).toEqual([1, 2, 3].map(step))
    writer.append(step(4))
    await writer.close()
    expect(await readJsonLines(path)).toEqual([1, 2, 3, 4].map(step))
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

  it('go on behind a last line that lacks nothing but its end', async () => {
    await writeFile(path, text(step(1), step(2)).trimEnd())
    const writer = await JsonLinesWriter.open(path)
    writer.append(step(3))
    await writer.close()
    expect(await readFile(path, 'utf8')).toBe(text(step(1), step(2), step(3)))
  })

  it('are read after a cut at every place', async () => {
    const lines = [1, 2, 3].map((n) => Object.assign(step(n), { note: 'ü' }))
    const bytes = Buffer.from(text(...lines))
    for (let length = 0; length <= bytes.length; length++) {
      const cut = bytes.subarray(0, length)
      const whole = lines.filter((_, i) => Buffer.from(text(...lines.slice(0, i + 1))).length - 1 <= length)
      expect([...jsonLines(cut)].flatMap(({ value }) => value ?? [])).toEqual(whole)
    }
    await writeFile(path, bytes)
    await truncate(path, bytes.length - 3)
    expect(await readJsonLines(path)).toHaveLength(2)
  })

  it('never fail, and what is whole is found, whatever the damage', () => {
    const original = new Set(Array.from({ length: 20 }, (_, n) => JSON.stringify(step(n + 1))))
    const file = Buffer.from([...original].map((line) => `${line}\n`).join(''))
    expect([...jsonLines(file)]).toHaveLength(20)
    fc.assert(
      fc.property(damages, (list) => {
        const bytes = Buffer.from(damaged(file, list))
        const found = [...jsonLines(bytes)]
        const whole = new Set(found.flatMap(({ value }) => (value === undefined ? [] : [JSON.stringify(value)])))
        const unharmed = bytes.toString('latin1').split('\n')
        for (const line of unharmed.filter((line) => original.has(line))) expect(whole).toContain(line)
      }),
      { numRuns: 500 },
    )
  })
})

describe('taking lines out', () => {
  const path = '/run/metrics.jsonl'
  const aside = '/run/aside.jsonl'
  const early = (value: object) => !('step' in value) || (value.step as number) <= 2
  afterEach(restoreDisk)

  /** What is left of a file's text, and what was put aside of it. */
  async function after(before: string | Buffer): Promise<[kept: string, out: string | undefined]> {
    const layer = new FaultyLayer().seed(path, Buffer.from(before)).install()
    await takeOutJsonLines(path, early, aside)
    const [kept, out] = [path, aside].map((name) => layer.content(name))
    return [Buffer.from(kept!).toString('latin1'), out && Buffer.from(out).toString('latin1')]
  }

  const one = text(step(1))
  const two = text(step(2))
  const later = text(step(3), step(4))
  const note = '{"type":"note","text":"of a later version"}\n'

  for (const [what, before, kept, out] of [
    ['lines that are not to be kept', one + two + later, one + two, later],
    ['nothing of what is to be kept', one + two, one + two, undefined],
    ['no lines of other kinds, wherever they stand', note + one + note + later + note, note + one + note + note, later],
    ['no line that is not in order', two + later + one, two + one, later],
    ['no damaged line', `${one}{"type":"st\n\xff\n\n${two}${later}`, `${one}{"type":"st\n\xff\n\n${two}`, later],
    ['a line that was cut off', `${one}{"type":"st`, one, '{"type":"st\n'],
    ['no last line that lacks its end only', one + two.trimEnd(), one + two, undefined],
    ['no line with Windows’ ends', one.replace('\n', '\r\n') + later, one.replace('\n', '\r\n'), later],
    ['no line behind a byte order mark', `\xef\xbb\xbf${one}${later}`, `\xef\xbb\xbf${one}`, later],
    ['zeros that a power cut left, and no line between them', `${one}\0\0\0${two}\0\0`, one + two, undefined],
    ['zeros in the middle of a line that was cut off', `${one}{"ty\0\0${two}`, `${one}{"ty\n${two}`, undefined],
    ['nothing of what is no JSON at all', 'a\nb\n', 'a\nb\n', undefined],
    ['nothing of nothing', '', '', undefined],
  ] as const) {
    it(`takes out ${what}`, async () => {
      expect(await after(Buffer.from(before, 'latin1'))).toEqual([kept, out])
      expect(await after(Buffer.from(kept, 'latin1'))).toEqual([kept, undefined])
    })
  }

  it('does nothing where there is no file', async () => {
    const layer = new FaultyLayer().install()
    await takeOutJsonLines(path, early, aside)
    expect(layer.paths()).toEqual([])
  })

  it('adds to what was put aside before', async () => {
    const layer = new FaultyLayer()
      .seed(path, Buffer.from(one + later))
      .seed(aside, Buffer.from(two))
      .install()
    await takeOutJsonLines(path, early, aside)
    expect(Buffer.from(layer.content(aside)!).toString()).toBe(two + later)
  })

  it('keeps a long line of anything', async () => {
    const long = `${'x'.repeat(2 ** 20)}\n`
    expect(await after(one + long + later)).toEqual([one + long, later])
  })

  it('loses no line when any of its operations fails, or a power cut comes', async () => {
    const all = one + note + later
    const lines = (layer: FaultyLayer) => [path, aside].map((name) => Buffer.from(layer.content(name) ?? []).toString())
    for (let at = 0, more = true; more; at++) {
      for (const code of ['ENOSPC', 'EIO', 'EROFS', 'CRASH']) {
        for (const done of [false, true]) {
          const layer = new FaultyLayer({ at, code, done }).seed(path, Buffer.from(all)).install()
          await takeOutJsonLines(path, early, aside).catch(() => undefined)
          restoreDisk()
          more = layer.operations.length > at
          for (const left of Object.values(layer.left())) {
            expect([
              [all, ''],
              [all, later],
              [one + note, later],
            ]).toContainEqual(lines(left))
          }
        }
      }
    }
  })
})
