/** The progress bar: one line at the foot of the terminal, finished epochs above it. */
import { MultiBar } from 'cli-progress'
import { noCard, type ModelCard, type TrainerEvent } from '../../preload/contract'
import { cardOf } from '../../preload/models/cards'
import { grouped, lossSum, nats, steering } from './format'
import { timeLeft } from './pace'
import { linesOf, type Reporter } from './report'
import { harmless, print, type Terminal, widthOf } from './terminal'

type StepEvent = Extract<TrainerEvent, { type: 'step' }>
type ProgressEvent = Extract<TrainerEvent, { type: 'progress' }>

/** All that the bar's line shows. */
export interface BarState {
  readonly epoch: number
  readonly epochs: number
  /** Of the whole run, 0 to 1. */
  readonly done: number
  /** What the run's model is measured by. */
  readonly card: ModelCard
  /** The last steps; null before the first. */
  readonly step: StepEvent | null
  /** Work between the steps, while it lasts. */
  readonly task: Pick<ProgressEvent, 'task' | 'done' | 'total'> | null
  readonly left: string
}

const taskNames: Record<ProgressEvent['task'], string> = {
  data: 'reading the data',
  engine: 'preparing the engine',
  evaluate: 'testing',
  gallery: 'drawing',
  save: 'saving',
  sample: 'sampling',
}

/** The bar's line, at most `columns` wide: what matters least goes first where room is short. */
export function barLine(state: BarState, columns: number): string {
  const head = state.epochs === 0 ? '' : `epoch ${state.epoch}/${state.epochs} `
  // of the same width whatever the numbers beside it
  const width = Math.min(Math.max(columns - widestText, smallestBar), largestBar)
  const full = Math.round(width * Math.min(Math.max(state.done, 0), 1))
  const percent = ` ${String(Math.floor(state.done * 100)).padStart(3)} %`
  const line = `${head}${'█'.repeat(full)}${'░'.repeat(width - full)}${percent}`
  const texts = (state.task === null ? stepTexts(state) : taskTexts(state.task)).map((parts) =>
    [line, ...parts].filter(Boolean).join('  '),
  )
  // the last column stays free: some terminals wrap when it is written to
  return [...texts, line, `${head.trimEnd()}${percent}`, percent.trim()].find((text) => text.length < columns) ?? ''
}

/** All that is told beside the bar, as wide as it gets. */
const widestText = 100
const smallestBar = 6
const largestBar = 40

/** From the most telling to the shortest. */
function stepTexts({ step, card, left }: BarState): string[][] {
  if (step === null) return [[left]]
  const speed = grouped(step.imagesPerSecond)
  return [
    [lossSum(step, card), steering(step, card), `${speed} images/s`, left],
    [lossSum(step, card, 1), `${speed}/s`, left.replace(' left', '')],
    [`loss ${nats(step.loss, 1)}`, `${speed}/s`, left],
    [left],
  ]
}

function taskTexts({ task, done, total }: NonNullable<BarState['task']>): string[][] {
  return [[`${taskNames[task]} ${total > 0 ? `${Math.floor((100 * done) / total)} %` : '…'}`]]
}

export function barReporter(terminal: Terminal, now: () => number = () => performance.now() / 1000): Reporter {
  const left = timeLeft(now)
  let state: BarState = { epoch: 0, epochs: 0, done: 0, card: noCard, step: null, task: null, left: '' }
  let totalSteps = 1
  let open = true
  const bars = new MultiBar({
    stream: terminal.out,
    format: () => barLine({ ...state, left: left.text() }, widthOf(terminal.out)),
    clearOnComplete: true,
    // a line logged above the bar overwrites it: it is drawn again although it did not change
    forceRedraw: true,
    hideCursor: true,
  })
  bars.create(1, 0)
  const write = (line: string) => (open ? bars.log(wrapped(`${harmless(line)}\n`)) : print(terminal, line))

  function update(event: TrainerEvent): BarState {
    switch (event.type) {
      case 'started':
        return {
          ...state,
          epoch: Math.min(event.epoch + 1, event.file.settings.epochs),
          epochs: event.file.settings.epochs,
          done: event.step / totalSteps,
          card: cardOf(event.file.settings),
        }
      case 'step':
        return { ...state, epoch: event.epoch, done: event.step / totalSteps, step: event, task: null }
      case 'progress':
        return { ...state, task: event.done < event.total ? event : null }
      default:
        return state
    }
  }

  return {
    event: (event) => {
      left.event(event)
      if (event.type === 'started') ({ totalSteps } = event)
      state = update(event)
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
