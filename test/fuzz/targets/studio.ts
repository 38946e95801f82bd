/** An app whose trainer answers at once, in a folder of its own: what pages talk to while they are fuzzed. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { isAbsolute, join, normalize } from 'node:path'
import { openSettings } from '../../../main/app/settings'
import { Studio } from '../../../main/app/studio'
import type { AnswerTo, Question } from '../../../preload/contract'
import { FakeTrainer, greyTiles, writeRun } from '../../app/fake-trainer'
import { smallSet } from '../../mnist/small-set'

export const runs = ['2026-11-22-0812-ladder', 'a']
export const data = 'data'

/** One that never waits for a person. */
class QuickTrainer extends FakeTrainer {
  protected override async answer(question: Question, epoch: number): Promise<AnswerTo<Question>> {
    if (question.type !== 'sample') return super.answer(question, epoch)
    return greyTiles(question.digit === null ? 10 : 1, question.count ?? 8)
  }
}

/** The small dataset that takes the place of the bundled one, which takes half a second to read. */
export async function layData(inside: string): Promise<void> {
  mkdirSync(join(inside, data))
  for (const [name, bytes] of Object.entries(await smallSet())) writeFileSync(join(inside, data, name), bytes)
}

export function openStudio(inside: string): Studio {
  for (const id of runs) writeRun(join(inside, 'result'), id, 1)
  const settings = openSettings(() => ({ path: join(inside, 'none'), store: {} }))
  settings.change({ dataFolder: join(inside, data) })
  const resultFolder = join(inside, 'result')
  return new Studio({ trainer: new QuickTrainer(), settings, door: { kind: 'tab' }, resultFolder, version: '0.0.0' })
}

/** The same words as the name of a folder that the fuzzer may write to. */
export function confined(inside: string, folder: unknown): unknown {
  if (typeof folder !== 'string' || !isAbsolute(folder)) return folder
  return join(inside, 'elsewhere', normalize(folder))
}
