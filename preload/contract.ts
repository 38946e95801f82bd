/**
 * The seam: everything that crosses between the app and what shows it, declared once.
 * Schemas are zod's; types are inferred from them; the receiving side validates.
 */
import { z } from 'zod'
import { phases } from './life'
import { epochMetrics, lossParts, stepMetrics } from './metrics'
import { modelCard } from './models/card'
import { question, tiles, type AnswerTo, type Question } from './questions'

export * from './metrics'
export * from './models/card'
export * from './questions'

const count = (min: number, max: number) => z.int().min(min).max(max)

/** The ways to compute. `onnx-…`: compiled, run by ONNX Runtime; `tfjs-…`: kernel by kernel. */
export const engineName = z.enum(['onnx-cpu', 'onnx-cuda', 'onnx-webgpu', 'onnx-directml', 'tfjs-node', 'tfjs-cpu'])
export type EngineName = z.infer<typeof engineName>

/** The settings a run is a function of (models.md §1). Changing any of them gives another run. */
export const runSettings = z.strictObject({
  model: z.literal('ladder').default('ladder'),
  /** `label`: p(z2|y) and p(z1|z2,y) depend on the digit's class. `none`: p(z2) = N(0, I), p(z1|z2). */
  condition: z.enum(['label', 'none']).default('label'),
  epochs: count(1, 10_000).default(30),
  /** Images a step. */
  batch: count(1, 4096).default(128),
  /** Adam's learning rate. */
  learningRate: z.number().positive().max(1).default(1e-3),
  /**
   * Epochs over which the KL weight rises linearly from 0 to 1, counted in steps, with those behind a checkpoint that the
   * run was continued from; 0: weight 1 from the start.
   */
  klWarmup: z.number().min(0).max(10_000).default(10),
  seed: count(0, 2 ** 32 - 1).default(0),
  /**
   * Data-parallel lanes (one thread each). Part of the settings: gradients are summed lane by lane. 0: one for each
   * core, at most 8; run.json says how many that was.
   */
  lanes: count(0, 64).default(0),
  /** Train on the first N images only; 0: all. */
  limit: count(0, 100_000_000).default(0),
  /** What computes; `auto`: the fastest of this machine. run.json says which it was, and the run goes on with that. */
  engine: z.enum(['auto', ...engineName.options]).default('auto'),
})
export type RunSettings = z.infer<typeof runSettings>

/** `interrupted`: its process ended without a word; found out when the run is next looked at. */
export const runStatus = z.enum(['training', 'paused', 'stopped', 'interrupted', 'done', 'failed'])
export type RunStatus = z.infer<typeof runStatus>

/** An AppError as data (errors.ts). */
export const errorData = z.object({
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
  details: z.string().optional(),
})

/** run.json: what a run is, and how it stands. Everything else about it is in the files beside it. */
export const runFile = z.object({
  format: z.literal(1),
  /** What a person calls it; the folder's name is `<date>-<time>-<name>`. */
  name: z.string(),
  status: runStatus,
  settings: runSettings,
  /** What it was continued from. */
  from: z
    .object({
      /** The checkpoint that its first weights came from: the run folder's name, and the epoch. */
      run: z.string(),
      epoch: z.int(),
      /**
       * Epochs behind those weights: the KL warm-up, the order of the images and the noise go on after them. 0 in runs of
       * version 0.1, where they began anew.
       */
      epochs: z.int().min(0).default(0),
      /** Steps that the moments have seen that Adam goes on with; 0: they begin anew. */
      optimizerSteps: z.int().min(0).default(0),
    })
    .nullable()
    .default(null),
  data: z.object({
    name: z.string(),
    folder: z.string(),
    /** It is the set that comes with the app, wherever that is installed. */
    bundled: z.boolean(),
    /** SHA-256 over the four files, hex: the run goes on with exactly this data. */
    fingerprint: z.string(),
    trainImages: z.int(),
    testImages: z.int(),
  }),
  engine: z.object({ name: z.string(), device: z.string() }),
  versions: z.record(z.string(), z.string()),
  startedAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** The last finished epoch, −1 before epoch 0 is there; and the last saved step. */
  epoch: z.int().min(-1),
  step: z.int().min(0),
  stepsPerEpoch: z.int().min(1),
  /** Test loss (−ELBO, nats per image) of each finished epoch from 0, which has none. */
  curve: z.array(z.number().nullable()),
  /** Why the run stands still, when its status is `failed`. */
  problem: errorData.nullable(),
})
export type RunFile = z.infer<typeof runFile>

/** Where the run is in its life, see ./life. */
export const phase = z.enum(phases)

/** Everything that a training run tells. `run` is the absolute path of its folder. */
export const trainerEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('state'), state: phase, run: z.string().nullable() }),
  /** The run is open: training follows. `resumed`: from `step`; otherwise it is new, and `step` is 0. */
  z.object({
    type: z.literal('started'),
    run: z.string(),
    resumed: z.boolean(),
    step: z.int(),
    epoch: z.int(),
    stepsPerEpoch: z.int(),
    totalSteps: z.int(),
    file: runFile,
  }),
  /** Over the last second or so of training. */
  stepMetrics.extend({ run: z.string(), imagesPerSecond: z.number() }),
  /** `imagesPerSecond`: training images over the epoch's training time; null for epoch 0. */
  epochMetrics.extend({ run: z.string(), imagesPerSecond: z.number().nullable() }),
  z.object({ type: z.literal('gallery'), run: z.string(), epoch: z.int(), samples: z.string(), recon: z.string() }),
  /** What the model draws within its first epoch, as grey levels: [80, 784], and [16, 784], originals above. */
  z.object({
    type: z.literal('sketch'),
    run: z.string(),
    step: z.int(),
    samples: z.instanceof(Uint8Array<ArrayBufferLike>),
    reconstructions: z.instanceof(Uint8Array<ArrayBufferLike>),
  }),
  z.object({ type: z.literal('checkpoint'), run: z.string(), epoch: z.int(), file: z.string() }),
  /** Training can go on exactly from here. */
  z.object({ type: z.literal('saved'), run: z.string(), step: z.int() }),
  /** Long work that is not steps. `done` of `total`, in units of the task's own. */
  z.object({
    type: z.literal('progress'),
    run: z.string().nullable(),
    task: z.enum(['data', 'engine', 'evaluate', 'gallery', 'save', 'sample']),
    done: z.number(),
    total: z.number(),
  }),
  /** Something a person should know that stops nothing: another engine than the run began on. */
  z.object({ type: z.literal('notice'), run: z.string().nullable(), message: z.string() }),
  /**
   * Training stands still. `waits`: until what is wrong is mended (a full disk); else the run has ended.
   * `resumable`: from the last saved step.
   */
  z.object({
    type: z.literal('failure'),
    run: z.string().nullable(),
    error: errorData,
    resumable: z.boolean(),
    waits: z.boolean(),
  }),
  /** The run has ended. `test`: of the last finished epoch that has one. `imagesPerSecond`: over all training since it was opened. */
  z.object({
    type: z.literal('done'),
    run: z.string(),
    status: z.enum(['done', 'stopped']),
    epoch: z.int(),
    step: z.int(),
    test: lossParts.nullable(),
    imagesPerSecond: z.number().nullable(),
  }),
])
export type TrainerEvent = z.infer<typeof trainerEvent>

/* ————— What the page is shown ————— */

/**
 * A run's folder name inside the result folder. Never a path: without separators, and never `..` or hidden. On Windows
 * the app takes even fewer (main/runs/ids.ts).
 */
export const runId = z
  .string()
  .max(255)
  // oxlint-disable-next-line no-control-regex
  .regex(/^(?!\.)[^/\0]+$/, 'is not the name of a run')
export type RunId = z.infer<typeof runId>

/** What a person calls a run: a line of text. */
export const runName = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u, 'is not a line of text')

const epochNumber = count(0, 1_000_000)

/** What the app itself is, for the header, the About box and what the page may offer. */
export const appInfo = z.object({
  name: z.string(),
  version: z.string(),
  door: z.enum(['window', 'tab', 'terminal']),
  /** Node's platform name: `linux`, `darwin`, `win32`. */
  platform: z.string(),
  /** Versions of what runs below, by name: `node`, `onnxruntime`, … */
  versions: z.record(z.string(), z.string()),
  can: z.object({
    /** There is a native folder dialog: `chooseFolder` works. Without it, offer a field for a path. */
    chooseFolder: z.boolean(),
    /** There is a file manager: `reveal` works. Without it, show the path. */
    reveal: z.boolean(),
  }),
})
export type AppInfo = z.infer<typeof appInfo>

/** Folders that the app keeps things in. */
export const ownFolder = z.enum(['results', 'settings'])
export type OwnFolder = z.infer<typeof ownFolder>

/** What the app tells of itself when it is asked to. */
export const about = z.object({
  folders: z.object({
    /** Absolute path; it may not exist yet. */
    results: z.string(),
    /** Of the settings and the log; null where they cannot be kept. */
    settings: z.string().nullable(),
  }),
  /** The host that is asked for new versions; null: nobody is. */
  updates: z.string().nullable(),
  /** It is an installed app, which brings the licences of all that it is made of. */
  licences: z.boolean(),
})
export type About = z.infer<typeof about>

/** What is being trained, as of now. Sent whole on every change, so a lost event costs nothing. */
export const trainingState = z.object({
  /** The run that trains or trained last since the start of the app; null before the first. */
  run: runId.nullable(),
  phase,
  /** The epoch under way, from 1; 0 while epoch 0's pictures are drawn. */
  epoch: z.int(),
  epochs: z.int(),
  /** Steps done in the whole run. */
  step: z.int(),
  /** Steps of the whole run; 0 until it is known. */
  steps: z.int(),
  /** The step, of the first epoch, that the newest `sketch` is of; null: there is none. */
  sketched: z.int().nullable(),
  /** Training speed over the last seconds, images per second; null until measured. */
  imagesPerSecond: z.number().nullable(),
  /** Until the last epoch is done, in seconds; null until known, or while paused. */
  secondsLeft: z.number().nullable(),
  /** The engine and the device that really compute: `onnx-cpu`, `CPU, 2 lanes`; null before the start. */
  engine: z.string().nullable(),
  device: z.string().nullable(),
  /** What it does when it does not compute steps: reading the data, testing, drawing. `progress`: 0 to 1. */
  work: z.object({ title: z.string(), progress: z.number().nullable() }).nullable(),
  /** Why it failed, or what it waits for (a full disk); null while all is well. */
  problem: errorData.nullable(),
})
export type TrainingState = z.infer<typeof trainingState>

/** Nothing has trained since the app started. */
export const idleTraining: TrainingState = {
  run: null,
  phase: 'idle',
  epoch: 0,
  epochs: 0,
  step: 0,
  steps: 0,
  sketched: null,
  imagesPerSecond: null,
  secondsLeft: null,
  engine: null,
  device: null,
  work: null,
  problem: null,
}

/** The folder that the runs are in: its absolute path, and why they cannot be listed, when they cannot. */
export const resultFolder = z.object({ path: z.string(), problem: errorData.nullable() })
export type ResultFolder = z.infer<typeof resultFolder>

/** One run of the result folder, enough for a list. */
export const runSummary = z.object({
  id: runId,
  /** The name a person gave it, or the one it was born with. */
  name: z.string(),
  status: runStatus,
  settings: runSettings,
  /** ISO 8601. */
  startedAt: z.string(),
  /** Where it was continued from. */
  from: z.object({ run: runId, epoch: epochNumber, epochs: epochNumber.default(0) }).nullable(),
  engine: z.string().nullable(),
  device: z.string().nullable(),
  /** The name of the data set, and its SHA-256. */
  data: z.object({ name: z.string(), fingerprint: z.string() }).nullable(),
  /** The last finished epoch; −1 before epoch 0 is there. */
  epoch: z.int().min(-1),
  /** Test loss (−ELBO, nats per image) by epoch from 0: the small curve. Missing epochs are null. */
  curve: z.array(z.number().nullable()),
  /** The epoch with the lowest test loss. */
  best: z.object({ epoch: epochNumber, loss: z.number() }).nullable(),
  /** It can go on where it stopped. */
  resumable: z.boolean(),
  /** What is wrong with its folder, when something is. */
  problem: errorData.nullable(),
})
export type RunSummary = z.infer<typeof runSummary>

/** A run that was deleted, or with `epoch` one checkpoint of it: `restore` takes it back until the app is closed. */
export const removed = z.object({ run: runId, epoch: epochNumber.nullable(), name: z.string() })
export type Removed = z.infer<typeof removed>

/** One checkpoint of a run: its weights after an epoch. */
export const checkpoint = z.object({
  epoch: epochNumber,
  /** As measured then; null when metrics.jsonl has no line for this epoch. */
  metrics: epochMetrics.nullable(),
  /** Size of the file. */
  bytes: z.number(),
  /** When it was written, ISO 8601. */
  savedAt: z.string(),
  /** Why its file cannot be used, where it is not whole. */
  problem: errorData.nullable(),
  /** Of those that can be used. */
  best: z.boolean(),
  /** Adam's moments of that time are kept: a run that is continued from here goes on with them. */
  optimizer: z.boolean(),
})
export type Checkpoint = z.infer<typeof checkpoint>

/** Training steps as columns, all of length n, row i = one point. Decimated points are means of `stride` lines. */
export const stepColumns = z.object({
  /** Steps done when the point's last line was logged, from 1. */
  step: z.instanceof(Int32Array),
  /** Epochs done by then, with fraction: the x axis that the timeline shares. */
  epoch: z.instanceof(Float32Array),
  /** Of every number that the lines hold: the loss and its parts, the objective, the scalars. NaN: not measured. */
  values: z.record(z.string(), z.instanceof(Float32Array)),
})
export type StepColumns = z.infer<typeof stepColumns>

/**
 * A stretch of a run's metrics. `from` and `to` are sequence numbers: they count the lines of the run's metrics.
 * Holding everything before `from`, the page appends; holding more, it drops what it has from `from` on
 * (a resumed run goes back to its last saved step); holding less, it asks `history` for the gap.
 */
export const metricsSpan = z.object({
  run: runId,
  from: z.int(),
  to: z.int(),
  steps: stepColumns,
  epochs: z.array(epochMetrics),
})
export type MetricsSpan = z.infer<typeof metricsSpan>

/** What a folder with MNIST in it holds. */
export const dataReport = z.object({
  /** `MNIST (bundled)`, or the folder's name. */
  name: z.string(),
  folder: z.string(),
  bundled: z.boolean(),
  /** The names of the four files. */
  files: z.array(z.string()),
  /** What is unusual, but can be trained on: a sentence each. */
  notes: z.array(z.string()),
  /** SHA-256 of the unzipped files, hex. */
  fingerprint: z.string(),
  train: z.object({ count: z.int(), histogram: z.array(z.int()).length(10) }),
  test: z.object({ count: z.int(), histogram: z.array(z.int()).length(10) }),
})
export type DataReport = z.infer<typeof dataReport>

/** A way to compute a step on this machine. */
export const engineInfo = z.object({
  name: engineName,
  /** For a person: `ONNX Runtime on the CPU`. */
  title: z.string(),
  usable: z.boolean(),
  /** What it really computes on, when usable: `CPU, 2 lanes`. */
  device: z.string().nullable(),
  /** `auto` may take it: it computes on a real GPU, or it is the compiled one on the CPU. */
  automatic: z.boolean(),
  /** Why it is not usable, or does not use the GPU that is there; and what to do about it. */
  problem: errorData.nullable(),
  /** Measured here, images per second: over the last run with it, or by a short trial; null if it never was. */
  imagesPerSecond: z.number().nullable(),
})
export type EngineInfo = z.infer<typeof engineInfo>

const settingFields = {
  /** What the next run starts with. */
  run: runSettings,
  /** Absolute path of a folder in MNIST's format; null: the bundled set. */
  dataFolder: z.string().max(4096).nullable(),
  /** Absolute path of the folder that runs are written to; null: the app's own. */
  resultFolder: z.string().max(4096).nullable(),
  theme: z.enum(['system', 'light', 'dark']),
  /** A note of the system when a run ends (window only). */
  notify: z.boolean(),
  /** Where the next run trains: in a thread of the app, or in a process whose crash leaves the app up. */
  trainer: z.enum(['thread', 'process']),
}
const measuredSpeeds = z.record(z.string().max(100), z.number().positive())
const cutShort = z.object({
  /** The folder of the run that trains in a thread of the app. */
  run: z.string().max(4096).nullable(),
  times: count(0, 1_000_000),
})

/** Everything a person sets, kept between starts. Each field has a default; the app starts with no file at all. */
export const appSettings = z.strictObject({
  run: settingFields.run.default(runSettings.parse({})),
  dataFolder: settingFields.dataFolder.default(null),
  resultFolder: settingFields.resultFolder.default(null),
  theme: settingFields.theme.default('system'),
  notify: settingFields.notify.default(true),
  trainer: settingFields.trainer.default('thread'),
  /** Not set but measured: images per second of the last run, by engine. */
  speeds: measuredSpeeds.default({}),
  /** Not set but counted: how often the app ended while it trained in a thread, since a run came to its end there. */
  cutShort: cutShort.default({ run: null, times: 0 }),
})
export type AppSettings = z.infer<typeof appSettings>

/** Long work that shows progress and can be stopped with `cancel`. Sent whole on every change. */
export const task = z.object({
  /** The id that the caller chose. */
  id: z.string(),
  /** What is being done, for a person: `Evaluating epoch 12`. */
  title: z.string(),
  /** 0 to 1; null while unknown. */
  progress: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  /** The last event of a task: it is over, whichever way; the call itself says how. */
  ended: z.boolean(),
})
export type Task = z.infer<typeof task>

/** What a page needs at first sight, and after it was cut off. */
export const snapshot = z.object({
  app: appInfo,
  /** By the name that a run's settings have. */
  models: z.record(z.string(), modelCard),
  settings: appSettings,
  training: trainingState,
  resultFolder,
  runs: z.array(runSummary),
  removed: z.array(removed),
  tasks: z.array(task),
  /** What a person should know once: a settings file set aside, an engine that fell back. Newest last. */
  notices: z.array(errorData),
})
export type Snapshot = z.infer<typeof snapshot>

/* ————— Calls: page → app ————— */

const nothing = z.strictObject({}).default({})
/** Chosen by the caller, so that it can cancel before an answer comes. */
const taskId = z.string().min(1).max(100)
const atEpoch = { run: runId, epoch: epochNumber }
const call = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({ input, output })
const done = z.void()

/** Every call: one object in, one value out. It rejects with an AppError. */
export const calls = {
  /** All that the page shows at first. Called at each connection; the events after it bring the rest. */
  snapshot: call(nothing, snapshot),
  /** A sign of life, asked for by a page whose connection can die without a word. */
  ping: call(nothing, done),

  /**
   * A run's metrics from sequence number `since` (0: from the start) to now, at most `points` step points:
   * neighbours beyond that are averaged. Epoch lines are never thinned out.
   */
  history: call(
    z.strictObject({ run: runId, since: count(0, 2 ** 31).default(0), points: count(10, 100_000).default(4000) }),
    metricsSpan,
  ),

  /** Starts a new run with these settings, or continues from a checkpoint as a new run. Gives its id. */
  start: call(
    z.strictObject({
      settings: runSettings.optional(),
      name: runName.optional(),
      /** Begin with this checkpoint's weights; `settings` then default to that run's. */
      from: z.strictObject(atEpoch).optional(),
    }),
    runId,
  ),
  /** After the step under way. Returns when no step is running any more. */
  pause: call(nothing, done),
  /** Goes on with the paused run, or with any resumable one. */
  resume: call(z.strictObject({ run: runId.optional() }).default({}), done),
  /** Saves and ends the run; it stays resumable. */
  stop: call(nothing, done),

  /** The run's checkpoints, by epoch. */
  checkpoints: call(z.strictObject({ run: runId }), z.array(checkpoint)),
  /** Gives a run another name; its folder keeps its own. */
  rename: call(z.strictObject({ run: runId, name: runName }), done),
  /** Puts a run, or with `epoch` one checkpoint of it, aside. `restore` takes it back until the app is closed. */
  remove: call(z.strictObject({ run: runId, epoch: epochNumber.optional() }), done),
  /** Gives the run's id: another one where a new run has taken its folder's name meanwhile. */
  restore: call(z.strictObject({ run: runId, epoch: epochNumber.optional() }), runId),

  /**
   * What an epoch drew. `samples`: 10 rows (classes 0–9) of 8, the same noise every epoch.
   * `reconstructions`: 2 rows of 8, test images above what came back of them, the same eight every epoch.
   */
  picture: call(z.strictObject({ ...atEpoch, kind: z.enum(['samples', 'reconstructions']) }), tiles),
  /** What the run that trains drew last within its first epoch: as `picture`, and changing. Else `run/no-picture`. */
  sketch: call(z.strictObject({ run: runId, kind: z.enum(['samples', 'reconstructions']) }), tiles),
  /** Asks something of a checkpoint: see questions.ts, which also says what comes back. */
  ask: call(z.strictObject({ ...atEpoch, task: taskId, question }), z.unknown()),

  /** What is in a data folder; null: the bundled set; without: the one in the settings. Problems come as errors. */
  data: call(z.strictObject({ task: taskId, folder: z.string().max(4096).nullable().optional() }), dataReport),
  /** Keeps with the run that its data is in this folder now, if it is the same data. */
  locateData: call(z.strictObject({ run: runId, task: taskId, folder: z.string().min(1).max(4096) }), done),
  /** `count` images of the folder that `data` looked at last, from index `from`: a wall of one row. */
  digits: call(
    z.strictObject({ split: z.enum(['train', 'test']), from: count(0, 100_000_000), count: count(1, 2000) }),
    tiles,
  ),

  /** Changes these fields, and gives the whole. `run` is replaced as one. */
  changeSettings: call(z.strictObject(settingFields).partial(), appSettings),
  /** Puts these fields back to their defaults; without `fields` all of them. */
  resetSettings: call(z.strictObject({ fields: z.array(appSettings.keyof()).optional() }).default({}), appSettings),

  /** The ways to compute, the preferred one first. */
  engines: call(nothing, z.array(engineInfo)),

  about: call(nothing, about),
  /** The licences of all that the installed app is made of, as a text. From its sources: `about/no-licences`. */
  licences: call(nothing, z.string()),
  /** Opens a folder of the app's own in the file manager; where there is none, only gives its path. */
  showFolder: call(z.strictObject({ folder: ownFolder }), z.string()),

  /** Versions, machine, engines and last errors as a text for a report, without names and paths of the person's. */
  diagnostics: call(nothing, z.string()),

  /** The folder dialog; null: cancelled. The path is only returned; `changeSettings` makes use of it. */
  chooseFolder: call(z.strictObject({ purpose: z.enum(['data', 'result']) }), z.string().nullable()),
  /** Shows a run's folder, or a checkpoint's file, in the file manager; where there is none, only gives its path. */
  reveal: call(z.strictObject({ run: runId, epoch: epochNumber.optional() }), z.string()),

  /** Stops long work; its call rejects with the code `cancelled`. Unknown ids are no error: it may have just ended. */
  cancel: call(z.strictObject({ task: taskId }), done),
}

/** The calls as the caller sees them. */
export type Calls = {
  [Name in Exclude<keyof typeof calls, 'ask'>]: (
    input: z.input<(typeof calls)[Name]['input']>,
  ) => Promise<z.output<(typeof calls)[Name]['output']>>
} & { ask: Ask }
/** What it answers depends on what is asked. */
export type Ask = <Q extends Question>(
  input: Omit<z.input<(typeof calls)['ask']['input']>, 'question'> & { question: Q },
) => Promise<AnswerTo<Q>>
/** The calls as their implementation sees them: input checked, defaults filled in. */
export type CallHandlers = {
  [Name in keyof typeof calls]: (
    input: z.output<(typeof calls)[Name]['input']>,
  ) => Promise<z.output<(typeof calls)[Name]['output']>>
}

/* ————— Events: app → page, at most ten times a second, several at once ————— */

export const appEvent = z.discriminatedUnion('type', [
  /** The state of the training, whole. */
  z.object({ type: z.literal('training'), training: trainingState }),
  /** New metrics of the run that trains. */
  z.object({ type: z.literal('metrics'), span: metricsSpan }),
  /** Runs that are new or changed, and ids of those that are gone. A new epoch's picture is there when its run comes. */
  z.object({ type: z.literal('runs'), changed: z.array(runSummary), gone: z.array(runId) }),
  /** Another result folder, or how the one in use can be read now. */
  z.object({ type: z.literal('resultFolder'), resultFolder }),
  /** What was deleted and can be taken back. Sent whole on every change. */
  z.object({ type: z.literal('removed'), removed: z.array(removed) }),
  /** Long work: started, went on, ended. */
  z.object({ type: z.literal('task'), task }),
  /** Settings were changed, here or in another tab. */
  z.object({ type: z.literal('settings'), settings: appSettings }),
  /** A person has chosen a folder for data outside the page: it is to be tried. */
  z.object({ type: z.literal('dataChosen'), folder: z.string() }),
  /** Something a person should know. */
  z.object({ type: z.literal('notice'), notice: errorData }),
  /** The person has asked for About in the window's menu. */
  z.object({ type: z.literal('about') }),
])
export type AppEvent = z.infer<typeof appEvent>

/** What the page offers to the app. */
export interface PageHandlers {
  events(batch: AppEvent[]): void
}

/** What the window's preload puts on `window.vlae`; absent in the tab. The port itself comes as a window message. */
export interface WindowBridge {
  /** Asks for a connection: answered by a message event with data `vlae-port` and one MessagePort. */
  connect(): void
  /** The path of a file or folder that was dropped on the page. */
  pathOf(file: File): string
}
