/** What is being trained, as of now. */
import { z } from 'zod'
import { phases } from '../life'
import { errorData, runId } from './common'

/** Where the run is in its life, see preload/life.ts. */
export const phase = z.enum(phases)

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
