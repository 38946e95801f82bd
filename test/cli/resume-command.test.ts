/** What the terminal tells a person to type: it does what it says, wherever and however the program was called. */
import { execFileSync } from 'node:child_process'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { resumeCommand } from '../../main/cli/resume-command'

type Caller = NonNullable<Parameters<typeof resumeCommand>[1]>

/** As one is called that the person has started by `words`. */
function caller(words: readonly string[], env: NodeJS.ProcessEnv = {}, platform: Caller['platform'] = 'linux'): Caller {
  const options = words.filter((word) => word.startsWith('--'))
  return { argv: ['/bin/node', ...words.filter((word) => !options.includes(word))], execArgv: options, env, platform }
}

const npm = caller([], { npm_command: 'run', npm_package_name: 'vlae-studio', INIT_CWD: process.cwd() })
const mine = join(resolve('result'), 'mine')

describe('the run', () => {
  const words = ['plain', 'a b', "it's", '$HOME', '`id`', '$(id)', 'a\\b', 'a"b', 'a;b', '!!', '*', 'ночь', '~']

  it.skipIf(process.platform === 'win32')('is one word to the shell, and nothing is done by it', () => {
    for (const word of words) {
      const [, typed] = /^npm run resume -- (.*)$/s.exec(resumeCommand(join(resolve('result'), word), npm))!
      expect(execFileSync('sh', ['-c', `printf %s ${typed}`], { encoding: 'utf8' })).toBe(word)
    }
  })

  it('is named by its path where the name would be understood as something else', () => {
    for (const name of ['latest', '--help'])
      expect(resumeCommand(join(resolve('result'), name), npm)).toMatch(/[/\\](latest|--help)$/)
    expect(resumeCommand(join(resolve('result'), 'a b'), { ...npm, platform: 'win32' })).toMatch(/ "a b"$/)
  })
})

describe('the program', () => {
  it('is npm’s script, from wherever npm was asked for it', () => {
    const below = { ...npm, env: { ...npm.env, npm_command: 'run-script', INIT_CWD: resolve('main/app') } }
    for (const called of [npm, below]) expect(resumeCommand(mine, called)).toBe('npm run resume -- mine')
    const elsewhere = { ...npm, env: { ...npm.env, INIT_CWD: dirname(resolve('.')) } }
    expect(resumeCommand(mine, elsewhere)).toBe(`npm --prefix ${process.cwd()} run resume -- mine`)
  })

  it('is the launcher that was called, not the build that it has found', () => {
    const called = caller(['--single-threaded-gc', resolve('main/launch.cjs')])
    expect(resumeCommand(mine, called)).toBe(`node --single-threaded-gc ${join('main', 'launch.cjs')} cli resume mine`)
    expect(resumeCommand(mine, caller(['/a b/main/launch.cjs']))).toBe(`node '/a b/main/launch.cjs' cli resume mine`)
  })

  it('is the command that was called', () => {
    expect(resumeCommand(mine, caller([resolve('out/main/cli.js')]))).toBe(
      `node ${join('out', 'main', 'cli.js')} resume mine`,
    )
    expect(resumeCommand(mine, caller(['/usr/bin/vlae']))).toBe('vlae resume mine')
    const npx = caller([resolve('node_modules/.bin/vlae')], { npm_command: 'exec' })
    expect(resumeCommand(mine, npx)).toBe('npx vlae resume mine')
    const script = caller(['/usr/bin/vlae'], { npm_command: 'run', npm_package_name: 'another' })
    expect(resumeCommand(mine, script)).toBe('vlae resume mine')
  })
})
