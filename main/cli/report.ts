/** How a run is told while it trains: JSON lines, plain lines for a log, or a progress bar on a terminal. */
import type { RunFile, TrainerEvent } from '../../preload/contract'
import { count, grouped, lossSum, nats, weight } from './format'
import { timeLeft } from './pace'
import type { Terminal } from './terminal'
import { print, printJson } from './terminal'

export interface Reporter {
  event(event: TrainerEvent): void
  /** A sentence for the person, between the events. */
  say(text: string): void
  /** Nothing follows. */
  end(): void
}

/** Every event as one JSON object on a line. What is said to a person goes to standard error. */
export function jsonReporter(terminal: Terminal, options: { details?: boolean } = {}): Reporter {
  return {
    event: (event) => {
      if (event.type !== 'state' && event.type !== 'sketch') printJson(terminal, event, options)
    },
    say: (text) => terminal.err.write(`${text}\n`),
    end: () => {},
  }
}

/** Seconds between two lines about steps in a log. */
const logEvery = 10

/** Lines for a log: one an epoch, and one about the steps every ten seconds. */
export function plainReporter(terminal: Terminal, now: () => number = () => performance.now() / 1000): Reporter {
  const left = timeLeft(now)
  let lastLine = Number.NEGATIVE_INFINITY
  let totalSteps = 0
  return {
    event: (event) => {
      left.event(event)
      if (event.type === 'started') totalSteps = event.totalSteps
      for (const line of linesOf(event)) print(terminal, line)
      if (event.type !== 'step' || now() - lastLine < logEvery) return
      lastLine = now()
      const parts = [
        `  step ${grouped(event.step)} of ${grouped(totalSteps)}`,
        lossSum(event),
        weight(event),
        `${grouped(event.imagesPerSecond)} images/s`,
        left.text(),
      ]
      print(terminal, parts.filter(Boolean).join('  '))
    },
    say: (text) => print(terminal, text),
    end: () => {},
  }
}

/** What stays on the screen and in the log of an event, whichever way progress is shown. */
export function linesOf(event: TrainerEvent): string[] {
  switch (event.type) {
    case 'started':
      return startLines(event.run, event.file, event.resumed ? event : null)
    case 'epoch':
      return [epochLine(event)]
    case 'notice':
      return [event.message]
    case 'failure':
      // what ends the run is told at the very end
      return event.waits ? [event.error.message, event.error.remedy] : []
    default:
      return []
  }
}

function startLines(run: string, file: RunFile, from: { epoch: number; step: number } | null): string[] {
  const { settings, data, engine } = file
  const images = settings.limit === 0 ? data.trainImages : Math.min(settings.limit, data.trainImages)
  const facts = [
    `${data.name}, ${count(images, 'image')}`,
    `condition ${settings.condition}`,
    `${count(settings.epochs, 'epoch')} of ${count(file.stepsPerEpoch, 'step')}`,
    `${engine.name} (${engine.device})`,
  ]
  return [
    run,
    facts.join(' · '),
    'loss = −ELBO = reconstruction + KL z1 + KL z2, nats per image, also while training counts the KL terms less',
    ...(from === null
      ? []
      : [`Going on after step ${grouped(from.step)}, ${count(Math.max(from.epoch, 0), 'epoch')} done.`]),
    '',
    row('epoch', 'train', 'test', 'reconstruction', 'KL z1', 'KL z2', 'images/s'),
  ]
}

function epochLine({ epoch, train, test, imagesPerSecond }: Extract<TrainerEvent, { type: 'epoch' }>): string {
  return row(
    String(epoch),
    train === null ? '' : nats(train.loss),
    test === null ? '' : nats(test.loss),
    test === null ? '' : nats(test.reconstruction),
    test === null ? '' : nats(test.klZ1),
    test === null ? '' : nats(test.klZ2),
    imagesPerSecond === null ? '' : grouped(imagesPerSecond),
  )
}

/** A line of the table of epochs. */
function row(...cells: [string, string, string, string, string, string, string]): string {
  const widths = [5, 9, 9, 16, 8, 8, 10]
  return cells
    .map((cell, column) => cell.padStart(widths[column]))
    .join('')
    .trimEnd()
}
