/** What a checkpoint draws: samples of its prior, by class. */
import { classCount } from '../../preload/classes'
import { hasClasses } from '../../preload/contract'
import { drawSamples } from '../training/gallery'
import type { Answer } from './question'

export const sample: Answer<'sample'> = async (question, { run, programs, parameters }, watch) => {
  const { digit, count: columns, seed, temperature, pixelTemperature } = question
  const rows = digit === null ? classCount : 1
  const labels = Uint8Array.from({ length: rows * columns }, (_, i) => digit ?? Math.floor(i / columns))
  const pixels = await drawSamples(programs, parameters, { labels, seed, temperature, pixelTemperature }, watch)
  return { rows, columns, pixels, labels: hasClasses(run.settings) ? labels : null }
}

export const fewSamples: Answer<'fewSamples'> = ({ label }, checkpoint, watch) =>
  sample({ type: 'sample', digit: label, count: 4, temperature: 1, pixelTemperature: 1, seed: 0 }, checkpoint, watch)
