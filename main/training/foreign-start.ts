/** What a run begins with that goes on from a file of weights from elsewhere. */
import { basename } from 'node:path'
import type { RunSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { readForeign, type ForeignWeights } from '../exchange/foreign'
import type { Model } from '../models/model'
import { entryOf } from '../optimizers/named'
import { freshState, type LearnerState } from '../optimizers/optimizer'
import { parametersOf } from './checkpoint'
import type { Start } from './open-run'

/** @throws AppError as reading does; `run/other-model` where it is of another network, by the tensor's name */
export async function readForeignStart(path: string, settings: RunSettings, model: Model): Promise<Start> {
  const found = await readForeign(path)
  const parameters = ofTheirs(() => parametersOf(found.weights, settings, path))
  const epochs = found.epoch ?? 0
  const name = basename(path)
  const from = { run: name.replace(/^\.+/, '') || 'weights', epoch: epochs, epochs, optimizerSteps: 0 }
  const unknown = `${name} does not say after how many epochs it was saved: training begins as after none.`
  const notices = found.epoch === null ? [unknown] : []
  const anew = (why: string): Start => ({
    from,
    learner: freshState(parameters, model.optimizer),
    notices: [...notices, `The optimizer’s state in ${name} ${why}: ${model.optimizer.title} begins anew.`],
  })
  if (found.without !== null) return anew(found.without)
  if (found.optimizer === null) return { from, learner: freshState(parameters, model.optimizer), notices }
  if (found.optimizer.optimizer !== model.optimizer.name) return anew('is another optimizer’s')
  try {
    const learner = { parameters, ...keptOf(found.optimizer, settings, model, path) }
    return { from: { ...from, optimizerSteps: found.optimizer.step }, learner, notices }
  } catch (thrown) {
    return anew(`cannot be gone on with (${AppError.from(thrown).message})`)
  }
}

function keptOf(
  { kept }: NonNullable<ForeignWeights['optimizer']>,
  settings: RunSettings,
  model: Model,
  path: string,
): Omit<LearnerState, 'parameters'> {
  const vectors = model.optimizer.kept.map(({ name, positive }) => {
    const vector = parametersOf(entryOf(kept, name), settings, path)
    if (positive && vector.some((value) => value < 0))
      throw new AppError('run/damaged-weights', `of ${name}, numbers are below 0`, 'Take another checkpoint.')
    return [name, vector] as const
  })
  return Object.fromEntries(vectors)
}

/** What to do is not what it is where a file of the run's own is wrong. */
function ofTheirs<T>(read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    const { code, message } = AppError.from(thrown)
    if (code !== 'run/other-model') throw thrown
    const remedy = 'Train with the settings that the file was made with (its model, and whether it knows the classes).'
    throw new AppError(code, message, remedy, { cause: thrown })
  }
}
