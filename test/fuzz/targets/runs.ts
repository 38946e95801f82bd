/** Run folders that someone hands over: run.json, name.txt, metrics.jsonl and a lock, as they are read and changed. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { History } from '../../../main/app/history'
import { JsonLinesWriter, readJsonLines } from '../../../main/files/jsonl'
import { acquireLock, isHeld } from '../../../main/files/lock'
import { thisProcess } from '../../../main/files/owner'
import { changeRunFile, readRunFile, writeRunFile } from '../../../main/runs/folder'
import { Runs } from '../../../main/runs/list'
import { readMetrics, rewindMetrics } from '../../../main/runs/metrics'
import { lockName, metricsAsideName, metricsName, nameName, runFileName } from '../../../main/runs/names'
import { runFile } from '../../../main/runs/run-file'
import { checkpoint, runName, runSummary } from '../../../preload/contract'
import { epoch, step, writeRun } from '../../app/fake-trainer'
import { answerOf } from '../../files/expect-refusal'
import { damaged, damages } from '../../files/mutate'
import { anything, changed, jsonFile, oddText } from '../near'
import { target } from '../target'

const id = '2026-11-22-0812-ladder'

/** A run as the trainer leaves it, laid anew for each input. */
function lay(inside: string): { runs: Runs; folder: string } {
  const folder = writeRun(inside, id, 2)
  return { runs: new Runs(inside), folder }
}

const goodRun = (() => {
  const folder = join(process.env['TMPDIR'] ?? '/tmp', `vlae-fuzz-good-${process.pid}`)
  const run = writeRun(folder, id, 2, {
    from: { run: 'a', epoch: 3, epochs: 5, optimizerSteps: 0 },
    problem: { code: 'a/b', message: 'A.', remedy: 'B.' },
  })
  const file: unknown = JSON.parse(readFileSync(join(run, runFileName), 'utf8'))
  rmSync(folder, { recursive: true })
  return file
})()

const runFileInput = fc.record({
  file: jsonFile(fc.constant(goodRun)),
  name: fc.option(
    fc.oneof(
      oddText.map((text) => new TextEncoder().encode(text)),
      fc.uint8Array({ maxLength: 200 }),
    ),
    { freq: 3 },
  ),
})

const line = fc.oneof(
  { weight: 4, arbitrary: fc.nat(30).map((n) => JSON.stringify(step(n + 1))) },
  { weight: 3, arbitrary: fc.nat(3).map((n) => JSON.stringify(epoch(n))) },
  {
    weight: 4,
    arbitrary: changed(
      fc.oneof(
        fc.nat(30).map((n) => step(n + 1)),
        fc.nat(3).map((n) => epoch(n)),
      ),
    ).map((value) => JSON.stringify(value)),
  },
  { weight: 1, arbitrary: anything.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: oddText.map((text) => text.replaceAll('\n', ' ')) },
)
const metrics = fc
  .tuple(
    fc.array(line, { maxLength: 12 }),
    fc.constantFrom('\n', '\r\n'),
    fc.constantFrom('', '{"type":"st'),
    fc.option(damages, { freq: 3 }),
  )
  .map(([lines, end, rest, list]) => {
    const bytes = new TextEncoder().encode(lines.map((text) => text + end).join('') + rest)
    return list === null ? bytes : damaged(bytes, list)
  })

const earlier = { pid: 4_194_300, host: 'elsewhere', processStart: 'boot 1', taken: 1, token: 'a' }
/** Locks of this process, of one that is gone, of another computer, and of the first version of the app. */
let locks: object[] = []
const load = async () => {
  const me = { ...(await thisProcess()), taken: 1, token: 'a', renewed: 3 }
  locks = [
    earlier,
    me,
    { ...me, pid: 4_194_300 },
    { ...me, host: 'elsewhere', boot: 'another' },
    { ...me, space: 'pid:[1] ' },
  ]
}

export const runs = [
  target({
    name: 'run-json',
    inputs: runFileInput,
    open: async (inside) => {
      const { runs, folder } = lay(inside)
      return {
        async try({ file, name }) {
          writeFileSync(join(folder, runFileName), file)
          if (name === null) rmSync(join(folder, nameName), { force: true })
          else writeFileSync(join(folder, nameName), name)
          const [summary] = await runs.list()
          runSummary.parse(summary)
          const read = await answerOf(() => runs.file(id))
          if (read !== undefined) {
            runFile.parse(read)
            // what could be read can be kept, and is then the same
            const kept = await changeRunFile(folder, {})
            assert.deepEqual(
              { ...(await readRunFile(folder)), updatedAt: read.updatedAt },
              { ...kept, updatedAt: read.updatedAt },
            )
            assert.deepEqual({ ...kept, updatedAt: read.updatedAt }, read)
          }
        },
      }
    },
  }),
  target({
    name: 'run-json-good',
    inputs: fc.record({
      name: fc.string({ unit: 'binary' }),
      curve: fc.array(fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })), { maxLength: 5 }),
      device: fc.string({ unit: 'binary' }),
      step: fc.maxSafeInteger().map(Math.abs),
    }),
    open: async (inside) => {
      const { folder } = lay(inside)
      const file = await readRunFile(folder)
      return {
        async try({ name, curve, device, step }) {
          const good = runFile.parse({ ...file, name, curve, step, engine: { name: 'onnx-cpu', device } })
          await writeRunFile(folder, good)
          assert.deepEqual(await readRunFile(folder), JSON.parse(JSON.stringify(good)))
        },
      }
    },
  }),
  target({
    name: 'run-name',
    inputs: fc
      .oneof(oddText, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 120 }))
      .map((name) => name.trim().slice(0, 120))
      .filter((name) => name.trim() !== ''),
    open: async (inside) => {
      const { runs } = lay(inside)
      return {
        async try(typed) {
          const { data: name, error } = runName.safeParse(typed)
          if (error !== undefined) return
          if ((await answerOf(async () => ({ done: await runs.rename(id, name) }))) === undefined) return
          // half a character cannot be kept in UTF-8
          assert.equal((await runs.get(id)).name, Buffer.from(name).toString())
        },
      }
    },
  }),
  target({
    name: 'metrics',
    inputs: fc.record({ bytes: metrics, since: fc.nat(20), points: fc.integer({ min: 10, max: 100 }) }),
    open: async (inside) => {
      const { runs, folder } = lay(inside)
      const path = join(folder, metricsName)
      return {
        async try({ bytes, since, points }) {
          writeFileSync(path, bytes)
          rmSync(join(folder, metricsAsideName), { force: true })
          const { steps, epochs, from, to } = History.of(await readMetrics(folder), 10).span(id, since, points)
          assert.ok(steps.step.length <= points && from <= to && epochs.length <= to)
          for (const found of await runs.checkpoints(id)) checkpoint.parse(found)
          // going on: what is not written again stays, in its order, and what is added comes after it
          const had = await readJsonLines(path)
          await rewindMetrics(folder, { step: 10, epoch: 1 })
          const kept = await readJsonLines(path)
          const writer = await JsonLinesWriter.open(path)
          writer.append(epoch(7))
          await writer.close()
          assert.equal(JSON.stringify(await readJsonLines(path)), JSON.stringify([...kept, epoch(7)]))
          const aside = await readJsonLines(join(folder, metricsAsideName))
          assert.equal(kept.length + aside.length, had.length, 'a line was lost')
        },
      }
    },
  }),
  target({
    name: 'lock',
    cheap: 0.02,
    mostTime: 10_000,
    load,
    // many at once: what can only be told of by signs of life is waited for
    inputs: fc
      .constant(null)
      .chain(() => fc.array(jsonFile(fc.constantFrom(...locks)), { minLength: 1, maxLength: 50 })),
    open: async (inside) => ({
      async try(files) {
        await Promise.all(
          files.map(async (file, i) => {
            const folder = join(inside, String(i))
            mkdirSync(folder, { recursive: true })
            const path = join(folder, lockName)
            writeFileSync(path, file)
            const held = await isHeld(path)
            const lock = await answerOf(() => acquireLock(path, { patience: 100 }))
            if (!held) assert.ok(lock)
            await lock?.release()
            rmSync(folder, { recursive: true })
          }),
        )
      },
    }),
  }),
]
