/** `report`: a run as one page that stands alone. */
import { basename, dirname, resolve } from 'node:path'
import { version } from '../../package.json'
import { makeFolder } from '../files/make-folder'
import { defaultResultFolder, findRunFolder } from './run-names'
import { exitCode, print, printJson, type Terminal } from './terminal'

export async function reportPage(
  terminal: Terminal,
  run: string,
  { out, json = false }: { readonly out?: string; readonly json?: boolean },
): Promise<number> {
  const runFolder = await findRunFolder(run, defaultResultFolder())
  const [{ reportOf }, { writeAtomic }] = await Promise.all([import('../runs/report'), import('../files/atomic')])
  const place = out ?? resolve(`${basename(runFolder)}.html`)
  const page = await reportOf(runFolder, version)
  await makeFolder(dirname(place))
  await writeAtomic(place, page, { verify: true })
  if (json) printJson(terminal, { type: 'report', run: runFolder, file: place })
  else print(terminal, `A page that needs nothing else: ${place}`)
  return exitCode.done
}
