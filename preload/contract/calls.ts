/** Calls: page → app. */
import { z } from 'zod'
import { about, appInfo, notice, ownFolder, task } from './app'
import { count, epochNumber, modelId, runId, runName, runTag } from './common'
import { dataReport } from './data'
import { engineInfo } from './engines'
import { savedCode } from './explore'
import { announcedFile, foundWeights, givenFile, imported, uploadId, uploadPiece } from './files'
import { metricsSpan } from './metrics'
import { pictureKind, tiles } from './pictures'
import { type AnswerTo, type Question, question } from './questions'
import { longestQueue, mostQueuedAtOnce, plannedRun, runQueue } from './queue'
import { runSettings } from './run-settings'
import { checkpoint, removed, resultFolder, runFormats, runNotes, runSummary, taken } from './runs'
import { appSettings, settingFields } from './settings'
import { trainingState } from './training'

/** What a page needs at first sight, and after it was cut off. */
export const snapshot = z.object({
  app: appInfo,
  settings: appSettings,
  training: trainingState,
  resultFolder,
  runs: z.array(runSummary),
  /** The model that comes with the app, as if it were a run; null: none does. Only `ask` and `history` know its id. */
  shipped: runSummary.extend({ id: modelId }).nullable(),
  removed: z.array(removed),
  queue: runQueue,
  tasks: z.array(task),
  /** A settings file set aside, an engine that fell back: the last ones, the newest last. */
  notices: z.array(notice),
})
export type Snapshot = z.infer<typeof snapshot>

const nothing = z.strictObject({}).default({})

/** Chosen by the caller, so that it can cancel before an answer comes. */
const taskId = z.string().min(1).max(100)

const queueId = z.string().min(1).max(100)

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
    z.strictObject({ run: modelId, since: count(0, 2 ** 31).default(0), points: count(10, 100_000).default(4000) }),
    metricsSpan,
  ),

  /** Starts a new run with these settings, or continues from a checkpoint as a new run. Gives its id. */
  start: call(
    z.strictObject({
      settings: runSettings.optional(),
      name: runName.optional(),
      notes: runNotes.optional(),
      /** Begin with this checkpoint's weights; `settings` then default to that run's. Or with those of a file. */
      from: z.union([z.strictObject(atEpoch), z.strictObject({ file: givenFile })]).optional(),
      /** Begin as this run did: with its data, and its settings where no others are given. */
      like: runId.optional(),
    }),
    runId,
  ),
  /** After the step under way. Returns when no step is running any more. */
  pause: call(nothing, done),
  /** Goes on with the paused run, or with any resumable one. */
  resume: call(z.strictObject({ run: runId.optional() }).default({}), done),
  /** Saves and ends the run; it stays resumable. */
  stop: call(nothing, done),

  /**
   * Puts runs at the queue's end, with the data in use; with `like`, each is that run again with these settings: on its
   * data, and from the checkpoint that it began with. A queue that is not paused begins at once. Gives their ids.
   */
  enqueue: call(
    z.strictObject({
      runs: z.array(plannedRun).min(1).max(mostQueuedAtOnce),
      /** Their runs' tag. */
      group: runTag.nullable().default(null),
      like: runId.optional(),
    }),
    z.array(z.string()),
  ),
  /** Takes runs out of the queue. One that trains, trains on; what was begun stays among the runs. */
  dequeue: call(z.strictObject({ ids: z.array(queueId).max(mostQueuedAtOnce) }), done),
  /** Moves a waiting run to this place among those that wait; 0: it is next. */
  moveQueued: call(z.strictObject({ id: queueId, to: count(0, longestQueue) }), done),
  /** What trains goes on; no other begins after it. */
  pauseQueue: call(nothing, done),
  /** Begins with the next run as soon as none trains, also with those that could not be begun before. */
  continueQueue: call(nothing, done),

  /** The run's checkpoints, by epoch. */
  checkpoints: call(z.strictObject({ run: runId }), z.array(checkpoint)),
  /** Gives a run another name (its folder keeps its own), or notes something else of it: what is left out stays. */
  describe: call(
    z.strictObject({
      run: runId,
      name: runName.optional(),
      note: runNotes.shape.note.unwrap().optional(),
      tags: runNotes.shape.tags.unwrap().optional(),
      archived: z.boolean().optional(),
    }),
    done,
  ),
  /** Puts a run, or with `epoch` one checkpoint of it, aside. `restore` takes it back until the app is closed. */
  remove: call(z.strictObject({ run: runId, epoch: epochNumber.optional() }), done),
  /** Gives the run's id: another one where a new run has taken its folder's name meanwhile. */
  restore: call(z.strictObject({ run: runId, epoch: epochNumber.optional() }), runId),

  /**
   * What an epoch drew. `samples`: 10 rows (classes 0–9) of 8, the same noise every epoch.
   * `reconstructions`: rows of 8, test images above what came back of them, a row a decoding; the same eight every epoch.
   */
  picture: call(z.strictObject({ ...atEpoch, kind: pictureKind }), tiles),
  /** What the run that trains drew last within its first epoch: as `picture`, and changing. Else `run/no-picture`. */
  sketch: call(z.strictObject({ run: runId, kind: pictureKind }), tiles),
  /** The run as a file to take along, piece by piece; with `epoch`, of `zip`, that checkpoint alone. */
  takeAlong: call(
    z.strictObject({
      run: runId,
      format: z.enum(runFormats),
      piece: count(0, 100_000).default(0),
      epoch: epochNumber.optional(),
    }),
    taken,
  ),
  /** The codes that were saved of a run, the newest last; the same after one is saved (or put in the place of that with its id), or dropped. */
  savedCodes: call(z.strictObject({ run: runId }), z.array(savedCode)),
  saveCode: call(z.strictObject({ run: runId, code: savedCode }), z.array(savedCode)),
  dropCode: call(z.strictObject({ run: runId, id: savedCode.shape.id }), z.array(savedCode)),
  /** Hands a file over, piece by piece; it is kept until it is dropped, or the page goes. Gives what it is called then. */
  beginUpload: call(announcedFile, uploadId),
  /** The next piece: it is written when this answers. */
  addToUpload: call(uploadPiece, done),
  dropUpload: call(z.strictObject({ upload: uploadId }), done),
  /** Takes a run in that was packed elsewhere: as a new one, nothing is overwritten. */
  importRun: call(z.strictObject({ task: taskId, file: givenFile }), imported),
  /** What weights from elsewhere tell of themselves, to begin with them. */
  lookAtWeights: call(z.strictObject({ file: givenFile }), foundWeights),
  /** Asks something of a checkpoint: see ./questions, which also says what comes back. */
  ask: call(z.strictObject({ ...atEpoch, run: modelId, task: taskId, question }), z.unknown()),

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
