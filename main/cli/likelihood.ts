/** `likelihood`: −log p of test images by importance sampling, beside what others have published. */
import { count, left, nats } from '../../preload/amounts'
import type { Likelihood } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { bitsPerPixel, comparisons, published } from '../../preload/published'
import { locateData } from '../runs/data'
import { readRunFile } from '../runs/folder'
import { askStudio } from './ask-studio'
import { table } from './format'
import { findRunFolder } from './run-names'
import { canRedraw, exitCode, print, printJson, type Terminal } from './terminal'

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
  const bits = (value: number) => (value / Math.LN2).toFixed(1)
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

/** Seconds between two lines of a log. */
const logEvery = 10

/** How far it is, on standard error: a line drawn again and again where there is a terminal, else one now and then. */
function progressOn(terminal: Terminal) {
  const { err } = terminal
  const redraws = canRedraw(err)
  const began = performance.now()
  let [first, told, open] = [-1, began, false]
  const clear = () => {
    if (open) err.write('\r\u001b[K')
    open = false
  }
  return {
    progress(done: number, total: number) {
      // what was known before took no time
      if (first < 0) first = done
      const now = performance.now()
      if (now - told < (redraws ? 200 : 1000 * logEvery)) return
      told = now
      const speed = (done - first) / (now - began)
      const rest = speed > 0 ? left((total - done) / speed / 1000) : ''
      const line = [`${count(done)} of ${count(total)} images`, rest].filter(Boolean).join(', ')
      clear()
      err.write(redraws ? line : `${line}\n`)
      open = redraws
    },
    say(sentence: string) {
      clear()
      err.write(`${sentence}\n`)
    },
    end: clear,
  }
}
