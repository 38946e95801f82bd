/** The names of the files of a run folder. */
import { kindOfClass, shortClass, type ClassNames } from '../../preload/classes'
import { isTemporary } from '../files/atomic'

export const lockName = 'run.lock'
export const runFileName = 'run.json'
/** What a person calls the run, where that is not what it was born with. */
export const nameName = 'name.txt'
/** What a person has noted of the run. */
export const notesName = 'run-notes.json'
/** The codes that a person has saved of it. */
export const codesName = 'codes.json'
/** Where the run's data is now, where that is not what run.json says. */
export const dataName = 'data.txt'
export const metricsName = 'metrics.jsonl'
/** Lines that a resumed run wrote again, as they were. */
export const metricsAsideName = 'metrics-before-resume.jsonl'
export const resumeName = 'resume.safetensors'

export function samplesName(epoch: number): string {
  return `sample_conditioned_epoch${epoch}.png`
}

export function reconstructionsName(epoch: number): string {
  return `test_recon_epoch${epoch}.png`
}

/** Weights under PyTorch's names. */
export function weightsName(epoch: number): string {
  return `vlae_condprior_epoch${epoch}.safetensors`
}

/** The same as a file that PyTorch opens. */
export function exportName(epoch: number): string {
  return `vlae_condprior_epoch${epoch}.pt`
}

/** The same as a folder of files: `onnx_epoch3`. */
export function exportFolder(format: string, epoch: number): string {
  return `${format}_epoch${epoch}`
}

/** Parameters with the optimizer's state, as in resume.safetensors, at the end of an epoch. */
export function optimizerName(epoch: number): string {
  return `optimizer_epoch${epoch}.safetensors`
}

/** What each test image costs, as far as that was asked for. */
export function likelihoodName(epoch: number, samples: number | null, weights: 'saved' | 'raw'): string {
  const of = samples === null ? 'exact' : `k${samples}`
  return `likelihood_${weights === 'raw' ? 'raw_' : ''}epoch${epoch}_${of}.json`
}

/**
 * Samples that a person has asked for, of all classes or of one: `sample_all_…`, `sample_digit3_…`, `sample_class1-trouser_…`.
 */
export function drawnName(label: number | null, names: ClassNames, seed: number, epoch: number): string {
  return `sample_${label === null ? 'all' : inFileName(label, names)}_seed${seed}_epoch${epoch}.png`
}

/** What the codes of test images are decoded to, where a person has asked for it: `sample_of-0-7_…`. */
export function decodedName(places: readonly number[], seed: number, epoch: number): string {
  const [few, more] = [places.slice(0, 10), places.length - 10]
  return `sample_of-${few.join('-')}${more > 0 ? `-and-${more}-more` : ''}_seed${seed}_epoch${epoch}.png`
}

function inFileName(label: number, names: ClassNames): string {
  const kind = kindOfClass(names)
  const number = `${kind}${label}`
  if (names === null || kind === 'digit') return number
  const word = shortClass(names, label)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')
  return word === '' ? number : `${number}-${word}`
}

/** Whether there is a file among `names` that a run can go on from. */
export function hasState(names: readonly string[]): boolean {
  return names.includes(resumeName) || epochsOf(names, optimizerName).length > 0
}

const ofEpochs = [weightsName, optimizerName, samplesName, reconstructionsName]

/** Whether there is a file among `names` that only this app writes: also of a run that is half deleted. */
export function hasRunFiles(names: readonly string[]): boolean {
  return names.includes(resumeName) || ofEpochs.some((nameOf) => epochsOf(names, nameOf).length > 0)
}

/** Whether it is the name of a file that this app writes into a run's folder. */
export function isOwnName(name: string): boolean {
  return (
    [runFileName, nameName, notesName, codesName, dataName, metricsName, metricsAsideName, lockName].includes(name) ||
    name.startsWith(`${lockName}.`) ||
    hasRunFiles([name]) ||
    /^likelihood_(raw_)?epoch\d+_(k\d+|exact)\.json$/.test(name) ||
    epochsOf([name], exportName).length > 0 ||
    /^sample_(all|digit\d|class\d(-[\p{L}\p{N}-]+)?|of(-\d+)+(-and-\d+-more)?)_seed\d+_epoch\d+\.png$/u.test(name) ||
    isTemporary(name)
  )
}

/** The epochs of the files among `names` that `nameOf` (one of the above) names, in order. */
export function epochsOf(names: readonly string[], nameOf: (epoch: number) => string): number[] {
  const [before, after] = nameOf(0).split('0') as [string, string]
  return names
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .map((name) => name.slice(before.length, name.length - after.length))
    .filter((text) => /^(0|[1-9]\d{0,6})$/.test(text))
    .map(Number)
    .toSorted((a, b) => a - b)
}
