/** A checkpoint's weights on disk, as PyTorch has them; what is wrong with a file is said by the tensor's name. */
import { cardNamed, plain, usualModel, valuesOf, type EpochMetrics, type RunSettings } from '../../preload/contract'
import { AppError, quote } from '../../preload/errors'
import { readSafetensors, writeSafetensors, type StoredTensor } from '../files/safetensors'
import { createModel, type ModelSettings } from '../models/create'
import type { ParameterLayout } from '../models/model'
import { fromTorch, toTorch } from '../models/parameters'
import { entryOf } from '../optimizers/named'

type Tensors = ReadonlyMap<string, StoredTensor>
type MakeLayout = (settings: ModelSettings) => { readonly layout: ParameterLayout }

/** Writes the parameters as a PyTorch state_dict, float32; settings and metrics are in the metadata, as JSON. */
export async function writeWeights(
  path: string,
  parameters: Float32Array,
  layout: ParameterLayout,
  settings: RunSettings,
  metrics: EpochMetrics,
): Promise<void> {
  const tensors = toTorch(parameters, layout)
  await writeSafetensors(
    path,
    layout.entries.map(({ name, torch }) => ({ name, dtype: 'F32', shape: torch.shape, data: entryOf(tensors, name) })),
    {
      format: 'pt',
      epoch: String(metrics.epoch),
      step: String(metrics.step),
      settings: JSON.stringify(settings),
      metrics: JSON.stringify(metrics),
    },
  )
}

/**
 * The flat parameter vector of a file of weights.
 *
 * @throws AppError `disk/…`, `safetensors/…`, `run/other-model`, `run/damaged-weights`
 */
export async function readWeights(
  path: string,
  settings: ModelSettings,
  make: MakeLayout = createModel,
): Promise<Float32Array> {
  return parametersOf((await readSafetensors(path)).tensors, settings, path, make)
}

/**
 * The same of tensors that are read already. Their numbers are asked for when all names and shapes are right.
 *
 * @param path where they come from, for messages
 * @throws AppError `run/other-model`, `run/damaged-weights`
 */
export function parametersOf(
  tensors: Tensors,
  settings: ModelSettings,
  path: string,
  make: MakeLayout = createModel,
): Float32Array {
  const { layout } = make(settings)
  const found = ofNetwork(tensors, settings, make, path)
  const weights = found.map(({ name, tensor }) => [name, toFloat32(name, tensor, path)] as const)
  for (const [name, data] of weights) assertFinite(name, data, path)
  return fromTorch(Object.fromEntries(weights), layout)
}

/** The network's tensors. @throws AppError `run/other-model` unless each is there in its shape, and no other one */
function ofNetwork(
  tensors: Tensors,
  settings: ModelSettings,
  make: MakeLayout,
  path: string,
): { name: string; tensor: StoredTensor }[] {
  const { layout } = make(settings)
  for (const { name, own, other } of otherChoices(settings))
    if (!fits(tensors, layout) && fits(tensors, make(changed(settings, { [name]: other.value })).layout))
      throw otherModel(
        path,
        `holds the weights of a network ${worded(name, other)}; this run’s is ${worded(name, own)}`,
      )
  const found = layout.entries.map(({ name, torch }) => {
    const tensor = tensors.get(name)
    if (tensor === undefined) throw otherModel(path, `has no tensor "${name}", which this run’s network has`)
    if (!isSame(tensor.shape, torch.shape))
      throw otherModel(
        path,
        `holds tensor "${name}" as [${tensor.shape.slice(0, 8)}]; this run’s network has it as [${torch.shape}]`,
      )
    return { name, tensor }
  })
  const names = new Set(layout.entries.map(({ name }) => name))
  const extra = [...tensors.keys()].find((name) => !names.has(name))
  if (extra !== undefined)
    throw otherModel(path, `holds a tensor ${quote(extra)}, which this run’s network does not have`)
  return found
}

interface Choice {
  readonly value: string
  readonly title: string
}

/** Each of the model's own choices as it is here, beside each other way to choose. */
function* otherChoices(settings: ModelSettings): Generator<{ name: string; own: Choice; other: Choice }> {
  const { model = usualModel } = settings
  const own = cardNamed(model).settings
  for (const [name, { choices = {} }] of Object.entries(own)) {
    const chosen = String(valuesOf(own, settings)[name])
    const all = Object.entries(choices).map(([value, title]) => ({ value, title }))
    const here = all.find(({ value }) => value === chosen)
    for (const other of all) if (here !== undefined && other !== here) yield { name, own: here, other }
  }
}

/** These settings with others of the model's own, as far as those count. */
function changed(settings: ModelSettings, others: Readonly<Record<string, string>>): ModelSettings {
  return plain({ model: usualModel, ...(settings as Partial<RunSettings>), ...others })
}

/** `without classes (condition none)` */
function worded(name: string, { value, title }: Choice): string {
  return `${title.toLowerCase()} (${name} ${value})`
}

function fits(tensors: Tensors, { entries }: ParameterLayout): boolean {
  const sameShape = entries.every(({ name, torch }) => isSame(tensors.get(name)?.shape, torch.shape))
  return sameShape && tensors.size === entries.length
}

function isSame(shape: readonly number[] | undefined, other: readonly number[]): boolean {
  return shape?.length === other.length && shape.every((size, axis) => size === other[axis])
}

/** Numbers of 64 bits are rounded. */
function toFloat32(name: string, { dtype, data }: StoredTensor, path: string): Float32Array {
  if (data instanceof Float32Array) return data
  if (data instanceof Float64Array) return Float32Array.from(data)
  throw otherModel(path, `holds tensor "${name}" as whole numbers (${dtype}), where weights are fractions (F32)`)
}

function assertFinite(name: string, data: Float32Array, path: string): void {
  const bad = data.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0)
  if (bad === 0) return
  const [some, all] = [bad, data.length].map((count) => count.toLocaleString('en-US'))
  throw new AppError(
    'run/damaged-weights',
    `${path} cannot be used: of the ${all} numbers of tensor "${name}", ${some} ${bad === 1 ? 'is' : 'are'} NaN or infinite.`,
    'Take the checkpoint of another epoch: this file was damaged, or what made it had diverged.',
  )
}

function otherModel(path: string, what: string): AppError {
  return new AppError(
    'run/other-model',
    `${path} ${what}.`,
    'Take another checkpoint of this run, or the run that these weights belong to.',
  )
}
