/**
 * Staging: hidden folders beside the runs, for what is on its way in, each with which process put it there. No list shows
 * them; what a process has left that was killed is swept by a later one of the same computer.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeAtomic } from '../files/atomic'
import { diskError } from '../files/disk-error'
import { makeFolder } from '../files/make-folder'
import { isAlive, owner, thisProcess } from '../files/owner'
import { readText } from '../files/text'

const prefix = '.vlae-import-'
const recordName = 'import.json'
const record = z.object({ app: z.literal('vlae-studio'), format: z.literal(1), owner })

/** @returns the absolute path of an empty folder, in one of its own @throws AppError `disk/…` */
export async function makeStage(results: string): Promise<string> {
  try {
    await makeFolder(results)
    const place = await mkdtemp(join(results, prefix))
    const content: z.infer<typeof record> = { app: 'vlae-studio', format: 1, owner: await thisProcess() }
    await writeAtomic(join(place, recordName), `${JSON.stringify(content)}\n`)
    const stage = join(place, 'content')
    await makeFolder(stage)
    return stage
  } catch (error) {
    throw diskError(error, 'made', results)
  }
}

/** Deletes it with all that is left in it. Never rejects. */
export async function dropStage(stage: string): Promise<void> {
  await remove(join(stage, '..'))
}

/** Deletes what processes have left that are gone. Never rejects. */
export async function sweepStages(results: string): Promise<void> {
  const entries = await readdir(results, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    if (!entry.isDirectory() || !entry.name.startsWith(prefix)) continue
    const place = join(results, entry.name)
    const by = await ownerOf(place)
    if (by !== null && (await isAlive(by)) === 'gone') await remove(place)
  }
}

/** The record goes last: where not all can be deleted now, a later process tries again. */
async function remove(place: string): Promise<void> {
  try {
    await rm(join(place, 'content'), { recursive: true, force: true })
    await rm(place, { recursive: true, force: true })
  } catch {
    return
  }
}

async function ownerOf(place: string): Promise<z.infer<typeof owner> | null> {
  try {
    return record.parse(JSON.parse(await readText(join(place, recordName)))).owner
  } catch {
    return null
  }
}
