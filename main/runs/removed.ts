/**
 * What was removed, on disk: a folder beside where it was, with a record of what it holds and which process put it there.
 * Nothing without such a record is ever deleted, and nothing whose process may still live.
 */
import { lstat, readdir, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { writeAtomic } from '../files/atomic'
import { systemCode } from '../files/disk-error'
import { disk } from '../files/layer'
import { isAlive, owner, thisProcess, type Owner } from '../files/owner'
import { readText } from '../files/text'
import { isOwnName } from './names'

export const prefix = '.vlae-removed-'
const recordName = 'removed.json'

const plainName = z.string().refine((name) => basename(name) === name && !['', '.', '..', recordName].includes(name))
const record = z.object({
  app: z.literal('vlae-studio'),
  format: z.literal(1),
  /** What was removed together, from the folder that this one is in. */
  names: z.tuple([plainName], plainName),
  owner,
})
export type Names = z.infer<typeof record>['names']

/** `place`: the absolute path of the folder that holds these names. */
export interface Removal {
  readonly place: string
  readonly names: Names
}

/** Written before anything is moved there. @throws AppError `disk/…` */
export async function writeRecord({ place, names }: Removal): Promise<void> {
  const content: z.infer<typeof record> = { app: 'vlae-studio', format: 1, names, owner: await thisProcess() }
  await writeAtomic(join(place, recordName), `${JSON.stringify(content)}\n`)
}

/** Deletes what was put aside in a folder by processes that are gone: nobody can take it back any more. */
export async function sweep(folder: string): Promise<void> {
  await destroyAll(folder, async (by) => (await isAlive(by)) === 'gone')
}

/** @param whose whether what a process has put aside is to go */
async function destroyAll(folder: string, whose: (by: Owner) => Promise<boolean>): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    if (!entry.isDirectory() || !entry.name.startsWith(prefix)) continue
    const place = join(folder, entry.name)
    const kept = await readRecord(place)
    if (kept !== null && (await whose(kept.owner))) await destroy({ place, names: kept.names })
  }
}

/** Whether another process that may still live has put this path aside, and so can take it back. Never rejects. */
export async function isHeldByOthers(path: string): Promise<boolean> {
  const [folder, me] = [dirname(path), await thisProcess()]
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(prefix)) continue
    const kept = await readRecord(join(folder, name))
    if (kept?.names[0] !== basename(path) || sameProcess(kept.owner, me)) continue
    if ((await isThere(join(folder, name, kept.names[0]))) && (await isAlive(kept.owner)) !== 'gone') return true
  }
  return false
}

async function readRecord(place: string): Promise<z.infer<typeof record> | null> {
  try {
    return record.parse(JSON.parse(await readText(join(place, recordName))))
  } catch {
    return null
  }
}

/** Deletes a removal for good. What cannot be deleted stays, with its record: the next app that closes tries again. */
export async function destroy({ place, names }: Removal): Promise<void> {
  try {
    if (!(await lstat(place)).isDirectory()) return
    for (const name of names) await destroyItem(join(place, name))
    await discard(place)
  } catch {
    return
  }
}

/** What lies in a run's folder and is not of the app goes back to where it was, in its folder. */
async function destroyItem(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null)
  if (found === null) return
  // of a link, the link only
  if (!found.isDirectory()) return rm(path)
  for (const entry of await readdir(path, { withFileTypes: true }))
    if (isOwnName(entry.name) && !entry.isDirectory()) await rm(join(path, entry.name), { force: true })
  const me = await thisProcess()
  await destroyAll(path, async (by) => sameProcess(by, me) || (await isAlive(by)) === 'gone')
  try {
    await rmdir(path)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw error
    await disk.rename(path, await freePath(join(dirname(dirname(path)), basename(path))))
  }
}

function sameProcess(a: Owner, b: Owner): boolean {
  return a.pid === b.pid && a.host === b.host && a.boot === b.boot && a.space === b.space && a.start === b.start
}

/** Without its record nothing in a place is deleted any more; it stays where anything is left in it. */
export async function discard(place: string): Promise<void> {
  await rm(join(place, recordName), { force: true }).catch(() => undefined)
  await rmdir(place).catch(() => undefined)
}

/** Whether there is anything of this path, and be it a broken link. Never rejects. */
export async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null
}

/** The path itself, or with `-2`, `-3` … what is free of these. */
export async function freePath(path: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const free = attempt === 1 ? path : `${path}-${attempt}`
    if (!(await isThere(free))) return free
  }
}
