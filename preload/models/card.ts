/** What both sides know of a model, without its tensors: its settings, the numbers that it is measured by, and their words. */
import type { Only, Settings, SettingValue } from './setting'

export interface Quantity {
  /** Its name in a line of metrics. */
  readonly name: string
  readonly title: string
  /** What it means, in a sentence or two. */
  readonly explain: string
  /** The same of a run whose prior does not know the classes, where that is another sentence. */
  readonly withoutClasses?: string
}

/** What the loss is the sum of. */
export interface Part extends Quantity {
  /** It is what a code costs. */
  readonly code?: true
}

/** What training is steered by from step to step. */
export interface Scalar extends Quantity {
  readonly unit: string
  /** The ends of its axis in a chart. */
  readonly range: readonly [number, number]
  /** It is how much a code's cost counts in what is minimised, while that is less than it is in the loss. */
  readonly weighsCode?: true
  /** It is there only where these settings have one of these values. */
  readonly only?: Only
}

/** Settings that are known together by a name of their own. */
export interface Preset {
  readonly title: string
  /** What is trained so, in a sentence. */
  readonly explain: string
  /** What of the model's own settings is not as it is by default. */
  readonly settings: OwnSettings
}

/** Runs that show side by side what a code leaves out: trained alike, but for what their presets say. */
export interface LossyStudy {
  /** In the order in which they are trained and shown. */
  readonly rows: readonly StudyRow[]
  /** The part of the loss that a code costs. */
  readonly rate: string
  /** The setting that says how far a pixel sees; and the values of it that are tried beside each other. */
  readonly window: string
  readonly windows: readonly SettingValue[]
  /** How many earlier pixels one is predicted from, where the picture does not end before; 0: none. */
  pixelsSeen(settings: OwnSettings): number
  /** Whether there is a code at all. */
  hasCode(settings: OwnSettings): boolean
}

export interface StudyRow {
  /** Its name among the card's presets. */
  readonly preset: string
  readonly title: string
  /** What a pixel is predicted from in it, in a few words. */
  readonly explain: string
  /** What its code has to tell: nothing, as there is none, all that an image is, or the rest that pixels do not tell each other. */
  readonly code: 'none' | 'all' | 'rest'
  /** How long an image of it trains, in images of the usual model: a guess as long as nothing was measured. */
  readonly work: number
}

export interface PriorWords {
  /** Whether it is trained along, or the same for every number from the start. */
  readonly learned: boolean
  /** On what its expectation of a number depends beside the class, if on anything: the end of a sentence on its humps. */
  readonly depends?: string
}

/** A model's card is its registration: nothing in the app, the page or the terminal knows a model by its name. */
export interface ModelCard {
  /** What a person calls it: `Ladder`. */
  readonly title: string
  /** What it is, within a sentence: `a variational lossy autoencoder`. */
  readonly kind: string
  /** The settings that are its own, beside those that every run has. */
  readonly settings: Settings
  /** By the names that they are typed by; the first one is the default. */
  readonly presets?: Readonly<Record<string, Preset>>
  /** What the loss is the sum of, in the order in which it is added up; nats per image. */
  readonly parts: readonly Part[]
  readonly scalars: readonly Scalar[]
  /** What its prior is, as How it works tells it. */
  priorOf(settings: OwnSettings): PriorWords
  /** What training minimises, where that is not the loss: a sentence. */
  readonly objective: string
  /** The title of its optimizer: `Adam`; and the learning rate and the images of a step that suit it. */
  readonly optimizer: string
  readonly learningRate: number
  readonly batch: number
  /** Whether that optimizer keeps averages of the weights, which are what is shown, measured and saved. */
  readonly averages?: boolean
  /** What it sees of an image: grey levels, or ink and none. What is drawn of it is shown so. */
  readonly images: 'grey' | 'binary'
  /** Whether pixels are drawn of their probabilities, each seeing those before it: decodings of one code then differ. */
  drawsPixels?(settings: OwnSettings): boolean
  /** Whether training images are held out for its schedule, as many as a fifth of those that it learns from. */
  readonly holdsOut?: boolean
  /** Whether its prior knows the digit's class: samples are then drawn class by class. */
  hasClasses(settings: OwnSettings): boolean
  /** What shows that its code is lossy, where it is. */
  readonly lossy?: LossyStudy
  /** What the names of weights tell of its settings; undefined: they are not of this model, or tell nothing. */
  ofWeights?(names: ReadonlySet<string>): OwnSettings | undefined
  /** What to try where its code says nothing, a sentence. */
  readonly collapsed?: string
  /** What to try where its codes lie off its prior, a sentence. */
  readonly offPrior?: string
  /** How its schedule goes on in a run that is continued, a sentence. @param behind epochs behind the checkpoint */
  goesOn?(settings: OwnSettings, behind: number): string
}

/** Of a run that is not known yet. */
export const noCard: ModelCard = {
  title: '',
  kind: '',
  settings: {},
  parts: [],
  scalars: [],
  objective: '',
  optimizer: '',
  learningRate: 1,
  batch: 1,
  images: 'grey',
  priorOf: () => ({ learned: false }),
  hasClasses: () => false,
}

/** A run's settings, of which a card reads its own. */
export type OwnSettings = Readonly<Record<string, SettingValue>>
