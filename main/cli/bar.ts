/** The progress bar: one line at the foot of the terminal, finished epochs above it. */
import { MultiBar } from 'cli-progress'
import { count, left, nats } from '../../preload/amounts'
import { cardOf, idleTraining, noCard, type ModelCard, type TrainingState } from '../../preload/contract'
import type { TrainerEvent } from '../trainer/events'
import { lossSum, steering, within } from './format'
import { linesOf, type Reporter } from './report'
import { harmless, print, type Terminal, widthOf } from './terminal'

type StepEvent = Extract<TrainerEvent, { type: 'step' }>

/** All that the bar's line shows. */
export interface BarState {
  readonly training: Pick<TrainingState, 'epoch' | 'epochs' | 'step' | 'steps' | 'work' | 'secondsLeft'>
  /** What the run's model is measured by. */
  readonly card: ModelCard
  /** The last one; null before the first. */
  readonly step: StepEvent | null
}

/** The bar's line, at most `columns` wide: what matters least goes first where room is short. */
export function barLine({ training, card, step }: BarState, columns: number): string {
  const { epoch, epochs, work } = training
  const done = training.steps === 0 ? 0 : Math.min(Math.max(training.step / training.steps, 0), 1)
  const head = epochs === 0 ? '' : `epoch ${epoch}/${epochs} `
  // of the same width whatever the numbers beside it
  const width = Math.min(Math.max(columns - widestText, smallestBar), largestBar)
  const full = Math.round(width * done)
  const percent = ` ${String(Math.floor(done * 100)).padStart(3)} %`
  const line = `${head}${'█'.repeat(full)}${'░'.repeat(width - full)}${percent}`
  const telling = work === null ? stepTexts(step, card, left(training.secondsLeft)) : workTexts(work)
  const texts = telling.map((parts) => [line, ...parts].filter(Boolean).join('  '))
  // the last column stays free: some terminals wrap when it is written to
  return [...texts, line, `${head.trimEnd()}${percent}`, percent.trim()].find((text) => text.length < columns) ?? ''
}

/** All that is told beside the bar, as wide as it gets. */
const widestText = 100
const smallestBar = 6
const largestBar = 40

/** From the most telling to the shortest. */
function stepTexts(step: StepEvent | null, card: ModelCard, left: string): string[][] {
  if (step === null) return [[left]]
  const speed = count(step.imagesPerSecond)
  return [
    [lossSum(step, card), steering(step, card), `${speed} images/s`, left],
    [lossSum(step, card, 1), `${speed}/s`, left.replace(' left', '')],
    [`loss ${nats(step.loss, 1)}`, `${speed}/s`, left],
    [left],
  ]
}

function workTexts({ title, progress }: NonNullable<TrainingState['work']>): string[][] {
  return [[`${within(title)} ${progress === null ? '…' : `${Math.floor(100 * progress)} %`}`]]
}

export function barReporter(terminal: Terminal): Reporter {
  let state: BarState = { training: idleTraining, card: noCard, step: null }
  let open = true
  const bars = new MultiBar({
    stream: terminal.out,
    format: () => barLine(state, widthOf(terminal.out)),
    clearOnComplete: true,
    // a line logged above the bar overwrites it: it is drawn again although it did not change
    forceRedraw: true,
    hideCursor: true,
  })
  bars.create(1, 0)
  const write = (line: string) => (open ? bars.log(wrapped(`${harmless(line)}\n`)) : print(terminal, line))

  return {
    event: (event, training) => {
      state = { ...state, training }
      if (event.type === 'started') state = { ...state, card: cardOf(event.file.settings) }
      if (event.type === 'step') state = { ...state, step: event }
      for (const line of linesOf(event, state.card)) write(line)
    },
    say: write,
    end: () => {
      if (!open) return
      // what was logged last is drawn with the bar
      bars.update()
      bars.stop()
      open = false
    },
  }
}

/** The bar switches wrapping off, so that it stays one line on a terminal that gets narrower; sentences need it. */
function wrapped(text: string): string {
  return `\u001b[?7h${text}\u001b[?7l`
}
