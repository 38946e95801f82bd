/** What the file layer opens: files, and nothing that only looks like one. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPicture } from '../../main/app/pictures'
import { JsonLinesWriter } from '../../main/files/jsonl'
import { disk } from '../../main/files/layer'
import { Runs } from '../../main/runs/list'
import { readMetrics, rewindMetrics } from '../../main/runs/metrics'
import { lockName, metricsName, nameName, runFileName, samplesName } from '../../main/runs/names'
import { writeRun } from '../app/fake-trainer'

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'vlae-layer-'))))
afterAll(() => rmSync(folder, { recursive: true }))

describe.skipIf(process.platform === 'win32')('a run folder from elsewhere', () => {
  it('cannot lead a resumed run to write into another file of the person', async () => {
    const run = writeRun(folder, 'linked', 1)
    const other = join(folder, 'notes.txt')
    writeFileSync(other, 'mine\nmine, too')
    rmSync(join(run, metricsName))
    symlinkSync(other, join(run, metricsName))
    await expect(JsonLinesWriter.open(join(run, metricsName))).rejects.toMatchObject({
      code: 'disk/wrong-kind',
      message: expect.stringContaining('a link to a file elsewhere') as string,
    })
    expect(readFileSync(other, 'utf8')).toBe('mine\nmine, too')
    // what replaces the file replaces the link, and not what it points to
    await rewindMetrics(run, { step: 0, epoch: 0 })
    await disk.remove(join(run, runFileName))
    expect(readFileSync(other, 'utf8')).toBe('mine\nmine, too')
  })

  it('makes nobody wait for a pipe', { timeout: 10_000 }, async () => {
    const run = writeRun(folder, 'pipes', 1, { status: 'training' })
    for (const name of [runFileName, metricsName, nameName, lockName, samplesName(0)]) {
      rmSync(join(run, name), { force: true })
      execFileSync('mkfifo', [join(run, name)])
    }
    const runs = new Runs(folder)
    expect((await runs.list()).find(({ id }) => id === 'pipes')?.problem?.code).toBe('disk/wrong-kind')
    await expect(readMetrics(run)).rejects.toMatchObject({ code: 'disk/wrong-kind' })
    await expect(runs.remove('pipes')).rejects.toMatchObject({ code: expect.stringMatching(/^disk\//) as string })
    const picture = readPicture(run, { epoch: 0, kind: 'samples', classes: true })
    await expect(picture).rejects.toMatchObject({ code: 'disk/wrong-kind' })
    await expect(JsonLinesWriter.open(join(run, metricsName))).rejects.toMatchObject({ code: 'disk/wrong-kind' })
  })

  it('may be read through links, as people lay disks together', async () => {
    const run = writeRun(folder, 'target', 1)
    mkdirSync(join(folder, 'through'))
    for (const name of [runFileName, metricsName]) symlinkSync(join(run, name), join(folder, 'through', name))
    expect((await new Runs(folder).get('through')).curve).toHaveLength(2)
    expect(await readMetrics(join(folder, 'through'))).toHaveLength(12)
  })
})
