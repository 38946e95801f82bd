/** Files that a person brings along: a run that was packed elsewhere, weights to begin with. */
import { z } from 'zod'
import { count, epochNumber, runId } from './common'
import { runSettings } from './run-settings'

/** What a person can bring, by how the file is called. */
export type Brought = 'run' | 'weights'

/** How the names of such files end. */
export const endingsOf: Readonly<Record<Brought, readonly string[]>> = {
  run: ['.zip'],
  weights: ['.pt', '.pth', '.safetensors'],
}

/** Null: neither of them. */
export function kindOfFile(name: string): Brought | null {
  const lower = name.toLowerCase()
  return (['run', 'weights'] as const).find((kind) => endingsOf[kind].some((end) => lower.endsWith(end))) ?? null
}

/**
 * Bytes of a file that is brought: of weights, which are read at once, fifty times what this app writes; of a run what a ZIP
 * archive of the plain kind can say, less room for its list.
 */
export const mostBrought: Readonly<Record<Brought, number>> = { run: 2 ** 32 - 2 ** 26, weights: 2 ** 30 }

/** The name of an upload, chosen by the app. */
export const uploadId = z.string().min(1).max(100)

/** Bytes of a piece of an upload: a tab's messages have at most 64 KiB. */
export const pieceOfUpload = 60_000

/** A file: handed over before, or by its absolute path where a page knows that. */
export const givenFile = z.union([
  z.strictObject({ upload: uploadId }),
  z.strictObject({ path: z.string().min(1).max(4096) }),
])
export type GivenFile = z.infer<typeof givenFile>

/** Of a file that is to be handed over. */
export const announcedFile = z.strictObject({ name: z.string().min(1).max(1000), size: count(0, 2 ** 50) })

export const uploadPiece = z.strictObject({
  upload: uploadId,
  /** The place of the first byte: pieces come one behind the other. */
  at: count(0, mostBrought.run),
  bytes: z.instanceof(Uint8Array).refine(({ length }) => length <= pieceOfUpload, 'too long'),
})

/** What came of taking a run in. */
export const imported = z.object({
  run: runId,
  /** What it is called. */
  name: z.string(),
  /** Files of the archive that are none of a run's, and were left out. */
  left: z.array(z.string()),
})
export type Imported = z.infer<typeof imported>

/** What a file of weights says of itself. */
export const foundWeights = z.object({
  name: z.string(),
  /** What training would begin with: what the file tells, and for the rest what is set. */
  settings: runSettings,
  /** The names of those that the file tells. */
  told: z.array(z.string()),
  /** Epochs that they were trained for; null: the file does not say. */
  epoch: epochNumber.nullable(),
  /** Steps of the optimizer whose state is in it; null: there is none. */
  optimizerSteps: z.number().nullable(),
  /** Why there is none that can be gone on with, where there is something of one: a part of a sentence. */
  without: z.string().nullable(),
})
export type FoundWeights = z.infer<typeof foundWeights>
