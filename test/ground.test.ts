/** The project's ground: what is installed, what can be run, and that the README says the same. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as options from '../main/cli/options'
import { limits } from '../main/tab/limits'
import { mostMemory, mostTime } from './fuzz/guard'

const root = resolve(import.meta.dirname, '..')
const read = (name: string) => readFileSync(join(root, name), 'utf8')

interface Package {
  readonly [kind: string]: unknown
  readonly scripts: Record<string, string>
  readonly dependencies: Record<string, string>
  readonly optionalDependencies: Record<string, string>
  readonly bin: Record<string, string>
}
interface Lock {
  readonly packages: Record<string, { version?: string; integrity?: string; link?: boolean; resolved?: string }>
}
const package_ = JSON.parse(read('package.json')) as Package
const lock = JSON.parse(read('package-lock.json')) as Lock

describe('what is installed', () => {
  it('is locked as package.json says', () => {
    const locked = lock.packages['']! as Record<string, unknown>
    for (const kind of ['version', 'bin', 'dependencies', 'devDependencies', 'optionalDependencies', 'engines'])
      expect({ [kind]: locked[kind] }).toEqual({ [kind]: package_[kind] })
  })

  it('comes from a package registry, each file known by its hash', () => {
    for (const [path, { version, integrity, link, resolved = '' }] of Object.entries(lock.packages)) {
      if (path === '') continue
      expect({ path, link, integrity, version }).toEqual({
        path,
        link: undefined,
        integrity: expect.stringMatching(/^sha512-/),
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      })
      expect(resolved).not.toMatch(/^(git|file|http:)/)
    }
  })

  it('runs none of its code while it is installed', () => {
    expect(execFileSync('npm', ['config', 'get', 'ignore-scripts'], { cwd: root, encoding: 'utf8' }).trim()).toBe(
      'true',
    )
    // so the project's own scripts must not count on npm's hooks either
    expect(Object.keys(package_.scripts).filter((name) => /^(pre|post)/.test(name))).toEqual([])
  })
})

describe('what can be run', () => {
  it('the scripts name files that are there, and scripts that are there', () => {
    for (const script of Object.values(package_.scripts)) {
      for (const [file] of script.matchAll(/(?<= )(main|test|renderer)\/[\w./-]+\.\w+/g))
        expect({ file, there: existsSync(join(root, file)) }).toEqual({ file, there: true })
      for (const [, name] of script.matchAll(/npm run (?:-s )?([\w:]+)/g))
        expect(package_.scripts).toHaveProperty([name!])
    }
  })

  it('CI calls the README’s test command', () => {
    expect(statSync(join(root, '.ci/run')).mode & 0o111).not.toBe(0)
    execFileSync('bash', ['-n', join(root, '.ci/run')])
    expect(read('.ci/run')).toContain('npm test')
    expect(read('README.md')).toContain('npm ci && npm test')
  })
})

describe('SECURITY.md', () => {
  const text = read('SECURITY.md')

  it('names tests that are there', () => {
    const named = [...text.matchAll(/`(test\/[\w./-]+)`/g)].map(([, path]) => path!)
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('has a line and a test for each item of Electron’s list', () => {
    const tests = read('test/desktop/security.test.ts')
    for (let item = 1; item <= 20; item++) {
      expect(text).toMatch(new RegExp(`^\\| ${item} \\| .+ \\| .+ \\|$`, 'm'))
      expect(tests).toContain(`it('${item}. `)
    }
  })

  it('gives the limits that hold', () => {
    expect(text).toContain(`more pages than ${limits.mostPages}, more connections than ${limits.mostConnections}`)
    expect(text).toContain(`messages over ${limits.longestMessage / 1024} KB`)
    expect(text).toContain(`within ${mostTime / 1000} s and ${mostMemory / 2 ** 20} MB`)
  })
})

describe('the README', () => {
  const text = read('README.md')

  it('names only commands that exist', () => {
    const named = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!)
    expect(named.length).toBeGreaterThan(5)
    for (const name of named) expect(package_.scripts).toHaveProperty([name])
  })

  it('lists every option of train, with the default it has', () => {
    const rows = text.replaceAll('`', '').split('\n')
    const missing = options.settingOptions().filter(({ long, description }) => {
      // a setting that two models have is said of each
      const shown = [...description.matchAll(/\(default: ([^()]*)\)/g)].map(([, value]) => value!)
      const row = rows.find((row) => row.startsWith(`| ${long!} `))
      return shown.length === 0 || !shown.every((value) => row?.split(' | ').at(-1)!.includes(value))
    })
    expect(missing.map(({ flags }) => flags)).toEqual([])
    for (const { long } of [options.data, options.out, options.name, options.from, options.fromEpoch])
      expect(text).toContain(`| \`${long!} `)
  })

  it('gives a reason for every dependency', () => {
    const reasons = text.split('\n').filter((line) => /^\|.+\|.{10,}\|$/.test(line))
    const names = Object.keys({ ...package_.dependencies, ...package_.optionalDependencies })
    expect(names.filter((name) => !reasons.some((line) => line.includes(`\`${name}\``)))).toEqual([])
  })
})
