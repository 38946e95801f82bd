/** A run as a page, and its charts: what is on them, and that nothing of a run's becomes markup. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lineSvg } from '../../main/runs/line-svg'
import { chartsOf, reportOf } from '../../main/runs/report'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vlae-report-'))
  await cp(resolve(import.meta.dirname, '../fixtures/runs-0.2/label'), folder, { recursive: true })
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the page', () => {
  it('has figures, settings, pictures and the way to the same again, and needs nothing from elsewhere', async () => {
    for (let epoch = 0; epoch <= 20; epoch++)
      await writeFile(join(folder, `sample_conditioned_epoch${epoch}.png`), `picture ${epoch}`)
    const page = await reportOf(folder, '1.2.3')
    expect(page).toContain('<h2>Figures</h2>')
    expect(page.match(/<svg /g)).toHaveLength(2)
    expect(page).toContain('vlae train ')
    expect(page).toMatch(/fingerprint [0-9a-f]{64}/)
    expect(page).toContain(`data:image/png;base64,${Buffer.from('picture 20').toString('base64')}`)
    expect(page).toContain('12 of 21 epochs.')
    expect(page).not.toMatch(/<script|<link|@import|url\(|src="(?!data:)/)
    expect(page.replaceAll('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(/https?:/)
  })

  it('shows a name as it is', async () => {
    await writeFile(join(folder, 'name.txt'), '<script>alert("1")</script> & more\n')
    const page = await reportOf(folder, '1.2.3')
    expect(page).toContain('<h1>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; more</h1>')
    expect(page).not.toContain('<script')
  })

  it('says so where nothing was measured or drawn', async () => {
    await writeFile(join(folder, 'metrics.jsonl'), '')
    const page = await reportOf(folder, '1.2.3')
    expect(page.match(/Nothing was measured yet\./g)).toHaveLength(3)
    expect(page).toContain('Nothing was drawn yet.')
  })

  it('has its charts as files, too', async () => {
    const charts = await chartsOf(folder)
    expect(charts.map(({ name }) => name)).toEqual(['loss.svg', 'parts.svg'])
    expect(charts[1]!.svg).toContain('>KL z1</text>')
  })
})

describe('lines', () => {
  const axes = { title: 'A <b>', xTitle: 'Epoch', yTitle: 'Nats' }
  const drawn = (svg: string) => [...svg.matchAll(/points="([^"]*)"/g)].map(([, points]) => points!.split(' ').length)

  it('break at gaps, and one point is a dot', () => {
    const svg = lineSvg([{ title: 'x', points: [[0, 1], [1, 2], [2, NaN], [3, 3]] }], axes) // prettier-ignore
    expect(drawn(svg)).toEqual([2, 2])
    expect(svg).toContain('A &lt;b&gt;')
  })

  it.each([
    ['one value only', [[1, 5], [2, 5]]],
    ['zero only', [[0, 0]]],
    ['very small numbers', [[1, 1e-7], [2, 3e-7]]],
    ['very large ones', [[1, -1e9], [2, 3e9]]],
    ['many epochs', [[0, 90.1], [9999, 90.2]]],
  ] as [string, [number, number][]][])('lie within the chart, between round numbers: %s', (_, points) => {
    const svg = lineSvg([{ title: 'x', points }], axes)
    expect(svg).not.toMatch(/NaN|Infinity/)
    const places = svg.match(/points="([^"]*)"/)![1]!.split(' ').map((place) => place.split(',').map(Number))
    for (const [x, y] of places as [number, number][]) {
      expect(x).toBeGreaterThanOrEqual(58)
      expect(x).toBeLessThanOrEqual(706)
      expect(y).toBeGreaterThanOrEqual(57)
      expect(y).toBeLessThanOrEqual(259)
    }
    const ticks = svg.match(/<line class="g"/g)!.length
    expect(ticks).toBeGreaterThanOrEqual(4)
    expect(ticks).toBeLessThanOrEqual(16)
  }) // prettier-ignore
})
