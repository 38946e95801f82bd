/** What is on its way in: kept out of sight, removed, and swept where whoever put it there is gone. */
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { thisProcess } from '../../main/files/owner'
import { listRuns, Runs } from '../../main/runs/list'
import { dropStage, makeStage, sweepStages } from '../../main/runs/stage'

let results: string
beforeEach(async () => {
  results = join(await mkdtemp(join(tmpdir(), 'vlae-stage-')), 'result')
})
afterEach(() => rm(dirname(results), { recursive: true }))

/** Says of a stage that a process put it there that has ended. */
async function orphan(stage: string): Promise<void> {
  const path = join(dirname(stage), 'import.json')
  const kept = JSON.parse(await readFile(path, 'utf8')) as { owner: { pid: number } }
  const { pid } = spawnSync(process.execPath, ['--version'])
  await writeFile(path, JSON.stringify({ ...kept, owner: { ...(await thisProcess()), pid } }))
}

it('is a folder that no list shows, and is gone without a trace', async () => {
  const stage = await makeStage(results)
  await writeFile(join(stage, 'run.json'), '{}')
  expect(await listRuns(results)).toEqual([])
  await dropStage(stage)
  expect(await readdir(results)).toEqual([])
})

it('is swept where its process is gone, and left where that lives or nobody knows', async () => {
  const [mine, gone, unknown] = await Promise.all([makeStage(results), makeStage(results), makeStage(results)])
  await writeFile(join(gone, 'half a run'), 'x')
  await orphan(gone)
  await rm(join(dirname(unknown), 'import.json'))
  await mkdir(join(results, '.vlae-import-of-a-person'))
  await sweepStages(results)
  const left = [dirname(mine), dirname(unknown), join(results, '.vlae-import-of-a-person')]
  expect((await readdir(results)).map((name) => join(results, name)).toSorted()).toEqual(left.toSorted())
})

it('is swept with what else crashed apps have left', async () => {
  await orphan(await makeStage(results))
  await new Runs(results).sweep()
  expect(await readdir(results)).toEqual([])
})

it('is no error where there is no result folder', async () => {
  await expect(sweepStages(join(results, 'none'))).resolves.toBeUndefined()
})
