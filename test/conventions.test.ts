/** The conventions that lint keeps, on made-up files: what it refuses, what it lets through, and what it mends by itself. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const oxlint = join(root, 'node_modules/oxlint/bin/oxlint')

const good = `/** What is in order. */
import './effects-first'
import { join } from 'node:path'
import { z } from 'zod'
import { b } from '../../b'
import { a, type A } from '../a'

const longestName = 40

export class Kept {
  private readonly names = [a, b, join, z, longestName] as A[]
}
`

/** Each file, and what is said of it. */
const files: Record<string, [text: string, ...rules: string[]]> = {
  'main/cli/good.ts': [good],
  'main/cli/no-sentence.ts': ['export const x = 1\n', 'house(first-sentence)'],
  'main/cli/order.ts': [
    "/** Imports. */\nimport { c } from './c'\nimport { d } from '../d'\n\nexport const both = [c, d]\n",
    'house(import-order)',
  ],
  'main/cli/twice.ts': [
    "/** Imports. */\nimport { c } from './c'\nimport type { C } from './c'\n\nexport const one: C = c\n",
    'house(import-order)',
  ],
  'renderer/Order.vue': [
    "<script setup lang=\"ts\">\n/** A part. */\nimport { c } from './c'\nimport { d } from '../d'\n\nconst both = [c, d]\n</script>\n\n<template>{{ both }}</template>\n",
    'house(import-order)',
  ],
  'main/cli/hash.ts': [
    '/** A class. */\nexport class A {\n  #a = 1\n  get b() {\n    return this.#a\n  }\n}\n',
    'house(private-members)',
    'house(private-members)',
  ],
  'preload/upper.ts': ['/** A constant. */\nexport const MOST_ROWS = 40\n', 'house(constant-names)'],
  'main/cli/path.ts': [
    "/** Node’s modules by their whole names. */\nimport { join } from 'path'\n\nexport const a = join('a')\n",
    'unicorn(prefer-node-protocol)',
  ],
  'main/cli/surely.ts': [
    '/** What is surely there. */\nexport const first = (all: string[]) => all[0]!\n',
    'typescript(no-non-null-assertion)',
  ],
  'test/cli/surely.test.ts': ['export const first = (all: string[]) => all[0]!\n'],
}

let place: string
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'vlae-conventions-'))
  for (const name of ['.oxlintrc.json', '.oxlint-house.mjs']) copyFileSync(join(root, name), join(place, name))
  for (const [path, [text]] of Object.entries(files)) {
    mkdirSync(dirname(join(place, path)), { recursive: true })
    writeFileSync(join(place, path), text)
  }
})
afterAll(() => rmSync(place, { recursive: true }))

function lint(...options: string[]): { filename: string; code: string }[] {
  const { stdout } = spawnSync(process.execPath, [oxlint, '--format', 'json', ...options], { cwd: place })
  return (JSON.parse(stdout.toString()) as { diagnostics: { filename: string; code: string }[] }).diagnostics
}

it('each is said where it is broken, and nowhere else', () => {
  const said = lint()
  const found = Object.keys(files).map((path) => [
    path,
    said.filter(({ filename }) => filename === path).map(({ code }) => code),
  ])
  expect(Object.fromEntries(found)).toEqual(
    Object.fromEntries(Object.entries(files).map(([path, [, ...rules]]) => [path, rules])),
  )
})

it('imports are put in order by `oxlint --fix`', () => {
  lint('--fix')
  expect(readFileSync(join(place, 'main/cli/order.ts'), 'utf8')).toContain(
    "import { d } from '../d'\nimport { c } from './c'\n",
  )
})
