#!/usr/bin/env -S node --single-threaded-gc
/** The tab's door: serves the page on 127.0.0.1 and opens it in the default browser. */
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import open from 'open'
import { version } from '../package.json'
import { AppError } from '../preload/errors'
import { isBusy } from '../preload/life'
import { openLog } from './app/log'
import { Studio } from './app/studio'
import { openTabSettings } from './app/tab-settings'
import { readPageFiles } from './page/files'
import { heedTerminal } from './process/causes'
import { endWhenAsked } from './process/end'
import { settleHome } from './process/home'
import { assertRoom } from './process/room'
import { hasBrowser } from './tab/has-browser'
import { parseTabOptions } from './tab/options.mjs'
import { pagePath } from './tab/page-path'
import { serveTab } from './tab/server'
import { startProcess, startThread } from './trainer/hosts'
import { createTrainer } from './trainer/trainer'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

heedTerminal()
settleHome()
try {
  const options = parseTabOptions(process.argv.slice(2))
  assertRoom()
  const files = await readPageFiles(here('../renderer'))
  const settings = await openTabSettings()
  const folder = settings.path && dirname(settings.path)
  const studio = new Studio({
    trainer: createTrainer({
      worker: new URL('worker.js', import.meta.url),
      page: true,
      host: () => (settings.current.trainer === 'process' ? startProcess : startThread),
    }),
    settings,
    door: { kind: 'tab' },
    resultFolder: resolve('result'),
    version,
    log: openLog(folder),
  })
  const path = await pagePath(folder)
  const server = await serveTab({ ...options, path, files, connect: (channel) => studio.connect(channel) })
  void studio.prepare()
  endWhenAsked(async () => {
    if (isBusy(studio.training.phase)) console.log('Saving. Press Ctrl-C again to end at once.')
    try {
      await studio.close()
    } finally {
      await server.close()
    }
  })
  console.log(`VLAE Studio is ready: ${server.url}`)
  void studio.runs.ids().catch((thrown: unknown) => {
    const { message, remedy } = AppError.from(thrown)
    console.error(`${message}\n${remedy}`)
  })
  if (options.open && hasBrowser()) await open(server.urlForOnce).catch(() => undefined)
} catch (thrown) {
  const { message, remedy } = AppError.from(thrown)
  console.error(`${message}\n${remedy}`)
  process.exitCode = 1
}
