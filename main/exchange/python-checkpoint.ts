/**
 * The dictionary that the Python project saves: `epoch`, `model_state` and `opt_state`, and what others call the same.
 * Knows no model: which tensors there must be is said by who reads them.
 */
import { AppError, quote } from '../../preload/errors'
import { pairs, present } from '../../preload/present'
import type { StoredTensor } from '../files/safetensors'
import { Float, type Pickled, Tuple } from './pickle-writer'
import { decodeTorchFile, ordereddict, Tensor, TorchWriter } from './torch-file'

/** What PyTorch's optimizers call what ours keep, by our optimizer's name. Others' state is not exchanged. */
const keptNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  adam: { firstMoment: 'exp_avg', secondMoment: 'exp_avg_sq' },
}

/** PyTorch's own values of what this app does not change. */
const usual = { betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0, amsgrad: false, maximize: false } as const

/** How far an optimizer was. */
export interface OptimizerState {
  /** Ours: `adam`. */
  readonly optimizer: string
  /** Updates that it has seen. */
  readonly step: number
  /** Null: it does not say. */
  readonly learningRate: number | null
  /** By the names of our vectors, then by the parameter's name. */
  readonly kept: Readonly<Record<string, ReadonlyMap<string, StoredTensor>>>
}

export interface PythonCheckpoint {
  /** Epochs that it was trained for; null: it does not say. */
  readonly epoch: number | null
  /** By PyTorch's names, in the order of the module's parameters. */
  readonly weights: ReadonlyMap<string, StoredTensor>
  readonly optimizer: OptimizerState | null
  /** Those of this app's run that made it, as the file has them: unchecked. */
  readonly settings: unknown
  /** What is left of an optimizer's state that cannot be gone on with: why, a part of a sentence. */
  readonly without: string | null
}

/** A tensor as it is written: float32, row-major. */
export interface Written {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

export interface WrittenCheckpoint {
  readonly epoch: number
  /** Of the run: whole numbers, fractions and words. The Python project has none. */
  readonly settings: Readonly<Record<string, number | string>>
  readonly weights: ReadonlyMap<string, Written>
  readonly optimizer: {
    readonly optimizer: string
    readonly step: number
    readonly learningRate: number
    readonly kept: Readonly<Record<string, ReadonlyMap<string, Written>>>
  } | null
}

/** Whether an optimizer's state can be taken along. */
export function isExchanged(optimizer: string): boolean {
  return Object.hasOwn(keptNames, optimizer)
}

/** A file of torch.save: torch.load(FILE, weights_only=True) gives the dictionary. */
export function encodeCheckpoint({ epoch, settings, weights, optimizer }: WrittenCheckpoint): Uint8Array<ArrayBuffer> {
  const writer = new TorchWriter()
  const written = ({ data, shape }: Written) => writer.tensor(data, shape)
  const model = ordereddict(new Map([...weights].map(([name, tensor]) => [name, written(tensor)])))
  const entries: [string, Pickled][] = [
    ['epoch', epoch],
    ['model_state', model],
    // PyTorch keeps it by the parameters' numbers
    ['opt_state', optimizer && stateDict(optimizer, [...weights.keys()], written)],
    ['settings', new Map(Object.entries(settings).map(([name, value]) => [name, pickled(value)]))],
  ]
  return writer.encode(new Map(entries))
}

/** torch.optim's own. */
function stateDict(
  { optimizer: name, step, learningRate, kept }: NonNullable<WrittenCheckpoint['optimizer']>,
  parameters: readonly string[],
  written: (tensor: Written) => Pickled,
): Pickled {
  const names = Object.entries(present(keptNames[name], `state of ${name} in PyTorch`))
  const state = parameters.map((parameter, i): [number, Pickled] => {
    const vectors = names.map(([ours, theirs]): [string, Pickled] => [
      theirs,
      written(present(kept[ours]?.get(parameter), `${ours} of ${parameter}`)),
    ])
    return [i, new Map<string, Pickled>([['step', written({ shape: [], data: Float32Array.of(step) })], ...vectors])]
  })
  const group = new Map<string, Pickled>([
    ['lr', new Float(learningRate)],
    ['betas', new Tuple(usual.betas.map((beta) => new Float(beta)))],
    ['eps', new Float(usual.eps)],
    ['weight_decay', usual.weight_decay],
    ['amsgrad', usual.amsgrad],
    ['maximize', usual.maximize],
    ['params', parameters.map((_, i) => i)],
  ])
  return new Map<string, Pickled>([
    ['state', new Map(state)],
    ['param_groups', [group]],
  ])
}

/** As Python has it: a fraction, or a number beyond 32 bits, is a float. */
function pickled(value: number | string): Pickled {
  return typeof value === 'number' && value !== (value | 0) ? new Float(value) : value
}

/**
 * What a file holds; tensors cost memory only when their numbers are asked for.
 *
 * @param name of the file, for messages
 * @throws AppError `weights/…`, `zip/…`
 */
export function decodeCheckpoint(bytes: Uint8Array, name: string): PythonCheckpoint {
  const saved = decodeTorchFile(bytes, name)
  const weights = weightsIn(saved, name)
  const epoch = saved instanceof Map ? saved.get('epoch') : undefined
  const isEpoch = typeof epoch === 'number' && Number.isSafeInteger(epoch) && epoch >= 0 && epoch <= 1_000_000
  const found = optimizerIn(saved, [...weights.keys()])
  const settings: unknown = saved instanceof Map ? saved.get('settings') : undefined
  return {
    epoch: isEpoch ? epoch : null,
    weights: unwrapped(weights),
    settings: settings instanceof Map ? Object.fromEntries(settings as Map<string, unknown>) : undefined,
    ...renamed(found),
  }
}

/** The state_dict: under one of the names that people give it, or the whole. */
function weightsIn(saved: unknown, name: string): Map<string, StoredTensor> {
  const own = firstOf(saved, ['model_state', 'model_state_dict', 'state_dict', 'model']) ?? saved
  if (!(own instanceof Map) || own.size === 0)
    throw new AppError(
      'weights/no-weights',
      `${name} holds no dictionary of tensors.`,
      'Save one: torch.save({"epoch": EPOCH, "model_state": model.state_dict()}, FILE).',
    )
  for (const [key, value] of own as Map<unknown, unknown>)
    if (!(value instanceof Tensor))
      throw new AppError(
        'weights/no-weights',
        `${name} holds ${quote(String(key))} where a tensor should be, among its weights or instead of them.`,
        'Save them so: torch.save({"epoch": EPOCH, "model_state": model.state_dict()}, FILE).',
      )
  return own as Map<string, StoredTensor>
}

function firstOf(saved: unknown, names: readonly string[]): unknown {
  if (!(saved instanceof Map)) return undefined
  return names.map((name) => (saved as Map<unknown, unknown>).get(name)).find((value) => value instanceof Map)
}

/** What torch.compile and nn.DataParallel put before every name. */
const wrappers = ['_orig_mod.', 'module.']

function bareName(names: readonly string[]): (name: string) => string {
  const prefix = wrappers.find((wrapper) => names.every((name) => name.startsWith(wrapper))) ?? ''
  return (name) => name.slice(prefix.length)
}

function unwrapped(weights: ReadonlyMap<string, StoredTensor>): Map<string, StoredTensor> {
  const bare = bareName([...weights.keys()])
  return new Map([...weights].map(([name, tensor]) => [bare(name), tensor]))
}

type Found = Pick<PythonCheckpoint, 'optimizer' | 'without'>

function renamed({ optimizer, without }: Found): Found {
  if (optimizer === null) return { optimizer, without }
  const kept = Object.entries(optimizer.kept).map(([name, tensors]) => [name, unwrapped(tensors)])
  return { optimizer: { ...optimizer, kept: Object.fromEntries(kept) as OptimizerState['kept'] }, without }
}

/** @param parameters names, in the file's order: an optimizer over model.parameters() numbers them so */
function optimizerIn(saved: unknown, parameters: readonly string[]): Found {
  const dictionary = firstOf(saved, ['opt_state', 'optimizer_state', 'optimizer_state_dict', 'optimizer'])
  if (!(dictionary instanceof Map)) return { optimizer: null, without: null }
  const [state, groups] = [dictionary.get('state'), dictionary.get('param_groups')] as [unknown, unknown]
  const group: unknown = Array.isArray(groups) && groups.length === 1 ? groups[0] : undefined
  if (!(state instanceof Map) || !(group instanceof Map)) return { optimizer: null, without: 'is in a form of its own' }
  if (state.size !== parameters.length) return { optimizer: null, without: 'is of other parameters' }
  const other = Object.entries(usual).find(([key, value]) => group.has(key) && !isSame(group.get(key), value))
  if (other) return { optimizer: null, without: `was made with another ${other[0]} than PyTorch’s own` }
  const found = Object.entries(keptNames).find(([, names]) => {
    const theirs = Object.values(names)
    return [...(state as Map<unknown, unknown>).values()].every(
      (one) => one instanceof Map && theirs.every((key) => one.get(key) instanceof Tensor),
    )
  })
  if (found === undefined) return { optimizer: null, without: 'is of an optimizer that this app does not go on with' }
  const [optimizer, names] = found
  const ones = parameters.flatMap((_, i) => (state as Map<unknown, Map<string, Tensor>>).get(i) ?? [])
  if (ones.length !== parameters.length) return { optimizer: null, without: 'is of other parameters' }
  const steps = new Set(ones.map((one) => stepOf(one.get('step'))))
  const [step = Number.NaN] = steps
  if (steps.size !== 1 || !Number.isSafeInteger(step) || step < 1)
    return { optimizer: null, without: 'has not seen the same number of steps for all parameters' }
  const tensorsOf = (key: string) =>
    pairs(parameters, ones).map(([name, one]) => [name, present(one.get(key), `${key} of ${name}`)] as const)
  const kept = Object.entries(names).map(([ours, theirs]) => [ours, new Map(tensorsOf(theirs))] as const)
  const rate: unknown = group.get('lr')
  const learningRate = typeof rate === 'number' ? rate : null
  return { optimizer: { optimizer, step, learningRate, kept: Object.fromEntries(kept) }, without: null }
}

function isSame(value: unknown, other: unknown): boolean {
  if (!Array.isArray(value) || !Array.isArray(other)) return value === other
  return value.length === other.length && value.every((item, i) => item === other[i])
}

/** A number, or a tensor of one, as PyTorch has it since 1.12. */
function stepOf(step: unknown): number {
  if (typeof step === 'number') return step
  if (!(step instanceof Tensor) || step.shape.some((size) => size !== 1)) return Number.NaN
  return Number(step.data[0])
}
