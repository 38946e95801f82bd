/** The model that comes with the app: its card tells the truth of its weights, and nothing that changes a run takes it. */
import { createHash } from 'node:crypto'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findRunFolder } from '../../main/cli/run-names'
import { bundledFolder } from '../../main/mnist/bundled'
import { locateData } from '../../main/runs/data'
import { readRunFile, renameRun } from '../../main/runs/folder'
import { readMetrics } from '../../main/runs/metrics'
import { runFileName } from '../../main/runs/names'
import { shippedFolder, shippedRun } from '../../main/runs/shipped'
import { calls, defaultsOf, shippedId } from '../../preload/contract'
import { present } from '../../preload/present'

const folder = present(shippedFolder(), 'data/shipped')
const card = JSON.parse(readFileSync(join(folder, 'card.json'), 'utf8')) as {
  epoch: number
  settings: Record<string, unknown>
  weights: { file: string; bytes: number; sha256: string }
  test: { loss: number }
  data: string
}

describe('the model that comes with the app', () => {
  it('has the weights that its card is of, and the figures of the run that made them', async () => {
    const bytes = readFileSync(join(folder, card.weights.file))
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    expect({ file: card.weights.file, bytes: bytes.length, sha256 }).toEqual(card.weights)
    const run = await readRunFile(folder)
    expect(run).toMatchObject({ shipped: true, status: 'done', settings: card.settings, epoch: card.epoch })
    expect(run.data).toMatchObject({ bundled: true, fingerprint: card.data, trainImages: 60_000 })
    const { model: _, ...defaults } = defaultsOf('ladder')
    expect(run.settings).toMatchObject({ ...defaults, model: 'ladder', lanes: run.settings.lanes })
    const lines = await readMetrics(folder)
    expect(lines.map((line) => line.type === 'epoch' && line.epoch)).toEqual(Array.from({ length: 31 }, (_, i) => i))
    expect(run.curve.at(-1)).toBeCloseTo(card.test.loss, 3)
  })

  it('is shown as what cannot go on, and tells nothing of the machine that made it', async () => {
    expect(await shippedRun()).toMatchObject({ id: shippedId, epoch: 30, resumable: false, problem: null })
    for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name), 'latin1')).not.toMatch(/"[^"]*(?:\/home|\/work|\/tmp|\\\\Users|\/Users)/) // prettier-ignore
  })

  it('is known to what looks and asks, and to nothing that changes a run', () => {
    const run = { run: shippedId }
    const taken = Object.entries(calls).filter(([, { input }]) => {
      const { success, error } = input.safeParse(run)
      // also one that lacks its other fields would take the run
      return success || (error?.issues.every(({ path }) => path[0] !== 'run') ?? false)
    })
    const naming = Object.entries(calls).filter(([, { input }]) => 'run' in ((input as { shape?: object }).shape ?? {}))
    expect(naming.length).toBeGreaterThan(10)
    const names = new Set(naming.map(([name]) => name))
    expect(taken.map(([name]) => name).filter((name) => names.has(name))).toEqual(['history', 'ask'])
  })

  it('takes no name and no place of its data, wherever it lies', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'vlae-shipped-'))
    try {
      copyFileSync(join(folder, runFileName), join(copy, runFileName))
      await expect(renameRun(copy, 'mine')).rejects.toMatchObject({ code: 'run/shipped' })
      await expect(locateData(copy, bundledFolder())).rejects.toMatchObject({ code: 'run/shipped' })
      expect(readdirSync(copy)).toEqual([runFileName])
    } finally {
      rmSync(copy, { recursive: true })
    }
  })

  it('is called shipped in the terminal, where it is not to go on', async () => {
    const nothing = mkdtempSync(join(tmpdir(), 'vlae-shipped-'))
    try {
      expect(await findRunFolder('shipped', nothing)).toBe(folder)
      await expect(findRunFolder('shipped', nothing, 'resume')).rejects.toMatchObject({ code: 'run/not-found' })
    } finally {
      rmSync(nothing, { recursive: true })
    }
  })
})
