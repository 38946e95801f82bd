/** What is drawn on a chart beside what Chart.js draws: bands, marks of cut peaks, what the axes are counted in. */
import type { Plugin } from 'chart.js'
import type { Point } from './decimate'
import type { Line } from './line-chart'

/** Fills, behind the lines, what each is the mean of. */
export function bands(lines: () => readonly Line[]): Plugin<'line'> {
  return {
    id: 'bands',
    beforeDatasetsDraw({ ctx, data, chartArea: { left, top, width, height }, scales: { x, y } }) {
      if (!x || !y) return
      ctx.save()
      ctx.beginPath()
      ctx.rect(left, top, width, height)
      ctx.clip()
      ctx.globalAlpha = 0.16
      for (const [i, line] of lines().entries()) {
        if (line.band === undefined) continue
        const { low, high } = line.band
        ctx.fillStyle = data.datasets[i]?.borderColor as string
        ctx.beginPath()
        const put = (at: number, edge: ArrayLike<number>): void =>
          ctx.lineTo(x.getPixelForValue(line.x[at] ?? NaN), y.getPixelForValue(edge[at] ?? NaN))
        for (let at = 0; at < line.length; at++) put(at, high)
        for (let at = line.length - 1; at >= 0; at--) put(at, low)
        ctx.fill()
      }
      ctx.restore()
    },
  }
}

/** CSS pixels, at the least, between two marks of cut peaks. */
const peakSize = 12

/** Marks where a line goes on above the top, so that a cut peak is not taken for a gap. */
export const peaks: Plugin<'line'> = {
  id: 'peaks',
  afterDatasetsDraw({ ctx, data, chartArea: { top }, scales: { x, y } }) {
    if (!x || !y) return
    ctx.save()
    for (const { data: points, borderColor } of data.datasets) {
      ctx.fillStyle = borderColor as string
      let last = -Infinity
      for (const point of points as Point[]) {
        const at = x.getPixelForValue(point.x)
        if (!(point.y > y.max) || point.x < x.min || point.x > x.max || at - last < peakSize) continue
        last = at
        ctx.beginPath()
        ctx.moveTo(at - 3, top - 1)
        ctx.lineTo(at, top - 6)
        ctx.lineTo(at + 3, top - 1)
        ctx.fill()
      }
    }
    ctx.restore()
  },
}

/** Writes what the axes are counted in above and below the numbers of y. @param along of x */
export function units(unit: string, along: () => string): Plugin<'line'> {
  return {
    id: 'units',
    afterDraw({ ctx, chartArea: area, canvas }) {
      const css = getComputedStyle(canvas)
      ctx.save()
      const size = Number.parseFloat(css.getPropertyValue('--chart'))
      ctx.font = `${size}px ${css.getPropertyValue('--font')}`
      ctx.fillStyle = css.getPropertyValue('--text-3')
      // in a narrow chart its numbers stand there; tile and title say the unit, too
      if (area.right > 14 * size) ctx.fillText(unit, 2, area.top - 10)
      ctx.textBaseline = 'middle'
      // on the line of the numbers, before the first one
      ctx.fillText(along(), 2, area.bottom + size + 7)
      ctx.restore()
    },
  }
}
