/** The settings that a run is a function of: those that every run has, and its model's own. Changing any gives another run. */
import { z } from 'zod'
import type { ModelCard } from '../models/card'
import { cardNamed, findCard, usualModel } from '../models/registry'
import { shapeOf, type Setting, type Settings, type SettingValue, type ValuesOf } from '../models/setting'
import { count } from './common'
import { engineName } from './engines'

/** What every run has, in the order in which it is shown. */
function shared({ optimizer, learningRate, batch }: Pick<ModelCard, 'optimizer' | 'learningRate' | 'batch'>) {
  return {
    epochs: {
      schema: count(1, 10_000).default(30),
      title: 'Epochs',
      explain: 'How many times training goes over all images.',
      about: 'times through the training images',
    },
    batch: {
      schema: count(1, 4096).default(batch),
      title: 'Batch size',
      explain: 'How many images one step learns from.',
      about: 'images per step',
    },
    learningRate: {
      schema: z.number().positive().max(1).default(learningRate),
      title: 'Learning rate',
      explain: `How far one step of ${optimizer} goes. ${learningRate} suits this model.`,
      about: 'the optimizer’s learning rate',
    },
    seed: {
      schema: count(0, 2 ** 32 - 1).default(0),
      title: 'Seed',
      explain: 'Where all randomness comes from: the same settings and seed give the same run.',
      about: 'decides the first weights, the order of the images and the noise',
    },
    /**
     * Data-parallel lanes (one thread each). Part of the settings: gradients are summed lane by lane. 0: one for each
     * core, at most 8; run.json says how many that was.
     */
    lanes: {
      schema: count(0, 64).default(0),
      title: 'Lanes',
      explain: 'How many threads share a step. 0: one for each core, at most 8.',
      about: 'data-parallel lanes',
    },
    limit: {
      schema: count(0, 100_000_000).default(0),
      title: 'Image limit',
      explain: 'Train on only the first N images, to try things out; 0 means all.',
      about: 'train on only the first n images, 0 for all',
    },
    /** `auto`: the fastest of this machine. run.json says which it was, and the run goes on with that. */
    engine: {
      schema: z.enum(['auto', ...engineName.options]).default('auto'),
      title: 'Engine',
      explain: 'What computes. Automatic takes the fastest that this machine has.',
      about: 'what computes',
    },
  } satisfies Settings
}

export type SharedSettings = ValuesOf<ReturnType<typeof shared>>

/** The settings of a run, flat, as run.json has them. A model reads its own through its card. */
export interface RunSettings extends SharedSettings {
  model: string
  [own: string]: SettingValue
}

/** The settings of a model's runs, of which those that every run has are there by their names. */
type SettingsOfRun = Settings & Readonly<Record<keyof SharedSettings, Setting>>

interface Known {
  readonly settings: SettingsOfRun
  readonly schema: z.ZodType
}

/** Made once for each card. */
const known = new WeakMap<ModelCard, Known>()

function knownOf(model: string, card: ModelCard): Known {
  const before = known.get(card)
  if (before !== undefined) return before
  const settings: SettingsOfRun = { ...card.settings, ...shared(card) }
  const made = { settings, schema: z.strictObject({ model: z.literal(model), ...shapeOf(settings) }) }
  known.set(card, made)
  return made
}

/** What a model's runs are set by: its own settings, then those that every run has. */
export function settingsOf(model: string): SettingsOfRun {
  return knownOf(model, cardNamed(model)).settings
}

/** The names of those that every run has. */
export const sharedNames = Object.keys(shared({ optimizer: '', learningRate: 1, batch: 1 })) as (keyof SharedSettings)[]

/** Of these, what the machine decides where a person does not. */
export const machineNames: readonly string[] = ['lanes', 'engine'] satisfies (keyof SharedSettings)[]

/** A value of a setting as its field says it: `Without classes`, `128`. */
export function valueTitle({ choices }: Setting, value: SettingValue | undefined): string {
  return choices?.[String(value)] ?? String(value)
}

type Given = Partial<SharedSettings> & { readonly model?: string; readonly [own: string]: SettingValue | undefined }

/** A run's settings, of whichever model; what is left out has the model's default. */
export const runSettings = z
  .looseObject({ model: z.string().default(usualModel) })
  .transform((given, context): RunSettings => {
    const { model } = given
    const card = findCard(model)
    if (card === undefined) {
      const message = 'is a model that this version of the app does not know'
      context.addIssue({ code: 'custom', path: ['model'], message })
      return z.NEVER
    }
    const { data, error } = knownOf(model, card).schema.safeParse(given)
    for (const issue of error?.issues ?? []) context.issues.push({ ...issue, input: given } as z.core.$ZodRawIssue)
    return (data as RunSettings | undefined) ?? z.NEVER
  }) as unknown as z.ZodType<RunSettings, Given>

/**
 * Of so many training images, how many a run with these settings learns from: the first ones, at most `limit`; and how many
 * its model holds out, to see how far training has come: a fifth as many, the last ones.
 */
export function imagesOf(
  { limit, model = usualModel }: Pick<SharedSettings, 'limit'> & { readonly model?: string },
  all: number,
): { trained: number; held: number } {
  const most = limit === 0 ? all : Math.min(limit, all)
  if (findCard(model)?.holdsOut !== true) return { trained: most, held: 0 }
  const trained = Math.min(most, Math.max(1, Math.floor((5 * all) / 6)))
  return { trained, held: Math.min(all - trained, Math.ceil(trained / 5)) }
}

/** The settings of a model before anybody has set anything. */
export function defaultsOf(model: string): RunSettings {
  return runSettings.parse({ model })
}
