/** Which folders of a result folder can be runs, by their names. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { runId, type RunId } from '../../preload/contract'
import { soon } from '../files/soon'

/** Milliseconds for what a link leads to: a network disk that is gone may never answer. */
const patience = 2000

/** Names that Windows gives to devices, with any ending. */
const device = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)/i

/** Whether a text names a folder in the result folder, and nothing else: no path, no stream, no device. */
export function isRunId(name: string, platform: NodeJS.Platform = process.platform): boolean {
  if (!runId.safeParse(name).success) return false
  // oxlint-disable-next-line no-control-regex
  return platform !== 'win32' || !(/[\\:*?"<>|\u0000-\u001f]|[. ]$/.test(name) || device.test(name))
}

/** The names of the folders that can be runs, also of those that a link leads to. @throws the file system's error */
export async function runIds(resultFolder: string): Promise<RunId[]> {
  const entries = await readdir(resultFolder, { withFileTypes: true })
  const folders = await Promise.all(
    entries.map(async (entry) => {
      if (!isRunId(entry.name)) return []
      const is = entry.isSymbolicLink() ? await leadsToFolder(join(resultFolder, entry.name)) : entry.isDirectory()
      return is ? [entry.name] : []
    }),
  )
  return folders.flat()
}

/** Links that lead to a disk which has not answered yet. Each holds up one thread of the few that all files share. */
const unanswered = new Set<string>()

async function leadsToFolder(link: string): Promise<boolean> {
  if (unanswered.has(link)) return false
  unanswered.add(link)
  const answer = stat(link)
    .then(
      (found) => found.isDirectory(),
      // a broken link, one that leads back to itself, or to where one may not look
      () => false,
    )
    .finally(() => unanswered.delete(link))
  return soon(answer, patience, false)
}
