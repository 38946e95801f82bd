/** Why samples look as they do, from a run's own numbers: the likeliest reasons first, each with what to try. */
import { ofClass, type ClassNames } from '../../preload/classes'
import {
  cardOf,
  numberIn,
  type CodeMoments,
  type EpochMetrics,
  type ModelCard,
  type RunSettings,
} from '../../preload/contract'
import { codeGap } from './code-gap'
import { count, nats, plural } from './format'

export interface Reason {
  /** What the numbers say: a sentence or two. */
  readonly why: string
  /** What to do about it. */
  readonly tries: string
}

export interface Looked {
  readonly settings: RunSettings
  /** What a test image costs who knows only the mean of all pictures, nats; not known of older runs. */
  readonly meanPicture?: number | undefined
  /** After this epoch the loss was no number any more. */
  readonly diverged?: boolean
  /** By epoch; those without a line are holes. */
  readonly lines: readonly (EpochMetrics | undefined)[]
  /** The epoch whose samples are looked at. */
  readonly epoch: number
  /** Its codes, as the prior sees them; not known yet, or never. */
  readonly moments?: CodeMoments | null
  readonly classes?: ClassNames
}

/** Nats below which a code says nothing, all of it, or one latent of it. */
const [silent, silentPart] = [1, 0.1]
/** Steps by which a model of this kind knows more than the mean picture. */
const enoughSteps = 400
/** Nats by which the codes of models that are done lie off their prior: 0.3 to 0.6 of the ladder; after an epoch 2 to 4. */
const usuallyOff = 1
/** Of what the mean picture costs: what is bad, and what is no better than it. */
const [bad, noBetter] = [0.85, 0.95]
/** Of a test loss, what an epoch that still learns takes off. */
const hardly = 0.01
/** Reasons told at once. */
const most = 2

/** Nothing where nothing was measured yet. */
export function whySamples(looked: Looked): Reason[] {
  const { settings, lines, epoch, meanPicture, diverged = false } = looked
  const line = lines[epoch]
  if (diverged) return [whyDiverged(settings, epoch)]
  if (epoch === 0 || line?.test == null)
    return epoch > 0 && line === undefined
      ? []
      : [
          {
            why: 'Nothing has been learnt yet: these are what the model draws before its first step.',
            tries: 'Train it, or move the playhead to a later epoch.',
          },
        ]
  const known = {
    settings,
    meanPicture,
    moments: looked.moments ?? null,
    classes: looked.classes ?? null,
    card: cardOf(settings),
    lines: lines.slice(0, epoch + 1),
    line,
    test: line.test,
  }
  const rules = [
    tooFast,
    learntNothing,
    standsStill,
    gotWorse,
    collapsed,
    offPrior,
    notHeldYet,
    knowsItsOwn,
    stillLearning,
  ]
  const found = rules.flatMap((rule) => rule(known) ?? [])
  // what has learnt nothing explains all the rest
  const final = found.find(({ alone }) => alone)
  const told = final === undefined ? found.slice(0, most) : [final]
  if (told.length > 0) return told.map(({ why, tries }) => ({ why, tries }))
  return [
    {
      why: `Nothing in its numbers stands out: a test image costs ${nats(line.test.loss)} nats, and that hardly changes any more.`,
      tries:
        'What is left is the model’s own: look at samples with a lower temperature in Checkpoints, or train another model.',
    },
  ]
}

interface Known {
  readonly settings: RunSettings
  readonly meanPicture: number | undefined
  readonly moments: CodeMoments | null
  readonly classes: ClassNames
  readonly card: ModelCard
  readonly lines: readonly (EpochMetrics | undefined)[]
  readonly line: EpochMetrics
  readonly test: NonNullable<EpochMetrics['test']>
}
type Found = (Reason & { readonly alone?: boolean }) | null

/** `100th` */
const ordinal = (times: number) => `${count(times)}th`
const lower = (rate: number, by: number) => String(Number((rate / by).toPrecision(1)))

function whyDiverged({ learningRate }: RunSettings, epoch: number): Reason {
  return {
    why: `After epoch ${epoch} the loss was no number any more: steps were so large that the weights grew beyond all bounds.`,
    tries:
      epoch > 0
        ? `Continue from epoch ${epoch}, or an earlier one, with a lower learning rate, such as ${lower(learningRate, 5)}.`
        : `Start again with a lower learning rate, such as ${lower(learningRate, 10)}.`,
  }
}

/** A step that is too large leaves the model with the mean picture, or with less, whatever it is trained further. */
function tooFast({ settings, card, line, test, meanPicture }: Known): Found {
  const times = settings.learningRate / card.learningRate
  const stuck = meanPicture !== undefined && test.loss > bad * meanPicture
  if (times < 2 || line.step < (times < 10 ? enoughSteps : enoughSteps / 10) || !stuck) return null
  return {
    why: `${stillCosts(line, test, meanPicture)} The learning rate, ${settings.learningRate}, is ${count(times)} times what suits this model: steps lead past what is to be found.`,
    tries: `Try a learning rate of ${card.learningRate}.`,
    alone: true,
  }
}

function learntNothing({ line, test, meanPicture }: Known): Found {
  if (line.step >= enoughSteps || meanPicture === undefined || test.loss < 0.9 * meanPicture) return null
  const little = test.loss > meanPicture ? 'does not even know' : 'hardly knows more than'
  return {
    why: `It has taken ${plural(line.step, 'step')} so far, and ${little} the mean of all pictures: that alone would make a test image cost ${nats(meanPicture)} nats, and it costs ${nats(test.loss)}.`,
    tries: 'Let it train: more epochs, or more images an epoch (no image limit).',
    alone: true,
  }
}

/** A bad loss that does not change: steps that are too small, or a model that does not learn. */
function standsStill({ settings, card, lines, line, test, meanPicture }: Known): Found {
  if (line.step < enoughSteps || meanPicture === undefined || test.loss < bad * meanPicture) return null
  const times = card.learningRate / settings.learningRate
  const slow = times >= 5
  const before = lines[line.epoch - 1]?.test?.loss
  const flat = before !== undefined && Math.abs(before - test.loss) < hardly * before
  if (!slow && !(flat && test.loss > noBetter * meanPicture)) return null
  const stuck = stillCosts(line, test, meanPicture)
  if (slow)
    return {
      why: `${stuck} The learning rate, ${settings.learningRate}, is a ${ordinal(times)} of what suits this model: its steps are too small to get anywhere.`,
      tries: `Try a learning rate of ${card.learningRate}.`,
      alone: true,
    }
  return {
    why: `${stuck} The last epoch hardly changed that: it does not learn.`,
    tries:
      'Train again with another seed, or a lower learning rate; in Data, see whether the images are what they should be.',
    alone: true,
  }
}

/** Of the epochs in which the code counted as it does now: while its weight rises, the loss may rise with it. */
function gotWorse({ settings, card, lines, line, test }: Known): Found {
  if (weightOf(card, line) < 0.999) return null
  const best = bestOf(lines.filter((one) => one !== undefined && one.train !== null && weightOf(card, one) >= 0.999))
  if (best?.test == null || line.train === null || best.train === null) return null
  const [worse, trainedWorse] = [test.loss / best.test.loss, line.train.loss / best.train.loss]
  if (worse < 1.03 || trainedWorse < 1.01) return null
  return {
    why: `It has got worse: ${nats(test.loss)} nats a test image, ${nats(best.test.loss)} in epoch ${best.epoch}, and on its training images, too. The learning rate, ${settings.learningRate}, may be too high to stay at what was found.`,
    tries: `Continue from epoch ${best.epoch} with a lower learning rate, such as ${lower(settings.learningRate, 3)}.`,
  }
}

function collapsed({ card, test }: Known): Found {
  const codes = card.parts.filter(({ code }) => code === true)
  if (codes.length === 0) return null
  const costs = codes.map(({ name, title }) => ({ title, cost: Number(test[name] ?? NaN) }))
  const rate = rateOf(card, test)
  const tries = card.collapsed ?? 'Train it longer.'
  // there is none to say anything
  if (rate === 0) return null
  if (rate < silent)
    return {
      why: `The code has collapsed: it costs ${nats(rate)} nats, so it says next to nothing, and all samples are much the same picture.`,
      tries,
    }
  const part = costs.length > 1 ? costs.find(({ cost }) => cost < silentPart) : undefined
  if (part === undefined) return null
  return { why: `A part of the code is unused: ${part.title} is ${nats(part.cost)} nats.`, tries }
}

/** Samples begin where the prior is; the decoder knows the places where codes are. */
function offPrior({ card, line, moments, classes, test }: Known): Found {
  const gap = moments && codeGap(moments)
  if (gap === null || gap.nats < usuallyOff) return null
  const { name, label, mean, deviation } = gap.furthest
  const whose = label === null ? '' : ` of ${ofClass(classes, label)}`
  const weight = weightOf(card, line)
  const off = `The prior does not follow the codes: samples begin with codes that it expects, and the decoder has seldom seen those. Codes of test images lie ${nats(gap.nats)} nats off it, of the ${nats(rateOf(card, test))} that they cost; furthest off is ${name}${whose}, ${mean.toFixed(1)} ± ${deviation.toFixed(1)} where the prior, in its own units, expects 0 ± 1.`
  return weight < 0.999
    ? {
        why: `${off} The code’s cost counts ${weight.toFixed(2)} times so far, so little holds them together.`,
        tries: 'Train on: samples get better as codes come to lie where the prior expects them.',
      }
    : { why: off, tries: card.offPrior ?? 'Train it longer: prior and codes still move towards each other.' }
}

/** The same where nobody has looked at the codes. */
function notHeldYet({ card, line, moments }: Known): Found {
  const weight = weightOf(card, line)
  if (weight >= 0.999 || moments !== null) return null
  return {
    why: `The code’s cost counts ${weight.toFixed(2)} times so far, so codes may lie where the prior does not expect them. Samples begin with the prior: with codes that the decoder has seldom seen. Reconstructions are better than samples then.`,
    tries: 'Train on: samples get better as codes come to lie where the prior expects them.',
  }
}

function knowsItsOwn({ lines, line, test }: Known): Found {
  if (line.train === null) return null
  const best = bestOf(lines)
  const gap = test.loss / line.train.loss
  if (gap < 1.08 || best?.test == null || test.loss < 1.005 * best.test.loss) return null
  return {
    why: `It knows its training images by heart: one costs ${nats(line.train.loss)} nats, a test image ${nats(test.loss)}, and since epoch ${best.epoch} that has become more.`,
    tries: `Look at epoch ${best.epoch}, or train with more images.`,
  }
}

function stillLearning({ lines, line, test }: Known): Found {
  const before = lines[line.epoch - 1]?.test?.loss
  const share = before === undefined ? NaN : (before - test.loss) / before
  const first = line.epoch === 1
  if (!first && !(share > 0.01)) return null
  return {
    why: first
      ? `It has seen each image once: ${nats(test.loss)} nats a test image, and the first epochs bring most.`
      : `It is still learning: the last epoch took ${(100 * share).toFixed(1)} % off what a test image costs, ${nats(test.loss)} nats.`,
    tries: 'Train it for more epochs: continue from here in Checkpoints.',
  }
}

/** The epoch with the least test loss, of those that have one. */
function bestOf(lines: Known['lines']): EpochMetrics | undefined {
  const tested = lines.filter((one) => one?.test != null)
  return tested.toSorted((a, b) => (a?.test?.loss ?? NaN) - (b?.test?.loss ?? NaN))[0]
}

/** That it is no better than who knows next to nothing. */
function stillCosts(line: EpochMetrics, test: Known['test'], meanPicture: number): string {
  return `After ${plural(line.step, 'step')} a test image still costs ${nats(test.loss)} nats; who knew only the mean of all pictures would need ${nats(meanPicture)}.`
}

/** What the code costs, of what was measured on the test set: nats. */
export function rateOf({ parts }: ModelCard, test: Known['test']): number {
  return parts.reduce((sum, { name, code }) => sum + (code === true ? Number(test[name] ?? NaN) : 0), 0)
}

/** How much the code's cost counts; 1 where nothing weighs it. */
export function weightOf(card: ModelCard, line: EpochMetrics): number {
  const weight = card.scalars.find(({ weighsCode }) => weighsCode === true)
  if (weight === undefined) return 1
  const value = numberIn(line, weight.name)
  return Number.isFinite(value) ? value : 1
}
