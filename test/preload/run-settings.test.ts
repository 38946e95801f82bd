/** The settings of a run are those of its model and those that every run has, of whichever version wrote them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readRunFile } from '../../main/runs/folder'
import { appSettings, defaultsOf, modelNames, runSettings, settingsOf, sharedNames } from '../../preload/contract'
import { differences } from '../../renderer/lib/run-facts'
import '../models/toy/card'

const problems = (given: unknown) => {
  const { error } = runSettings.safeParse(given)
  return error?.issues.map(({ code, path, message }) => ({ code, path, message }))
}

describe('what was written by earlier versions', () => {
  it.each([
    ['runs-0.1', 'label', ['Epochs: 2', 'Batch size: 256', 'Image limit: 1024']],
    ['runs-0.1', 'none', ['Prior: Without classes', 'Epochs: 2', 'Batch size: 256', 'Image limit: 1024']],
    ['runs-0.2', 'label', ['Epochs: 2', 'Batch size: 64', 'Image limit: 256']],
    ['runs-0.2', 'none', ['Prior: Without classes', 'Epochs: 2', 'Batch size: 64', 'Image limit: 256']],
  ] as const)('is read to the same values and compared with what is new: %s, %s', async (version, condition, words) => {
    const folder = join(import.meta.dirname, '../fixtures', version, condition)
    const written = (JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as { settings: object }).settings
    const { settings } = await readRunFile(folder)
    expect(settings).toEqual(written)
    expect(differences(settings).filter((text) => !text.startsWith('KL warm-up'))).toEqual(words)
  })

  it('of the app’s settings, is taken as it is', () => {
    const before = { condition: 'none', epochs: 3, batch: 64, learningRate: 0.002, klWarmup: 4, seed: 1, lanes: 2, limit: 0, engine: 'auto' } // prettier-ignore
    expect(appSettings.parse({ run: { model: 'ladder', ...before } }).run).toEqual({ model: 'ladder', ...before })
  })
})

describe('a model’s settings', () => {
  it('have its own defaults, and those of every run', () => {
    expect(defaultsOf('ladder')).toEqual(runSettings.parse({}))
    expect(defaultsOf('toy')).toMatchObject({
      model: 'toy',
      floor: 0.3,
      squash: 'tanh',
      learningRate: 0.01,
      epochs: 30,
    })
    for (const model of modelNames())
      for (const name of [...sharedNames, ...Object.keys(settingsOf(model))])
        expect(settingsOf(model)[name]).toMatchObject({ title: expect.stringMatching(/./), explain: expect.stringMatching(/\.$/) }) // prettier-ignore
  })

  it('are not those of another, and are checked as a whole', () => {
    expect(problems({ model: 'toy', klWarmup: 3 })).toMatchObject([{ code: 'unrecognized_keys' }])
    expect(problems({ floor: 1 })).toMatchObject([{ code: 'unrecognized_keys' }])
    expect(problems({ model: 'toy', floor: 11, epochs: 0 })).toMatchObject([
      { code: 'too_big', path: ['floor'] },
      { code: 'too_small', path: ['epochs'] },
    ])
    expect(problems({ model: 'atlas' })).toMatchObject([
      { path: ['model'], message: 'is a model that this version of the app does not know' },
    ])
    for (const wrong of [null, 'ladder', [], { model: 3 }]) expect(runSettings.safeParse(wrong).success).toBe(false)
  })
})
