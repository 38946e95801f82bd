/** The table of layers, on a made-up tree: what it refuses, what it lets through, and what it says. */
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')

/** Each file and what it imports. */
const tree: Record<string, string[]> = {
  'main/engine/engine.ts': ["import '../models/model'"],
  'main/engine/step.ts': ["import '../models/ladder/ladder'"],
  'main/models/model.ts': ["import type { Engine } from '../engine/engine'"],
  'main/models/ladder/ladder.ts': ["import '../model'", "import '../other/other'"],
  'main/models/other/other.ts': [],
  'main/app/studio.ts': ["import '../engine/engine'", "import '../runs/list'"],
  'main/app/calls.ts': ["import type { Model } from '../models/model'", "import '../attic/chest'"],
  'main/runs/list.ts': ["import { readFile } from 'node:fs/promises'", "import 'electron'"],
  'main/trainer/trainer.ts': ["import '../training/loop'"],
  'main/training/loop.ts': ["import '../engine/engine'", "import '../trainer/trainer'"],
  'main/desktop/window.ts': ["import 'electron'", "import '../app/studio'"],
  'main/attic/chest.ts': ["import '../files/text'"],
  'main/files/text.ts': [],
  'preload/contract/index.ts': ["import { readFile } from 'node:fs/promises'", "import 'zod'"],
  'renderer/train/TrainView.ts': ["import '../gallery/GalleryView'", "import '../../main/app/studio'"],
  'renderer/gallery/GalleryView.ts': ["import '../../preload/contract'"],
}
const packages = ['electron', 'zod']

let place: string
let said: string[]
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'vlae-layers-'))
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(place, path)), { recursive: true })
    await writeFile(join(place, path), text)
  }
  for (const [path, imports] of Object.entries(tree))
    await write(path, `${imports.join('\n')}\nexport const here = 1\n`)
  for (const name of packages) {
    await write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }))
    await write(`node_modules/${name}/index.js`, '')
  }
  await write('tsconfig.json', '{ "compilerOptions": { "moduleResolution": "bundler", "module": "ESNext" } }')
  await write('package.json', JSON.stringify({ dependencies: Object.fromEntries(packages.map((name) => [name, '1'])) }))
  const options = ['--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'err']
  const { stdout } = spawnSync(process.execPath, [cruiser, 'main', 'preload', 'renderer', ...options], {
    cwd: place,
    encoding: 'utf8',
  })
  said = stripVTControlCharacters(stdout)
    .split('\n')
    .filter((line) => line.includes('bad layering'))
}, 60_000)
afterAll(() => rm(place, { recursive: true }))

/** What is said of the imports from one file to others, those to this one. */
function about(from: string, to: string): string[] {
  return said.filter((line) => line.includes(`${from} → `) && line.includes(`→ ${to}`))
}

it.each([
  ['main/app/studio.ts', 'main/engine/engine.ts', 'main/app'],
  ['main/app/calls.ts', 'main/models/model.ts', 'main/app'],
  ['main/engine/step.ts', 'main/models/ladder/ladder.ts', 'main/engine'],
  ['main/models/model.ts', 'main/engine/engine.ts', 'main/models'],
  ['main/runs/list.ts', 'node_modules/electron', 'main/runs'],
  ['main/trainer/trainer.ts', 'main/training/loop.ts', 'main/trainer'],
  ['preload/contract/index.ts', 'fs', 'preload'],
  ['renderer/train/TrainView.ts', 'renderer/gallery/GalleryView.ts', 'renderer/train'],
  ['renderer/train/TrainView.ts', 'main/app/studio.ts', 'renderer/train'],
])('%s may not import %s, and is told what it may', (from, to, row) => {
  const lines = about(from, to)
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(new RegExp(`bad layering: ${row} may import \\w.+`))
})

it('tells all that a folder may import', () => {
  expect(about('main/runs/list.ts', 'node_modules/electron')[0]).toContain(
    'main/runs may import preload, main/files, main/mnist, node, zod:',
  )
})

it('refuses a folder that is not in the table, both ways', () => {
  expect(about('main/attic/chest.ts', 'main/files/text.ts')[0]).toContain('this folder has no row in the table')
  expect(about('main/app/calls.ts', 'main/attic/chest.ts')[0]).toContain('main/app may import')
})

it('lets through what the table has', () => {
  for (const [from, to] of [
    ['main/engine/engine.ts', 'main/models/model.ts'],
    ['main/models/ladder/ladder.ts', 'main/models/model.ts'],
    ['main/app/studio.ts', 'main/runs/list.ts'],
    ['main/training/loop.ts', 'main/'],
    ['main/desktop/window.ts', ''],
    ['preload/contract/index.ts', 'node_modules/zod'],
    ['renderer/gallery/GalleryView.ts', 'preload/contract/index.ts'],
  ] as const)
    expect(about(from, to)).toEqual([])
})
