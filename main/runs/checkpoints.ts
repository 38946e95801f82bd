/** The checkpoints of a run, from the files in its folder. */
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Checkpoint } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { checkSafetensors } from '../files/safetensors'
import { readMetrics } from './metrics'
import { epochsOf, optimizerName, weightsName } from './names'
import { lowest, withoutPath } from './summary'

/** So many files at a time: systems allow some hundreds. */
const openAtOnce = 32

/** By epoch; those whose file cannot be used are marked. @param names of the files in the folder */
export async function checkpointsIn(folder: string, names: readonly string[]): Promise<Checkpoint[]> {
  // the weights are there all the same
  const lines = await readMetrics(folder).catch(() => [])
  const metrics = new Map(lines.flatMap((line) => (line.type === 'epoch' ? [[line.epoch, line]] : [])))
  const epochs = epochsOf(names, weightsName)
  const files: File[] = []
  for (let at = 0; at < epochs.length; at += openAtOnce) {
    const some = epochs.slice(at, at + openAtOnce)
    files.push(...(await Promise.all(some.map((epoch) => weightsFile(folder, epoch)))))
  }
  const best = lowest(
    files.filter(({ problem }) => problem === null).map(({ epoch }) => epoch),
    (epoch) => metrics.get(epoch)?.test?.loss,
  )
  return files.map(({ epoch, bytes, savedAt, problem }) => ({
    epoch,
    metrics: metrics.get(epoch) ?? null,
    bytes,
    savedAt,
    problem,
    best: epoch === best?.epoch,
    optimizer: names.includes(optimizerName(epoch)),
  }))
}

type File = Pick<Checkpoint, 'epoch' | 'bytes' | 'savedAt' | 'problem'>

async function weightsFile(folder: string, epoch: number): Promise<File> {
  const path = join(folder, weightsName(epoch))
  try {
    const { bytes, savedAt } = await checkSafetensors(path)
    return { epoch, bytes, savedAt: savedAt.toISOString(), problem: null }
  } catch (thrown) {
    const problem = withoutPath(AppError.from(thrown), folder).toData()
    // of a link: itself
    const there = await lstat(path).catch(() => null)
    const savedAt = (there?.mtime ?? new Date(0)).toISOString()
    return { epoch, bytes: there?.isFile() === true ? there.size : 0, savedAt, problem }
  }
}
