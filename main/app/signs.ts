/**
 * Redaction: what of a technical text may be told to strangers. Words of a fixed list, and where in the app's own code
 * it was.
 */
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const systemCalls =
  'access close connect copyfile dlopen fstat fsync ftruncate futime kill link listen lstat mkdir mkdtemp open opendir ' +
  'read readlink realpath rename rmdir scandir spawn stat statfs symlink unlink uv_os_homedir watch write'
const kinds = 'AbortError AggregateError AppError Error EvalError RangeError ReferenceError RuntimeError SyntaxError '
const nodeCodes =
  'ERR_DLOPEN_FAILED ERR_IPC_CHANNEL_CLOSED ERR_MODULE_NOT_FOUND ERR_OUT_OF_RANGE ERR_STREAM_DESTROYED ' +
  'ERR_UNSUPPORTED_ESM_URL_SCHEME ERR_WORKER_INIT_FAILED ERR_WORKER_OUT_OF_MEMORY MODULE_NOT_FOUND'
const words = [
  ...Object.keys({ ...constants.errno, ...constants.signals }),
  ...`${kinds} TimeoutError TypeError ZodError ${nodeCodes}`.split(' '),
].filter(Boolean)
const libraries =
  'cublas cublasLt cuda cudart cudnn cufft curand cusolver cusparse nvrtc vulkan onnxruntime onnxruntime_providers_cuda ' +
  'onnxruntime_providers_shared tensorflow tensorflow_framework stdc++ dawn webgpu_dawn DirectML dxcompiler d3d12 dxgi'
const library = `(?:lib)?(?:${libraries.replaceAll('+', String.raw`\+`).replaceAll(' ', '|')})(?:64_)?\\d{0,3}\\.(?:so|dll|dylib)(?:\\.\\d{1,3})*`
/** As the system's errors have them: in a sentence they are plain words. */
const called = `(?<=, )(?:${systemCalls.replaceAll(' ', '|')})|(?:${systemCalls.replaceAll(' ', '|')})(?= E[A-Z]{3})`
const known = new RegExp(String.raw`(?<![\w.-])(?:${library}|${words.join('|')}|${called})(?![\w-])`, 'gu')

/** In these folders of the app lies code, and nothing that a person has put there. */
const codeFolder = /^(?:out|main|preload|node_modules)\//
const frame = /^\s*at (?:async )?(?:.*\()?(.+):(\d+):(\d+)\)?$/
const mostFrames = 12

/** Lines of them; none where a text has none. Nothing else of it comes through, whatever it says. */
export function signsOf(text: string): string[] {
  const found = [...new Set(text.match(known))].join(' ')
  const frames = text.split('\n').flatMap(frameOf).slice(0, mostFrames)
  return found === '' ? frames : [found, ...frames]
}

/** Without the function's name. Only of files that are there: a text can look like a frame. */
function frameOf(line: string): string[] {
  const [, place, row, column] = frame.exec(line) ?? []
  if (place === undefined) return []
  try {
    const path = place.startsWith('file:') ? fileURLToPath(place) : place
    const inside = relative(appFolder, path).replaceAll('\\', '/')
    return codeFolder.test(inside) && /\.[cm]?[jt]s$/.test(inside) && existsSync(path)
      ? [`at ${inside}:${row}:${column}`]
      : []
  } catch {
    return []
  }
}

/** The folder with the app's code and its packages in it. */
const appFolder = ((): string => {
  const here = dirname(fileURLToPath(import.meta.url))
  for (let folder = here; dirname(folder) !== folder; folder = dirname(folder))
    if (existsSync(join(folder, 'node_modules'))) return folder
  return here
})()
