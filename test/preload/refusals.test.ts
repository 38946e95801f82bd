/** What the system refuses, as it refuses it: every code is one that a real call has failed with, where that can be had. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdir, readdir, rename, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { diskError } from '../../main/files/disk-error'
import { AppError } from '../../preload/errors'
import { refusalOf } from '../../preload/refusals.mjs'
import { checkRefusal } from '../files/expect-refusal'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-refusals-'))
  writeFileSync(join(folder, 'file'), 'x')
  mkdirSync(join(folder, 'full', 'inner'), { recursive: true })
  if (process.platform !== 'win32') symlinkSync(join(folder, 'loop'), join(folder, 'loop'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => expect.unreachable('the call did not fail'),
    (error: unknown) => error,
  )
const coded = (code: string) => Object.assign(new Error(`${code}: raw words of the system`), { code })

describe('a real call that fails', () => {
  it('tells a file in the way from a folder in the way', async () => {
    expect(refusalOf(await failure(mkdir(join(folder, 'file'))))?.code).toBe('disk/exists')
    expect(refusalOf(await failure(readdir(join(folder, 'file'))))?.code).toBe('disk/wrong-kind')
    expect(refusalOf(await failure(writeFile(join(folder, 'full'), '')))?.code).toBe('disk/wrong-kind')
  })

  it.skipIf(process.platform === 'win32')(
    'on a folder with something in it, a name that is too long, a link to itself, a name that no disk takes',
    async () => {
      expect(refusalOf(await failure(rmdir(join(folder, 'full'))))?.code).toBe('disk/not-empty')
      expect(refusalOf(await failure(mkdir(join(folder, 'a'.repeat(300)))))?.code).toBe('disk/name-too-long')
      expect(refusalOf(await failure(readdir(join(folder, 'loop'))))?.code).toBe('disk/link-loop')
      expect(refusalOf(await failure(mkdir(join(folder, 'a\0b'))))?.code).toBe('disk/bad-name')
      expect(refusalOf(await failure(rename(folder, join(folder, 'full', 'itself'))))?.code).toBe('disk/bad-name')
    },
  )

  /** A program's error, as its own text. @param limit of the shell, for it alone */
  function failing(program: string, limit: string): unknown {
    const script = `
      const fail = (error) => { console.log(JSON.stringify({ message: error.message, ...error })); process.exit() }
      process.on('uncaughtException', fail)
      try { ${program} } catch (error) { fail(error) }`
    const words = ['-c', `ulimit ${limit} && exec "$0" -e "$1"`, process.execPath, script]
    const { message, ...rest } = JSON.parse(spawnSync('bash', words, { encoding: 'utf8' }).stdout) as Error
    return Object.assign(new Error(message), rest)
  }
  it.skipIf(process.platform !== 'linux')('on a limit of the session', () => {
    const large = `require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'large'))}, Buffer.alloc(100_000))`
    expect(refusalOf(failing(large, '-f 8'))?.code).toBe('disk/file-too-large')
    const many = `for (;;) require('node:fs').openSync('/dev/null')`
    expect(refusalOf(failing(many, '-n 40'))?.code).toBe('disk/too-many-open')
    const buffers = `const all = []; for (;;) all.push(new ArrayBuffer(2 ** 30))`
    expect(refusalOf(failing(buffers, '-v 20000000'))?.code).toBe('system/out-of-memory')
    const memories = `const all = []; for (;;) all.push(new WebAssembly.Memory({ initial: 2 ** 14, maximum: 2 ** 14, shared: true }))`
    expect(refusalOf(failing(memories, '-v 20000000'))?.code).toBe('system/out-of-memory')
  })

  it.skipIf(process.platform !== 'linux')('in a folder that was removed', () => {
    const gone = join(folder, 'gone')
    mkdirSync(gone)
    const script = `try { process.cwd() } catch (error) { console.log(JSON.stringify(error)) }`
    const out = execFileSync('bash', [
      '-c',
      `cd "$1" && rmdir "$1" && exec "$0" -e "$2"`,
      process.execPath,
      gone,
      script,
    ])
    const error = Object.assign(new Error('raw'), JSON.parse(out.toString()) as object)
    expect(AppError.from(error)).toMatchObject({
      code: 'system/no-current-folder',
      message: 'That could not be done: the folder that it was started in is not there any more.',
    })
  })
})

it.each([
  ['ENOSPC', 'disk/full'],
  ['EFBIG', 'disk/file-too-large'],
  ['EXDEV', 'disk/other-disk'],
  ['ENOTSUP', 'disk/not-supported'],
  ['EROFS', 'disk/denied'],
  ['ENOTCONN', 'disk/io'],
  ['EAGAIN', 'system/too-many-processes'],
  ['ERR_WORKER_INIT_FAILED', 'system/too-many-processes'],
  ['ERR_WORKER_OUT_OF_MEMORY', 'system/out-of-memory'],
])('%s is told as %s, with the remedy and without the raw text', (code, told) => {
  for (const error of [diskError(coded(code), 'written', '/some/file'), AppError.from(coded(code))]) {
    expect(checkRefusal(error).code).toBe(told)
    expect(error.message + error.remedy).not.toContain(code)
    expect(error.details).toContain(code)
  }
})

it('a limit on one file’s size is not a full disk: waiting for room would wait for ever', () => {
  expect(refusalOf(coded('EFBIG'))?.code).not.toBe(refusalOf(coded('ENOSPC'))?.code)
})

it('knows what ONNX Runtime passes on', () => {
  for (const said of [
    'std::bad_alloc',
    'WebAssembly.instantiate(): Out of memory: Cannot allocate Wasm memory for new instance',
  ])
    expect(refusalOf(new Error(said))?.code).toBe('system/out-of-memory')
  expect(
    refusalOf(new Error('pthread_create failed, error code: 11 error msg: Resource temporarily unavailable')),
  ).toMatchObject({
    code: 'system/too-many-processes',
  })
})

it('leaves the app’s own mistakes what they are', () => {
  for (const mistake of [
    new TypeError('x is not a function'),
    coded('ERR_INVALID_ARG_TYPE'),
    coded('toString'),
    'text',
  ])
    expect(refusalOf(mistake)).toBeUndefined()
  expect(AppError.from(new TypeError('x is not a function')).code).toBe('internal')
})

it('names the file, where there is one', async () => {
  const { message } = AppError.from(await failure(readdir(join(folder, 'nothing'))))
  expect(message).toBe(`${join(folder, 'nothing')} could not be used: it is not there.`)
})
