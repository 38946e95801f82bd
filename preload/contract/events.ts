/** Events: app → page, at most ten times a second, several at once. */
import { z } from 'zod'
import { notice, task } from './app'
import { runId } from './common'
import { metricsSpan } from './metrics'
import { runQueue } from './queue'
import { removed, resultFolder, runSummary } from './runs'
import { appSettings } from './settings'
import { trainingState } from './training'

const appEvent = z.discriminatedUnion('type', [
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
  /** The runs that wait, and how that stands. */
  z.object({ type: z.literal('queue'), queue: runQueue }),
  /** Long work: started, went on, ended. */
  z.object({ type: z.literal('task'), task }),
  /** Settings were changed, here or in another tab. */
  z.object({ type: z.literal('settings'), settings: appSettings }),
  /** A person has chosen a folder for data outside the page: it is to be tried. */
  z.object({ type: z.literal('dataChosen'), folder: z.string() }),
  /** Something a person should know. */
  z.object({ type: z.literal('notice'), notice }),
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
