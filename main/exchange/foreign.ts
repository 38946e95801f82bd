/** Files of weights from elsewhere, PyTorch's or safetensors: what is in them, and what they say of how it was trained. */
import { mostBrought, runSettings, settingsOfWeights, type RunSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { diskError } from '../files/disk-error'
import { disk } from '../files/layer'
import { decodeSafetensors } from '../files/safetensors'
import { lengthBytes } from '../files/safetensors-header'
import { decodeCheckpoint, type PythonCheckpoint } from './python-checkpoint'
import { looksLikeTorch } from './torch-file'

export interface ForeignWeights extends Omit<PythonCheckpoint, 'settings'> {
  /** Of the run that made them where the file has them, else what its tensors and its optimizer tell. */
  readonly settings: Partial<RunSettings>
}

/** What a safetensors file has behind its first length. */
const brace = 0x7b

/** @throws AppError `disk/…`, `weights/…`, `zip/…`, `safetensors/…`; nothing of a file is run */
export async function readForeign(path: string): Promise<ForeignWeights> {
  const bytes = await readBounded(path)
  if (!looksLikeTorch(bytes) && bytes[lengthBytes] !== brace) throw neither(path)
  const found = looksLikeTorch(bytes) ? decodeCheckpoint(bytes, path) : fromSafetensors(bytes, path)
  return { ...found, settings: saidIn(found.settings) ?? told(found) }
}

async function readBounded(path: string): Promise<Uint8Array> {
  try {
    const size = await disk.size(path)
    if (size > mostBrought.weights) throw tooLarge(path, size)
    return await disk.read(path)
  } catch (error) {
    throw diskError(error, 'read', path)
  }
}

function fromSafetensors(bytes: Uint8Array, path: string): PythonCheckpoint {
  const { tensors: weights, metadata } = decodeSafetensors(bytes, path)
  const epoch = /^\d{1,6}$/.test(metadata['epoch'] ?? '') ? Number(metadata['epoch']) : null
  return { epoch, weights, optimizer: null, without: null, settings: parsed(metadata['settings']) }
}

function parsed(text = ''): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** What the file itself has, without what is of the machine that it was made on. */
function saidIn(settings: unknown): Partial<RunSettings> | undefined {
  // a script's own settings are not ours, and none are no defaults
  if (typeof settings !== 'object' || settings === null || !Object.hasOwn(settings, 'model')) return undefined
  const { data } = runSettings.safeParse(settings)
  return data && { ...data, engine: 'auto', lanes: 0 }
}

/** What can be seen without it: the model, by its tensors' names, and how fast its optimizer went. */
function told({ weights, optimizer }: PythonCheckpoint): Partial<RunSettings> {
  const rate = optimizer?.learningRate ?? 0
  return { ...settingsOfWeights(new Set(weights.keys())), ...(rate > 0 && rate <= 1 && { learningRate: rate }) }
}

function neither(path: string): AppError {
  return new AppError(
    'weights/unknown-format',
    `${path} holds no weights: it is neither what PyTorch’s torch.save writes nor a safetensors file.`,
    'Take a .pt or a .safetensors file.',
  )
}

function tooLarge(path: string, size: number): AppError {
  return new AppError(
    'weights/too-large',
    `${path} has ${size} bytes, far more than any weights of this app.`,
    'Take another file.',
  )
}
