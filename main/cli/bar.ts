/** The progress bar: one line at the foot of the terminal, finished epochs above it. */
import { MultiBar } from 'cli-progress'
import type { TrainerEvent } from '../../preload/contract'
import { grouped, lossSum } from './format'
import { timeLeft } from './pace'
import { linesOf, type Reporter } from './report'
import { print, type Terminal } from './terminal'

type StepEvent = Extract<TrainerEvent, { type: 'step' }>
type ProgressEvent = Extract<TrainerEvent, { type: 'progress' }>

/** All that the bar's line shows. */
export interface BarState {
  readonly epoch: number
  readonly epochs: number
  /** Of the whole run, 0 to 1. */
  readonly done: number
  /** The last steps; null before the first. */
  readonly step: Pick<StepEvent, 'loss' | 'reconstruction' | 'klWeight' | 'klZ1' | 'klZ2' | 'imagesPerSecond'> | null
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
  const { step, task } = state
  const head = state.epochs === 0 ? '' : `epoch ${state.epoch}/${state.epochs} `
  const percent = ` ${String(Math.floor(state.done * 100)).padStart(3)} %`
  const room = columns - 1 - head.length - percent.length - smallestBar
  const tails =
    task === null
      ? [
          [step && lossSum(step), step && `${grouped(step.imagesPerSecond)} images/s`, state.left],
          [step && lossSum(step, 1), step && `${grouped(step.imagesPerSecond)}/s`, state.left.replace(' left', '')],
          [step && `loss ${step.loss.toFixed(1)}`, step && `${grouped(step.imagesPerSecond)}/s`, state.left],
          [state.left],
        ]
      : [[`${taskNames[task.task]} ${task.total > 0 ? `${Math.floor((100 * task.done) / task.total)} %` : '…'}`]]
  const texts = tails.map((tail) => tail.map((part) => (part ? `  ${part}` : '')).join(''))
  const tail = texts.find((text) => text.length <= room) ?? ''
  const width = Math.min(room - tail.length + smallestBar, largestBar)
  const full = Math.round(width * Math.min(Math.max(state.done, 0), 1))
  return width < smallestBar
    ? `${head}${percent}`.slice(0, columns)
    : `${head}${'█'.repeat(full)}${'░'.repeat(width - full)}${percent}${tail}`
}

const smallestBar = 6
const largestBar = 40

export function barReporter(terminal: Terminal, now: () => number = () => performance.now() / 1000): Reporter {
  const left = timeLeft(now)
  const state = { epoch: 0, epochs: 0, done: 0, totalSteps: 1, step: null, task: null } as {
    -readonly [K in keyof Omit<BarState, 'left'>]: BarState[K]
  } & { totalSteps: number }
  const bars = new MultiBar({
    stream: terminal.out as NodeJS.WritableStream,
    format: () => barLine({ ...state, left: left.text() }, terminal.out.columns ?? 80),
    clearOnComplete: true,
    // a line logged above the bar overwrites it: it is drawn again although it did not change
    forceRedraw: true,
    hideCursor: true,
  })
  bars.create(1, 0)
  let open = true
  const write = (line: string) => (open ? bars.log(`${line}\n`) : print(terminal, line))
  return {
    event: (event) => {
      left.event(event)
      for (const line of linesOf(event)) write(line)
      if (event.type === 'started') {
        state.epochs = event.file.settings.epochs
        state.totalSteps = event.totalSteps
        state.epoch = Math.min(event.epoch + 1, state.epochs)
        state.done = event.step / event.totalSteps
      }
      if (event.type === 'step') {
        state.step = event
        state.epoch = event.epoch
        state.done = event.step / state.totalSteps
      }
      if (event.type === 'progress') state.task = event.done < event.total ? event : null
      else if (event.type === 'step') state.task = null
    },
    say: write,
    end: () => {
      if (!open) return
      bars.update()
      bars.stop()
      open = false
    },
  }
}
