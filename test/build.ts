/** Some of main's modules, and of the tests', bundled as they ship: what starts threads or processes needs files. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { build, type UserConfig } from 'vite'
import main from '../main/vite.config'

const root = resolve(import.meta.dirname, '..')

export interface Built {
  /** Absolute path of the folder; entry `name` is `name.js` in it. */
  readonly folder: string
  remove(): Promise<void>
}

/** @param entries their sources' paths from the project's folder, by name */
export async function buildModules(entries: Readonly<Record<string, string>>): Promise<Built> {
  const config = main as UserConfig
  const out = resolve(root, 'out')
  await mkdir(out, { recursive: true })
  // Inside the project, so that packages are found.
  const outDir = await mkdtemp(resolve(out, 'test-'))
  const input = Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, resolve(root, path)]))
  await build({
    ...config,
    configFile: false,
    build: { ...config.build, outDir, rolldownOptions: { ...config.build?.rolldownOptions, input } },
  })
  return { folder: outDir, remove: () => rm(outDir, { recursive: true, force: true }) }
}
