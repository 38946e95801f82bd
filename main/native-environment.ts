/** What the native libraries read from the process's environment, set before any of them is loaded. Nothing is sent. */
import { isMainThread } from 'node:worker_threads'

const variables = {
  // ONNX Runtime tells its maker how it is used, unless it is told not to before its first session; it also keeps an
  // identifier in the home folder. Its events on Windows heed only the second one (1.30)
  ORT_DISABLE_TELEMETRY: '1',
  ...(process.platform === 'win32' && { ORT_RUNNING_UNIT_TESTS: '1' }),
}

/** Errors alone on the terminal, no more of a GPU's memory than it needs, and the same bits in every run. */
const tensorFlow = { TF_CPP_MIN_LOG_LEVEL: '2', TF_FORCE_GPU_ALLOW_GROWTH: 'true', TF_DETERMINISTIC_OPS: '1' }

/**
 * Call it before a native library is loaded, and before a thread or process is started that will load one: a process
 * inherits it, and what a thread sets never reaches a library.
 *
 * @throws Error in a thread whose process has not called it (a fault of the program)
 */
export function prepareNativeEnvironment(): void {
  if (isMainThread) {
    Object.assign(process.env, variables)
    for (const [name, value] of Object.entries(tensorFlow)) process.env[name] ??= value
  }
  for (const [name, value] of Object.entries(variables))
    if (process.env[name] !== value) throw new Error(`${name} must be ${value} before this thread is started.`)
}
