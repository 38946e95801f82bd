/** What the end-to-end tests start, as it ships, built once for all of them: the page and the programs. */
import { chmod } from 'node:fs/promises'
import type { TestProject } from 'vitest/node'
import { buildModules } from './build'
import { buildPage, pages } from './renderer/browser'

declare module 'vitest' {
  interface ProvidedContext {
    /** Absolute path of the folder with browser.js, cli.js, a program that trains and is killed, and their threads. */
    readonly programs: string
  }
}

export default async function buildOnce(project: TestProject): Promise<() => Promise<void>> {
  // the programs find the page in out/renderer, beside their own folder
  await Promise.all([buildPage('production', pages.production), buildPage('scripted', pages.scripted)])
  const { folder, remove } = await buildModules({
    browser: 'main/browser.ts',
    cli: 'main/cli.ts',
    worker: 'main/training/worker.ts',
    lane: 'main/engine/lanes/lane.ts',
    'train-process': 'test/trainer/train-process.ts',
  })
  // other users run them too
  await chmod(folder, 0o755)
  project.provide('programs', folder)
  return remove
}
