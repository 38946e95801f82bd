/** Chart.js, as this page uses it: lines over one linear x axis, nothing parsed, nothing animated. */
import { Chart, LinearScale, LineController, LineElement, LogarithmicScale, PointElement } from 'chart.js'
import { decimate, type Columns, type Point } from './decimate'
import { bands, peaks, units } from './plugins'
import { epochTicks, highestUsual, logTicks, niceRange, spread } from './range'

Chart.register(LineController, LineElement, LinearScale, LogarithmicScale, PointElement)

/** One line of a chart. */
export interface Line extends Columns {
  label: string
  /** Its points are means over those before them. */
  smoothed?: boolean
  /** The number of an epoch as a whole, which is read where no point is pointed at; without: the nearest point's. */
  ofEpoch?: (epoch: number) => number | null | undefined
  /** A colour token: `--series-train`. */
  color: string
  width?: number
  dash?: boolean
  /** Dots at the points, as for one value an epoch. */
  dots?: boolean
  /** A line behind another, which the readout leaves out. */
  background?: boolean
  /** What it is the mean of lies between these, point by point. */
  band?: { readonly low: ArrayLike<number>; readonly high: ArrayLike<number> }
}

export interface View {
  lines: readonly Line[]
  /** The stretch of x that is shown. */
  x: readonly [number, number]
  log: boolean
  /** y always shown, whatever the data: a weight from 0 to 1. */
  y?: readonly [number, number]
  /** The share of points, the highest ones, that may lie beyond the top. */
  cut: number
  /** Outliers may lie there, too, however many they are. */
  usual?: boolean
}

/** Where the lines lie on the canvas, in CSS pixels, and the stretch of x between left and right. */
export interface Area {
  left: number
  top: number
  width: number
  height: number
  from: number
  to: number
}

/** A chart on a canvas. */
export interface LineChart {
  /** Shows a view, and says where its lines lie. */
  draw(view: View): Area
  /** Takes the room that the canvas has now; to be drawn then. */
  resize(): void
  /** Takes the colours of the theme anew. */
  theme(): void
  destroy(): void
}

/** @param unit of y, written at the top of its axis; @param along what x is counted in; @param ratio pixels of a CSS pixel */
export function createLineChart(
  canvas: HTMLCanvasElement,
  unit: string,
  along: () => string,
  ratio?: number,
): LineChart {
  let view: View | undefined
  /** About how many ticks y has room for. */
  const rows = (): number => Math.max(2, Math.floor(canvas.clientHeight / 44))
  /** About how many ticks x has room for. */
  const columns = (): number => Math.max(2, Math.floor((canvas.clientWidth - 40) / (5.5 * letters)))
  /** Of the letters: CSS pixels. */
  let letters = 11

  const chart = new Chart<'line', Point[]>(canvas, {
    type: 'line',
    data: { datasets: [] },
    plugins: [units(unit, along), bands(() => view?.lines ?? []), peaks],
    options: {
      animation: false,
      parsing: false,
      normalized: true,
      maintainAspectRatio: false,
      ...(ratio !== undefined && { devicePixelRatio: ratio }),
      events: [],
      // above, room for the unit
      layout: { padding: () => ({ top: letters + 8, right: 10, bottom: 0, left: 0 }) },
      elements: { point: { radius: 0, hoverRadius: 0 }, line: { borderJoinStyle: 'round', tension: 0 } },
      scales: {
        x: {
          type: 'linear',
          grid: { display: false },
          ticks: { maxRotation: 0, autoSkip: false, callback: tick },
          // a linear scale's own ticks begin where it does, round or not
          afterBuildTicks(scale) {
            scale.ticks = epochTicks(scale.min, scale.max, columns()).map((value) => ({ value }))
          },
        },
        y: {
          type: 'linear',
          border: { display: false },
          ticks: { maxTicksLimit: 14, callback: tick },
          // room below for what x is counted in
          afterFit: (scale) => (scale.width = Math.max(scale.width, 4.2 * letters)),
          // a logarithmic scale's own ticks are its ends and many between them, which run into each other
          afterBuildTicks(scale) {
            if (scale.type === 'logarithmic')
              scale.ticks = logTicks(scale.min, scale.max, rows()).map((value) => ({ value }))
          },
        },
      },
    },
  })

  /** The settings of an axis, which Chart.js reads when it draws. */
  function scaleOf(axis: 'x' | 'y') {
    const scales = (chart.options.scales ??= {})
    return (scales[axis] ??= {})
  }

  function theme(): void {
    const css = getComputedStyle(canvas)
    const token = (name: string): string => css.getPropertyValue(name).trim()
    letters = Number.parseFloat(token('--chart'))
    const font = { family: token('--font'), size: letters }
    for (const axis of ['x', 'y'] as const) {
      const scale = scaleOf(axis)
      // in place: a copy of what Chart.js hands out holds inner functions of its own, which it would then call
      Object.assign((scale.ticks ??= {}), { color: token('--text-3'), font })
      Object.assign((scale.border ??= {}), { color: token('--line') })
      Object.assign((scale.grid ??= {}), { color: token('--grid') })
    }
    if (view !== undefined) draw(view)
  }

  function draw(next: View): Area {
    view = next
    const css = getComputedStyle(canvas)
    const { datasets } = chart.data
    datasets.length = next.lines.length
    const width = Math.max(80, chart.chartArea?.width ?? canvas.clientWidth)
    next.lines.forEach((line, i) => {
      const color = css.getPropertyValue(line.color).trim()
      // later lines lie over earlier ones
      const dataset = (datasets[i] ??= { data: [], order: -i })
      // the points are written in place: one array a line for the life of the chart
      decimate(line, next.x[0], next.x[1], Math.round(width), dataset.data)
      const dots = line.dots === true && dataset.data.length <= width / 8
      Object.assign(dataset, {
        borderColor: color,
        backgroundColor: color,
        borderWidth: line.width ?? 1.5,
        borderDash: line.dash === true ? [5, 3] : [],
        pointRadius: dots ? 2 : 0,
        pointHoverRadius: 0,
        clip: { left: 0, top: 0, right: 4, bottom: 0 },
      })
    })
    Object.assign(scaleOf('x'), { min: next.x[0], max: next.x[1] })
    scaleY(next)
    // not 'none': Chart.js then keeps the first colours and radius of the dots; nothing is animated anyway
    chart.update()
    const { left, top, width: wide, height } = chart.chartArea
    return { left, top, width: wide, height, from: next.x[0], to: next.x[1] }
  }

  function scaleY(next: View): void {
    const [low, high] = next.y ?? reach(next) ?? [0, 1]
    const log = next.log && low > 0
    const range = niceRange(low, high, rows())
    const y = scaleOf('y')
    Object.assign(y, {
      type: log ? 'logarithmic' : 'linear',
      min: log ? low * 0.97 : range.min,
      max: log ? high * 1.03 : range.max,
    })
    // in place: a copy of what Chart.js gives back has its own inner functions as options, and it ends at the next update
    Object.assign((y.ticks ??= {}), { stepSize: log ? undefined : range.step })
  }

  /** The lowest and highest y that matter: of lines with dots all but epoch 0, of the others without their steepest. */
  function reach({ lines, x: [from, to], log, cut, usual = false }: View): [number, number] | null {
    const points = (dots: boolean): Point[][] =>
      chart.data.datasets.filter((_, i) => (lines[i]?.dots === true) === dots).map(({ data }) => data)
    const found = [
      spread(points(false), from, to, log ? 0 : cut),
      spread(points(true), log ? from : Math.max(1, from), to, 0),
    ]
    const both = found.filter((range) => range !== null)
    if (both.length === 0) return null
    const [low, high] = [Math.min(...both.map(([low]) => low)), Math.max(...both.map(([, high]) => high))]
    if (!usual) return [low, high]
    const all = chart.data.datasets.flatMap(({ data }) => data.filter(({ x, y }) => x >= from && x <= to && y <= high))
    return [low, highestUsual(all.map(({ y }) => y).toSorted((a, b) => a - b)) ?? high]
  }

  theme()
  return { draw, theme, resize: () => chart.resize(), destroy: () => chart.destroy() }
}

const plain = new Intl.NumberFormat('en', { maximumFractionDigits: 6, useGrouping: false })

function tick(value: number | string): string {
  return plain.format(Number(value))
}
