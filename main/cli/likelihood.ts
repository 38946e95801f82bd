/** `likelihood`: −log p of test images by importance sampling, beside what others have published. */
import { count, inBits, nats } from '../../preload/amounts'
import type { Likelihood } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { bitsPerPixel, comparisons, published } from '../../preload/published'
import { locateData } from '../runs/data'
import { readRunFile } from '../runs/folder'
import { askStudio } from './ask-studio'
import { table } from './format'
import { progressOn } from './progress'
import { findRunFolder } from './run-names'
import { exitCode, print, printJson, type Terminal } from './terminal'

export interface LikelihoodOptions {
  readonly out: string
  readonly epoch?: number
  readonly data?: string
  readonly samples: number
  readonly images?: number
  readonly weights: 'saved' | 'raw'
  readonly json?: boolean
  readonly details?: boolean
}

export async function likelihood(terminal: Terminal, run: string, options: LikelihoodOptions): Promise<number> {
  const { samples, images = null, weights, epoch } = options
  const runFolder = await findRunFolder(run, options.out)
  if (options.data !== undefined) await locateData(runFolder, options.data)
  const told = progressOn(terminal)
  const question = { type: 'likelihood' as const, samples, images, weights }
  const asked = askStudio(terminal, { runFolder, epoch }, question, told.progress)
  const { answer } = await asked
    .catch((thrown: unknown) => {
      if (AppError.from(thrown).code === 'cancelled')
        told.say('What was found is kept: the same command goes on from there.')
      throw thrown
    })
    .finally(told.end)
  const { unkept } = answer
  if (unkept !== null) told.say(`What was found could not be kept for another time. ${unkept.message} ${unkept.remedy}`)
  if (options.json === true) printJson(terminal, { type: 'likelihood', run: runFolder, ...answer }, options)
  else {
    const { data } = await readRunFile(runFolder)
    for (const line of lines(runFolder, answer, { weights, testImages: data.testImages })) print(terminal, line)
  }
  return exitCode.done
}

function lines(
  runFolder: string,
  found: Likelihood,
  { weights, testImages }: Pick<LikelihoodOptions, 'weights'> & { readonly testImages: number },
): string[] {
  const { samples, marginal, conditional, bound, reconstruction, rate, codeSize } = found
  const facts = [
    `${count(found.images)} test images`,
    samples === null ? 'exact' : `K = ${count(samples)}`,
    ...(found.averaged ? ['averaged weights'] : weights === 'raw' ? ['raw weights'] : []),
    { grey: 'grey levels', dynamic: 'binarized dynamically', static: 'binary data' }[found.seen],
  ]
  const bits = (value: number) => inBits(value).toFixed(1)
  const rows: [{ mean: number; error: number | null }, string][] = [
    [marginal, `−log p(x), ${bitsPerPixel(marginal.mean).toFixed(4)} bits per pixel`],
    ...(conditional === null ? [] : [[conditional, '−log p(x|y), told the class'] as [typeof marginal, string]]),
    ...(samples === null
      ? []
      : ([
          [bound, '−ELBO, a bound: the two below'],
          [reconstruction, 'reconstruction, −log p(x|z)'],
          [rate, `rate, what the code costs: ${bits(rate.mean)} bits`],
        ] satisfies typeof rows)),
  ]
  return [
    `${runFolder}, epoch ${found.epoch}: ${facts.join(', ')}; nats per image, ± one standard error`,
    ...rows.map(
      ([{ mean, error }, what]) =>
        `${nats(mean, 2).padStart(9)} ${error === null ? '      ' : `± ${nats(error, 2)}`}  ${what}`,
    ),
    ...(codeSize === 0
      ? []
      : [
          `${`${found.activeUnits} of ${codeSize}`.padStart(16)}  numbers of the code vary between images (variance above 0.01)`,
        ]),
    '',
    'Published for MNIST, −log p(x):',
    ...table(
      [{ title: 'model' }, { title: 'static', right: true }, { title: 'dynamic', right: true }, { title: 'found' }, { title: 'to check' }, { title: 'source' }], // prettier-ignore
      published.map((row) => [row.model, nats(row.static, 2), nats(row.dynamic, 2), row.how, row.checked, row.source]),
    ),
    '',
    ...comparisons(found, testImages),
  ]
}
