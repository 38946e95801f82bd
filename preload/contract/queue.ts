/** Runs that wait to be trained, one after another. */
import { z } from 'zod'
import { errorData, runId, runName, runTag } from './common'
import { runSettings } from './run-settings'

/** What a run of the queue is made of. */
export const plannedRun = z.strictObject({ name: runName, settings: runSettings })
export type PlannedRun = z.output<typeof plannedRun>

/** At most so many runs wait at a time. */
export const longestQueue = 1000

/** So many of them are put there, or taken out, by one call: that many of the longest names fit into a tab's message. */
export const mostQueuedAtOnce = 64

export const queuedRun = z.object({
  id: z.string().min(1).max(100),
  name: runName,
  settings: runSettings,
  /** The tag of its run: those that were queued together can be found by that. */
  group: runTag.nullable(),
  /** Its folder, from the moment on in which it is begun: it goes on from there. */
  run: runId.nullable(),
  /** Why it could not be begun. It is passed over until the queue is asked to go on. */
  problem: errorData.nullable(),
})
export type QueuedRun = z.infer<typeof queuedRun>

/** The queue of the result folder in use. Sent whole on every change. */
export const runQueue = z.object({
  /**
   * `works`: the next run starts when none trains; `paused`: until it is asked to go on; `elsewhere`: another app works it
   * off, or is about to.
   */
  state: z.enum(['works', 'paused', 'elsewhere']),
  /** The run of it that trains, or is being started. */
  current: z.string().nullable(),
  /** In their order, with the one that trains. */
  runs: z.array(queuedRun),
  /** Why it cannot be read or kept. */
  problem: errorData.nullable(),
})
export type RunQueueState = z.infer<typeof runQueue>
