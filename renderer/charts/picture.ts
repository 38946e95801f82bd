/** A chart as a picture to take along: twice as fine as on the screen, on white whatever the theme, with a title and a legend. */
import { createLineChart, type View } from './line-chart'

/** Of the picture in CSS pixels: a column of a paper, or half a slide. Each is two pixels wide and high. */
const width = 720
const chartHeight = 360
const ratio = 2
const margin = 16

interface Words {
  readonly title: string
  /** What it is of: the run's name. */
  readonly of: string
  readonly unit: string
  /** What x is counted in. */
  readonly along: string
}

/** A PNG. Lines in the background are drawn, and not named. */
export async function chartPicture({ title, of, unit, along }: Words, view: View): Promise<Blob> {
  const place = document.createElement('div')
  // beside the page, which it is not to move; colours and letters are those of the light theme
  place.className = 'on-paper'
  place.style.cssText = `position: fixed; left: -${4 * width}px; width: ${width - 2 * margin}px; height: ${chartHeight}px`
  const canvas = document.createElement('canvas')
  place.append(canvas)
  document.body.append(place)
  const chart = createLineChart(canvas, unit, () => along, ratio)
  try {
    chart.resize()
    chart.draw(view)
    const css = getComputedStyle(canvas)
    const token = (name: string): string => css.getPropertyValue(name).trim()
    const picture = new OffscreenCanvas(width * ratio, 1)
    const context = picture.getContext('2d') as OffscreenCanvasRenderingContext2D
    const write = (text: string, at: readonly [x: number, y: number], [font, color]: readonly [string, string]): void =>
      Object.assign(context, { font: `${font} ${token('--font')}`, fillStyle: token(color) }) &&
      context.fillText(text, ...at)

    context.font = `12px ${token('--font')}`
    const legend = rowsOf(
      view.lines.filter(({ background }) => background !== true),
      ({ label }) => 30 + context.measureText(label).width,
    )
    const top = 62 + 20 * legend.length
    const height = top + chartHeight + margin / 2
    // a new height empties it
    picture.height = height * ratio
    context.scale(ratio, ratio)
    context.fillStyle = token('--surface')
    context.fillRect(0, 0, width, height)
    write(title, [margin, 28], ['600 16px', '--text'])
    write(of, [margin, 46], ['12px', '--text-2'])
    for (const [row, entries] of legend.entries())
      for (const { line, x } of entries) {
        const y = 68 + 20 * row
        context.strokeStyle = token(line.color)
        context.lineWidth = 2
        context.setLineDash(line.dash === true ? [5, 3] : [])
        context.beginPath()
        context.moveTo(margin + x, y - 4)
        context.lineTo(margin + x + 20, y - 4)
        context.stroke()
        write(line.label, [margin + x + 26, y], ['12px', '--text'])
      }
    context.drawImage(canvas, margin, top, width - 2 * margin, chartHeight)
    return await picture.convertToBlob({ type: 'image/png' })
  } finally {
    chart.destroy()
    place.remove()
  }
}

/** Places the entries of a legend beside each other, in as many rows as that takes. */
function rowsOf<Line>(lines: readonly Line[], wide: (line: Line) => number): { line: Line; x: number }[][] {
  const rows: { line: Line; x: number }[][] = []
  let x = Infinity
  for (const line of lines) {
    const own = wide(line) + 16
    if (x + own > width - 2 * margin) {
      rows.push([])
      x = 0
    }
    rows.at(-1)?.push({ line, x })
    x += own
  }
  return rows
}
