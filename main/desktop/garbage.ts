/**
 * Garbage is collected by the thread that makes it, as with Node's `--single-threaded-gc` (package.json's scripts).
 *
 * Through ONNX Runtime's Node binding (on a GPU, on copies) every step leaves copies of its results behind, and V8's threads
 * that clear them away get in the way of those that compute. The flag
 * itself would come too late here: V8 looks at what it stands for only when it starts. These two are what it stands for,
 * as far as it is felt; V8 looks at them again in every thread that is started.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { App } from 'electron'

/** For a process that is still to be started: only in this form does a flag of V8's reach one of Electron's. */
export const singleThreadedGarbage = '--js-flags=--single-threaded-gc'

/** For the threads that are started from now on. */
export function collectGarbageAlone(): void {
  for (const flag of ['--no-concurrent-marking', '--no-concurrent-array-buffer-sweeping']) setFlagsFromString(flag)
}

/**
 * At the very end all garbage is collected at once. Electron (seen in 33.2.1, its pull request 45368) frees a second time
 * what V8 had begun to collect when the process ends by itself: one end in fifty was a crash.
 */
export function collectGarbageAtEnd(app: App): void {
  app.on('quit', () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    collect()
  })
}
