/** The runs of the result folder, as the page is shown them, and their checkpoints. */
import { z } from 'zod'
import { classNames } from '../classes'
import { epochNumber, errorData, runId, runTag } from './common'
import { epochMetrics } from './metrics'
import { runSettings } from './run-settings'

/** `interrupted`: its process ended without a word; found out when the run is next looked at. */
export const runStatus = z.enum(['training', 'paused', 'stopped', 'interrupted', 'done', 'failed'])
export type RunStatus = z.infer<typeof runStatus>

/** The folder that the runs are in: its absolute path, and why they cannot be listed, when they cannot. */
export const resultFolder = z.object({ path: z.string(), problem: errorData.nullable() })
export type ResultFolder = z.infer<typeof resultFolder>

/** What a person has noted of a run beside its name. */
export const runNotes = z.object({
  /** A text of some lines. */
  note: z.string().max(4000).default(''),
  /** Each once. */
  tags: z
    .array(runTag)
    .max(20)
    .transform((tags) => [...new Set(tags)])
    .default([]),
  /** It is hidden where it is not asked for; nothing of it is deleted. */
  archived: z.boolean().default(false),
})
export type RunNotes = z.infer<typeof runNotes>

export const noNotes: RunNotes = { note: '', tags: [], archived: false }

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
  /** The name of the dataset, its SHA-256, and what a test image costs who knows only the mean of all, nats. */
  data: z
    .object({
      name: z.string(),
      fingerprint: z.string(),
      classes: classNames,
      meanPicture: z.number().optional(),
    })
    .nullable(),
  /** The last finished epoch; −1 before epoch 0 is there. */
  epoch: z.int().min(-1),
  /** Test loss (−ELBO, nats per image) by epoch from 0: the small curve. Missing epochs are null. */
  curve: z.array(z.number().nullable()),
  /** Seconds of computing steps until each epoch's end, from 0; none where they were not kept. */
  seconds: z.array(z.number()),
  /** Null: nothing is known of it. */
  stepsPerEpoch: z.int().nullable(),
  /** The epoch with the lowest test loss. */
  best: z.object({ epoch: epochNumber, loss: z.number() }).nullable(),
  /** It can go on where it stopped. */
  resumable: z.boolean(),
  /** What is wrong with its folder, when something is. */
  problem: errorData.nullable(),
  notes: runNotes,
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
  /** The optimizer's state of that time is kept: a run that is continued from here goes on with them. */
  optimizer: z.boolean(),
})
export type Checkpoint = z.infer<typeof checkpoint>

/** What a run can be taken along as: numbers of its epochs or steps, charts, a page about it, or all of it. */
export const runFormats = ['epochs', 'steps', 'charts', 'report', 'zip'] as const
export type RunFormat = (typeof runFormats)[number]

/** A piece of a file to take along. */
export const taken = z.object({
  /** Of the file. */
  name: z.string(),
  pieces: z.int().min(1),
  /** Pieces of the same state of the run have the same. */
  state: z.string(),
  bytes: z.instanceof(Uint8Array),
})
export type Taken = z.infer<typeof taken>
