/** How a run is told while it trains: JSON lines, plain lines for a log, or a progress bar on a terminal (./bar). */
import { count, left, nats, plural } from '../../preload/amounts'
import {
  cardNamed,
  cardOf,
  countingSettings,
  imagesOf,
  noCard,
  usualModel,
  type ModelCard,
  type RunSettings,
  type TrainingState,
} from '../../preload/contract'
import type { TrainerEvent } from '../trainer/events'
import { lossSum, steering, within } from './format'
import { print, printJson, type Terminal } from './terminal'

export interface Reporter {
  /** @param training how the run stands after it */
  event(event: TrainerEvent, training: TrainingState): void
  /** A sentence for the person, between the events. */
  say(text: string): void
  /** Nothing follows. */
  end(): void
}

/** Every event as one JSON object on a line. What is said to a person goes to standard error. */
export function jsonReporter(terminal: Terminal, options: { details?: boolean } = {}): Reporter {
  return {
    event: (event) => {
      if (event.type === 'state' || event.type === 'sketch') return
      // what a person types as RUN
      const { type, folder: run, ...facts } = event
      printJson(terminal, { type, run, ...facts }, options)
    },
    say: (text) => terminal.err.write(`${text}\n`),
    end: () => {},
  }
}

/** Seconds between two lines about steps in a log. */
const logEvery = 10

/** Lines for a log: one an epoch, and one about the steps every ten seconds. */
export function plainReporter(terminal: Terminal, now: () => number = () => performance.now() / 1000): Reporter {
  let lastLine = Number.NEGATIVE_INFINITY
  let card = noCard
  return {
    event: (event, { steps, secondsLeft }) => {
      if (event.type === 'started') card = cardOf(event.file.settings)
      for (const line of linesOf(event, card)) print(terminal, line)
      if (event.type !== 'step' || now() - lastLine < logEvery) return
      lastLine = now()
      const parts = [
        `  step ${count(event.step)} of ${count(steps)}`,
        lossSum(event, card),
        steering(event, card),
        `${count(event.imagesPerSecond)} images/s`,
        left(secondsLeft),
      ]
      print(terminal, parts.filter(Boolean).join('  '))
    },
    say: (text) => print(terminal, text),
    end: () => {},
  }
}

/** What stays on the screen and in the log of an event, whichever way progress is shown. @param card of the run's model */
export function linesOf(event: TrainerEvent, card: ModelCard): string[] {
  switch (event.type) {
    case 'started':
      return startLines(event, card)
    case 'epoch':
      return [row(columnsOf(card).map(({ title, cell }) => [title, cell(event)]))]
    case 'notice':
      return [event.message]
    case 'failure':
      // what ends the run is told at the very end
      return event.waits ? [event.error.message, event.error.remedy] : []
    default:
      return []
  }
}

function startLines({ folder, file, resumed, step, epoch }: Started, card: ModelCard): string[] {
  const { settings, data, engine } = file
  const { trained: images } = imagesOf(settings, data.trainImages)
  const facts = [
    `${data.name}, ${plural(images, 'image')}`,
    ...chosen(settings),
    `${plural(settings.epochs, 'epoch')} of ${plural(file.stepsPerEpoch, 'step')}`,
    `${engine.name} (${engine.device})`,
  ]
  const sum = card.parts.map(({ title }) => within(title)).join(' + ')
  return [
    folder,
    facts.join(' · '),
    `loss = −ELBO = ${sum}, nats per image, whatever training minimises`,
    ...(!resumed && file.from ? [`It begins with the weights of ${file.from.run}, epoch ${file.from.epoch}.`] : []),
    ...(resumed ? [`Going on after step ${count(step)}, ${plural(Math.max(epoch, 0), 'epoch')} done.`] : []),
    '',
    row(columnsOf(card).map(({ title }) => [title, title])),
  ]
}

/** The model where it is not the usual one, and what was chosen for it. */
function chosen(settings: RunSettings): string[] {
  const { title } = cardNamed(settings.model)
  const choices = Object.entries(countingSettings(settings)).filter(([, { choices }]) => choices !== undefined)
  return [...(settings.model === usualModel ? [] : [title]), ...choices.map(([name]) => `${name} ${settings[name]}`)]
}

type Started = Extract<TrainerEvent, { type: 'started' }>
type EpochEvent = Extract<TrainerEvent, { type: 'epoch' }>

/** The table of epochs: each column's heading, and what a line says in it. */
function columnsOf({ parts }: ModelCard): { title: string; cell: (event: EpochEvent) => string }[] {
  const known = (value: number | undefined) => (value === undefined ? '' : nats(value, 2))
  return [
    { title: 'epoch', cell: ({ epoch }) => String(epoch) },
    { title: 'train', cell: ({ train }) => known(train?.loss) },
    { title: 'test', cell: ({ test }) => known(test?.loss) },
    ...parts.map(({ name, title }) => ({ title: within(title), cell: ({ test }: EpochEvent) => known(test?.[name]) })),
    { title: 'images/s', cell: ({ imagesPerSecond: speed }) => (speed === null ? '' : count(speed)) },
  ]
}

/** A line of the table, each cell under its heading. */
function row(cells: readonly (readonly [heading: string, text: string])[]): string {
  const wide = (heading: string, first: boolean) => (first ? heading.length : Math.max(7, heading.length) + 2)
  return cells
    .map(([heading, text], column) => text.padStart(wide(heading, column === 0)))
    .join('')
    .trimEnd()
}
