/** A terminal without a process, and a trainer that tells a prepared story: for testing what is typed and shown. */
import { Writable } from 'node:stream'
import { defaultSettings } from '../../main/app/settings'
import { Studio } from '../../main/app/studio'
import { runCommandLine } from '../../main/cli/program'
import type { Output, Terminal } from '../../main/cli/terminal'
import type { RunFile } from '../../main/runs/run-file'
import type { TrainerEvent } from '../../main/trainer/events'
import type { StartOptions, Trainer } from '../../main/trainer/trainer'
import { runSettings } from '../../preload/contract'

class Screen extends Writable {
  text = ''
  constructor(
    readonly isTTY: boolean,
    readonly columns: number,
  ) {
    super()
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

export interface StandIn extends Terminal {
  readonly out: Screen & Output
  readonly err: Screen & Output
  /** As if Ctrl-C were pressed. */
  interrupt(): void
  /** Codes that the process was to end with at once. */
  /** How often it was ended at once. */
  readonly deaths: () => number
}

export function standIn(trainer: Partial<Trainer> = {}, { isTTY = false, columns = 80 } = {}): StandIn {
  const listeners = new Set<() => void>()
  let deaths = 0
  return {
    out: new Screen(isTTY, columns),
    err: new Screen(isTTY, columns),
    deaths: () => deaths,
    interrupt: () => {
      for (const listener of listeners) listener()
    },
    onInterrupt: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    die: () => {
      deaths++
    },
    studio: async (resultFolder) =>
      new Studio({
        trainer: { ...noTrainer, ...trainer },
        settings: defaultSettings(),
        door: { kind: 'terminal' },
        resultFolder,
        version: '1.2.3',
      }),
  }
}

const notPlayed = () => Promise.reject(new Error('this story has no such scene'))
const noTrainer: Trainer = {
  phase: 'idle',
  folder: null,
  prepare: async () => undefined,
  start: notPlayed,
  resume: notPlayed,
  pause: notPlayed,
  continue: notPlayed,
  save: notPlayed,
  stop: notPlayed,
  ask: notPlayed,
  engines: notPlayed,
  on: () => () => undefined,
  close: async () => undefined,
}

/** Types a command and waits for its end. */
export async function type(
  line: readonly string[],
  terminal: StandIn = standIn(),
): Promise<{ code: number; out: string; err: string }> {
  const code = await runCommandLine(line, terminal)
  return { code, out: terminal.out.text, err: terminal.err.text }
}

export const run = '/results/2026-11-22-0812-ladder'

export const runFile: RunFile = {
  format: 1,
  name: 'ladder',
  status: 'training',
  settings: runSettings.parse({ epochs: 2, limit: 512 }),
  from: null,
  data: {
    name: 'MNIST (bundled)',
    folder: '/mnist',
    bundled: true,
    fingerprint: 'f'.repeat(64),
    trainImages: 60_000,
    testImages: 10_000,
    classes: null,
  },
  engine: { name: 'onnx-cpu', device: 'CPU, 2 lanes' },
  versions: {},
  startedAt: '2026-11-22T08:12:00Z',
  updatedAt: '2026-11-22T08:12:00Z',
  epoch: -1,
  step: 0,
  stepsPerEpoch: 4,
  curve: [],
  seconds: [],
  problem: null,
}

const parts = { loss: 140.5, reconstruction: 120.25, klZ1: 9.5, klZ2: 10.75 }

export const story = {
  started: {
    type: 'started',
    folder: run,
    resumed: false,
    step: 0,
    epoch: -1,
    stepsPerEpoch: 4,
    totalSteps: 8,
    file: runFile,
  },
  epoch0: {
    type: 'epoch',
    folder: run,
    epoch: 0,
    step: 0,
    klWeight: 0,
    train: null,
    test: { ...parts, loss: 545.25 },
    imagesPerSecond: null,
  },
  step1: {
    type: 'step',
    folder: run,
    step: 1,
    epoch: 1,
    klWeight: 0.025,
    ...parts,
    objective: 120.75,
    imagesPerSecond: 2310,
  },
  step4: {
    type: 'step',
    folder: run,
    step: 4,
    epoch: 1,
    klWeight: 0.1,
    ...parts,
    objective: 122.25,
    imagesPerSecond: 2320,
  },
  epoch1: {
    type: 'epoch',
    folder: run,
    epoch: 1,
    step: 4,
    klWeight: 0.1,
    train: { ...parts, loss: 151.5, objective: 130 },
    test: parts,
    imagesPerSecond: 2315,
  },
  saving: { type: 'progress', folder: run, task: 'save', done: 1, total: 4 },
  failure: {
    type: 'failure',
    folder: run,
    error: {
      code: 'worker/out-of-memory',
      message: 'There was not enough memory.',
      remedy: 'Close other programs.',
      details: 'ERR_WORKER_OUT_OF_MEMORY',
    },
    resumable: true,
    waits: false,
  },
  diskFull: {
    type: 'failure',
    folder: run,
    error: { code: 'disk/full', message: 'The disk is full.', remedy: 'Free some space.' },
    resumable: true,
    waits: true,
  },
  stopped: { type: 'done', folder: run, status: 'stopped', epoch: 1, step: 6, test: parts, imagesPerSecond: 2300 },
  done: { type: 'done', folder: run, status: 'done', epoch: 2, step: 8, test: parts, imagesPerSecond: 2300 },
} satisfies Record<string, TrainerEvent>

/** A trainer that tells these events once a run is started or resumed, and `whenStopped` after stop(). */
export function storyTrainer(
  events: readonly TrainerEvent[],
  whenStopped: readonly TrainerEvent[] = [],
): Partial<Trainer> & { readonly asked: { start?: StartOptions; resumed?: string; stops: number; closed: number } } {
  const listeners = new Set<(event: TrainerEvent) => void>()
  const asked: { start?: StartOptions; resumed?: string; stops: number; closed: number } = { stops: 0, closed: 0 }
  const tell = async (these: readonly TrainerEvent[]) => {
    for (const event of these) {
      await Promise.resolve()
      for (const listener of listeners) listener(event)
    }
  }
  const begin = async () => {
    void tell(events)
    return { folder: run }
  }
  return {
    asked,
    on: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    start: (options) => {
      asked.start = options
      return begin()
    },
    resume: ({ runFolder }) => {
      asked.resumed = runFolder
      return begin()
    },
    stop: async () => {
      asked.stops++
      await tell(whenStopped)
    },
    close: async () => {
      asked.closed++
    },
  }
}
