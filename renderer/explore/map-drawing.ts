/** Draws a map of codes on a canvas: dots or pictures by class, the names of classes where theirs lie, a box, and marks. */
import type { Tiles } from '../../preload/contract'
import { imageSize, side } from '../../preload/images'
import { placeOf, type Box, type Places, type Point } from '../lib/map'
import { contextOf } from '../lib/tiles'
import { classMarks, plainMark } from './class-marks'
import { putStamp, stampOf, type Stamp } from './map-dots'

/** What is to be seen. */
export interface Scene {
  readonly places: Places
  /** null: the data says none. */
  readonly labels: Uint8Array | null
  readonly shown: (index: number) => boolean
  /** In the place of dots. */
  readonly pictures: Tiles | null
  readonly box: Box | null
  /** Dots in the box: all others are faint. Null: there is no box. */
  readonly selected: ReadonlySet<number> | null
  /** The dot that is pointed at; −1: none. */
  readonly pointed: number
  /** Where the digit in hand lies. */
  readonly hand: Point | null
  readonly name: (label: number) => string
}

/** Where the map lies on the canvas: CSS pixels. */
export interface Frame {
  readonly width: number
  readonly height: number
  readonly ratio: number
}

/** Beside the outermost dot. */
const margin = 16
/** Pictures in a row of the sheet that they are drawn from. */
const perRow = 50
/** Height of a class's name, CSS pixels: on a large map, too, it is found among the dots. */
const nameSize = ({ width, height }: Frame): number => Math.max(15, Math.min(width, height) / 45)

/** How a map lies on a canvas: its middle, and how many CSS pixels 1 is. */
export interface View extends Frame {
  readonly middle: Point
  readonly scale: number
}

/** All dots, as large as there is room. */
export function viewOf(places: Places, frame: Frame): View {
  let [left, right, low, high] = [-1e-6, 1e-6, -1e-6, 1e-6]
  for (let i = 0; i < places.length; i += 2) {
    const [x, y] = [places[i] ?? NaN, places[i + 1] ?? NaN]
    if (x < left) left = x
    if (x > right) right = x
    if (y < low) low = y
    if (y > high) high = y
  }
  const scale = Math.min(
    Math.max(1, frame.width - 2 * margin) / (right - left),
    Math.max(1, frame.height - 2 * margin) / (high - low),
  )
  return { ...frame, middle: { x: (left + right) / 2, y: (low + high) / 2 }, scale }
}

function onCanvas({ x, y }: Point, { width, height, middle, scale }: View): Point {
  return { x: width / 2 + (x - middle.x) * scale, y: height / 2 - (y - middle.y) * scale }
}

export function fromCanvas({ x, y }: Point, { width, height, middle, scale }: View): Point {
  return { x: middle.x + (x - width / 2) / scale, y: middle.y + (height / 2 - y) / scale }
}

/** How large a dot and a picture are: CSS pixels. */
const dotRadius = ({ width, height }: Frame): number => Math.max(2.4, Math.min(5, Math.min(width, height) / 170))
const pictureSide = ({ width, height }: Frame): number => Math.max(14, Math.min(30, Math.min(width, height) / 26))

/** What is drawn again and again, made once for a theme and a size. */
export interface Brushes {
  readonly color: (token: string) => string
  /** By class, and of no class; `faint` where a box leaves them out. */
  readonly dots: Readonly<Record<'full' | 'faint', readonly Stamp[]>>
  readonly plain: Readonly<Record<'full' | 'faint', Stamp>>
  /** All of the canvas, pixel by pixel. */
  readonly paper: ImageData
}

const faint = 0.2

/** @param color of a token, as the theme has it */
export function brushes(frame: Frame, color: (token: string) => string): Brushes {
  const radius = dotRadius(frame) * frame.ratio
  const size = Math.ceil(3 * radius)
  const dot = ({ color: token, path }: (typeof classMarks)[number], alpha: number): Stamp =>
    stampOf(
      size,
      (context) => {
        context.setTransform(radius, 0, 0, radius, size / 2, size / 2)
        context.fillStyle = color(token)
        context.strokeStyle = color('--surface')
        // so that dots on each other stay apart
        context.lineWidth = 0.25
        const outline = new Path2D(path)
        context.stroke(outline)
        // oxlint-disable-next-line unicorn/no-array-fill-with-reference-type
        context.fill(outline)
      },
      alpha,
    )
  const all = (alpha: number) => classMarks.map((mark) => dot(mark, alpha))
  const [width, height] = pixelsOf(frame)
  return {
    color,
    dots: { full: all(1), faint: all(faint) },
    plain: { full: dot(plainMark, 1), faint: dot(plainMark, faint) },
    paper: new ImageData(width, height),
  }
}

/** Of the screen; one at least. */
export function pixelsOf({ width, height, ratio }: Frame): [width: number, height: number] {
  return [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))]
}

const sheets = new WeakMap<Tiles, { theme: string; sheet: OffscreenCanvas }>()

/** All pictures in the colours of their classes, without paper, so that those on each other can be read. */
function sheetOf(tiles: Tiles, labels: Uint8Array | null, theme: string, color: Brushes['color']): OffscreenCanvas {
  const here = sheets.get(tiles)
  if (here?.theme === theme) return here.sheet
  const count = tiles.pixels.length / imageSize
  const sheet = new OffscreenCanvas(perRow * side, Math.ceil(count / perRow) * side)
  const context = contextOf(sheet)
  const image = context.createImageData(sheet.width, sheet.height)
  for (const [i, value] of tiles.pixels.entries()) {
    const [tile, pixel] = [Math.floor(i / imageSize), i % imageSize]
    const x = (tile % perRow) * side + (pixel % side)
    const y = Math.floor(tile / perRow) * side + Math.floor(pixel / side)
    image.data[4 * (y * sheet.width + x) + 3] = value
  }
  context.putImageData(image, 0, 0)
  context.globalCompositeOperation = 'source-in'
  // each tile in its colour: what is not ink stays clear
  const colored = new OffscreenCanvas(sheet.width, sheet.height)
  const paint = contextOf(colored)
  for (let tile = 0; tile < count; tile++) {
    paint.fillStyle = color((labels === null ? plainMark : (classMarks[labels[tile] ?? 0] ?? plainMark)).color)
    paint.fillRect((tile % perRow) * side, Math.floor(tile / perRow) * side, side, side)
  }
  context.drawImage(colored, 0, 0)
  sheets.set(tiles, { theme, sheet })
  return sheet
}

/** @param theme the colours of the pictures' sheet are kept by it */
export function drawMap(
  context: CanvasRenderingContext2D,
  scene: Scene,
  frame: Frame,
  tools: Brushes,
  theme: string,
): void {
  context.setTransform(frame.ratio, 0, 0, frame.ratio, 0, 0)
  context.clearRect(0, 0, frame.width, frame.height)
  const view = viewOf(scene.places, frame)
  const { pictures, labels } = scene
  if (pictures === null) drawDots(context, scene, view, tools)
  else drawPictures(context, scene, view, sheetOf(pictures, labels, theme, tools.color))
  if (scene.labels !== null) drawNames(context, scene, view, tools)
  drawMarks(context, scene, view, tools)
}

function drawDots(
  context: CanvasRenderingContext2D,
  { places, labels, shown, selected }: Scene,
  { ratio, width, height, middle, scale }: View,
  { dots, plain, paper }: Brushes,
): void {
  paper.data.fill(0)
  for (let i = 0; 2 * i < places.length; i++) {
    if (!shown(i)) continue
    const look = selected === null || selected.has(i) ? 'full' : 'faint'
    const dot = (labels === null ? undefined : dots[look][labels[i] ?? 0]) ?? plain[look]
    const x = width / 2 + ((places[2 * i] ?? NaN) - middle.x) * scale
    const y = height / 2 - ((places[2 * i + 1] ?? NaN) - middle.y) * scale
    putStamp(paper, dot, x * ratio, y * ratio)
  }
  context.putImageData(paper, 0, 0)
}

function drawPictures(
  context: CanvasRenderingContext2D,
  { places, shown, selected }: Scene,
  view: View,
  sheet: OffscreenCanvas,
): void {
  const wide = pictureSide(view)
  for (let i = 0; 2 * i < places.length; i++) {
    if (!shown(i)) continue
    const { x, y } = onCanvas(placeOf(places, i), view)
    if (selected !== null) context.globalAlpha = selected.has(i) ? 1 : faint
    const [left, top] = [(i % perRow) * side, Math.floor(i / perRow) * side]
    context.drawImage(sheet, left, top, side, side, x - wide / 2, y - wide / 2, wide, wide)
  }
  context.globalAlpha = 1
}

/** At the dot that is nearest to the middle of its class; where several meet, the first of them. */
function drawNames(context: CanvasRenderingContext2D, scene: Scene, view: View, { color }: Brushes): void {
  const size = nameSize(view)
  Object.assign(context, { textAlign: 'center', textBaseline: 'middle', lineJoin: 'round', lineWidth: size / 4 })
  context.font = `600 ${size}px ${color('--font')}`
  context.strokeStyle = color('--surface')
  context.fillStyle = color('--text')
  const written: (Point & { wide: number })[] = []
  for (const [label, place] of [...middles(scene)].toSorted(([one], [other]) => one - other)) {
    const at = onCanvas(place, view)
    const wide = context.measureText(scene.name(label)).width
    // nearer to each other they would hide each other
    const meets = (other: (typeof written)[number]): boolean =>
      Math.abs(other.y - at.y) < 1.2 * size && Math.abs(other.x - at.x) < (other.wide + wide) / 2 + size / 4
    if (written.some(meets)) continue
    written.push({ ...at, wide })
    context.strokeText(scene.name(label), at.x, at.y)
    context.fillText(scene.name(label), at.x, at.y)
  }
}

/** By class, of those that are shown. */
function middles({ labels, places, shown }: Scene): Map<number, Point> {
  const found = new Map<number, Point>()
  if (labels === null) return found
  const sums = classMarks.map(() => ({ x: 0, y: 0, count: 0, nearest: -1, distance: Infinity }))
  for (let i = 0; i < labels.length; i++) {
    const sum = sums[labels[i] ?? 0]
    if (sum === undefined || !shown(i)) continue
    sum.x += places[2 * i] ?? NaN
    sum.y += places[2 * i + 1] ?? NaN
    sum.count++
  }
  for (let i = 0; i < labels.length; i++) {
    const sum = sums[labels[i] ?? 0]
    if (sum === undefined || !shown(i)) continue
    const [x, y] = [(places[2 * i] ?? NaN) - sum.x / sum.count, (places[2 * i + 1] ?? NaN) - sum.y / sum.count]
    const distance = x * x + y * y
    if (distance < sum.distance) Object.assign(sum, { nearest: i, distance })
  }
  for (const [label, { nearest }] of sums.entries()) if (nearest >= 0) found.set(label, placeOf(places, nearest))
  return found
}

function drawMarks(
  context: CanvasRenderingContext2D,
  { places, box, pointed, hand, pictures }: Scene,
  view: View,
  { color }: Brushes,
): void {
  context.strokeStyle = color('--accent')
  context.lineWidth = 1.5
  if (box !== null) {
    const [from, to] = [onCanvas(box.from, view), onCanvas(box.to, view)]
    context.strokeRect(from.x, from.y, to.x - from.x, to.y - from.y)
  }
  if (pointed >= 0) {
    const { x, y } = onCanvas(placeOf(places, pointed), view)
    context.lineWidth = 2
    context.beginPath()
    context.arc(x, y, pictures === null ? dotRadius(view) + 4 : 0.7 * pictureSide(view), 0, 2 * Math.PI)
    context.stroke()
  }
  if (hand !== null) cross(context, onCanvas(hand, view), color)
}

/** In the colour of ink, on a halo: it is no class. */
function cross(context: CanvasRenderingContext2D, { x, y }: Point, color: Brushes['color']): void {
  const arm = 8
  const path = new Path2D(`M${x - arm} ${y}H${x + arm}M${x} ${y - arm}V${y + arm}`)
  for (const [width, token] of [
    [6, '--surface'],
    [2.5, '--text'],
  ] as const) {
    context.lineWidth = width
    context.strokeStyle = color(token)
    context.stroke(path)
  }
}
