/** Lines over epochs as an SVG that stands alone: axes with round numbers, a legend, light and dark by the reader's preference. */

export interface Line {
  readonly title: string
  /** [x, y] in order of x; a y that is not finite is a gap. */
  readonly points: readonly (readonly [x: number, y: number])[]
}

interface Chart {
  readonly title: string
  readonly xTitle: string
  readonly yTitle: string
}

const [width, height] = [720, 300]
const margin = { top: 58, right: 16, bottom: 42, left: 58 }
const colours = ['c0', 'c1', 'c2', 'c3', 'c4', 'c5']

const style = `
svg.chart { font: 12px system-ui, sans-serif; background: #fff; color: #1c1c1e }
svg.chart text { fill: currentColor } svg.chart .t { font-weight: 600; font-size: 14px }
svg.chart .g { stroke: #8884; stroke-width: 1 } svg.chart polyline { fill: none; stroke-width: 2; stroke-linejoin: round }
svg.chart .c0 { stroke: #2563c9 } svg.chart .c1 { stroke: #b3501e } svg.chart .c2 { stroke: #1b7f4d }
svg.chart .c3 { stroke: #8a3fb0 } svg.chart .c4 { stroke: #8a6d00 } svg.chart .c5 { stroke: #b02a5b }
svg.chart .d1 { stroke-dasharray: 7 3 } svg.chart .d2 { stroke-dasharray: 2 3 }
@media screen and (prefers-color-scheme: dark) {
svg.chart { background: #1c1c1e; color: #f2f2f2 }
svg.chart .c0 { stroke: #7fb0ff } svg.chart .c1 { stroke: #ff9d66 } svg.chart .c2 { stroke: #63d79a }
svg.chart .c3 { stroke: #d59bf5 } svg.chart .c4 { stroke: #e5c54a } svg.chart .c5 { stroke: #ff8fb8 }
}`

/** Without any number to show it says so. */
export function lineSvg(lines: readonly Line[], { title, xTitle, yTitle }: Chart): string {
  const known = lines.map((line) => ({ ...line, runs: unbroken(line.points) })).filter(({ runs }) => runs.length > 0)
  const all = known.flatMap(({ runs }) => runs.flat())
  const open = `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}"><style>${style}</style>`
  const heading = `<text class="t" x="${margin.left}" y="20">${escaped(title)}</text>`
  if (all.length === 0) return `${open}${heading}<text x="${margin.left}" y="60">Nothing was measured yet.</text></svg>`
  const x = axis(all.map(([x]) => x), [margin.left, width - margin.right], true) // prettier-ignore
  const y = axis(all.map(([, y]) => y), [height - margin.bottom, margin.top], false) // prettier-ignore
  const bottom = height - margin.bottom
  const parts = [
    ...y.ticks.map((tick) => `<line class="g" x1="${margin.left}" x2="${width - margin.right}" y1="${y.at(tick)}" y2="${y.at(tick)}"/><text x="${margin.left - 8}" y="${y.at(tick)}" text-anchor="end" dominant-baseline="middle">${tick}</text>`), // prettier-ignore
    ...x.ticks.map((tick) => `<line class="g" x1="${x.at(tick)}" x2="${x.at(tick)}" y1="${bottom}" y2="${bottom + 4}"/><text x="${x.at(tick)}" y="${bottom + 18}" text-anchor="middle">${tick}</text>`), // prettier-ignore
    `<text x="${(margin.left + width - margin.right) / 2}" y="${height - 6}" text-anchor="middle">${escaped(xTitle)}</text>`,
    `<text transform="translate(14 ${(margin.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(yTitle)}</text>`,
  ]
  let left = margin.left
  known.forEach(({ title, runs }, i) => {
    const look = `${colours[i % colours.length]} d${i % 3}`
    for (const run of runs) {
      const places = run.map(([px, py]) => `${x.at(px)},${y.at(py)}`)
      // a line of one point is a dot
      if (places.length === 1) places.push(`${Number(x.at(run[0]?.[0] ?? 0)) + 2},${y.at(run[0]?.[1] ?? 0)}`)
      parts.push(`<polyline class="${look}" points="${places.join(' ')}"/>`)
    }
    parts.push(`<line class="${look}" stroke-width="2" x1="${left}" x2="${left + 24}" y1="40" y2="40"/><text x="${left + 30}" y="44">${escaped(title)}</text>`) // prettier-ignore
    left += 54 + 7 * title.length
  })
  return `${open}${heading}${parts.join('')}</svg>`
}

/** The stretches between gaps. */
function unbroken(points: Line['points']): (readonly [number, number])[][] {
  const runs: (readonly [number, number])[][] = [[]]
  for (const point of points)
    if (Number.isFinite(point[1])) runs.at(-1)?.push(point)
    else runs.push([])
  return runs.filter((run) => run.length > 0)
}

/** Round numbers over the values, and where each value lies. */
function axis(values: readonly number[], [from, to]: readonly [number, number], whole: boolean) {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const span = high - low || Math.abs(high) || 1
  const rough = span / 5
  const power = 10 ** Math.floor(Math.log10(rough))
  const steps = [1, 2, 5, 10].map((factor) => factor * power)
  const step = Math.max(steps.find((step) => step >= rough) ?? 10 * power, whole ? 1 : 0)
  const [start, end] = [
    Math.floor(low / step) * step,
    Math.max(Math.ceil(high / step), Math.floor(low / step) + 1) * step,
  ]
  const count = Math.round((end - start) / step)
  const decimals = Math.max(0, -Math.floor(Math.log10(step)))
  return {
    ticks: Array.from({ length: count + 1 }, (_, i) => Number((start + i * step).toFixed(decimals))),
    at: (value: number) => (from + ((value - start) / (end - start)) * (to - from)).toFixed(1),
  }
}

/** Text within HTML and SVG. */
export function escaped(text: string): string {
  const signs: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return (
    text
      // oxlint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
      .replace(/[&<>"]/g, (sign) => signs[sign] ?? '')
  )
}
