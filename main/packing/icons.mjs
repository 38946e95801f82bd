/** The app's icon in each system's format, all from one SVG. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { initWasm, Resvg } from '@resvg/resvg-wasm'
import { IconIcns, IconIco } from '@shockpkg/icon-encoder'

/** Linux: a folder of PNGs. Windows: what Explorer shows, from its list to its largest tiles. */
const linux = [16, 24, 32, 48, 64, 96, 128, 256, 512, 1024]
const windows = [16, 20, 24, 32, 40, 48, 64, 96, 128, 256]
/** macOS: pixels by the kind of entry; a size twice is one for screens with twice as many pixels. */
const mac = {
  ic04: 16,
  ic05: 32,
  ic11: 32,
  ic12: 64,
  ic07: 128,
  ic13: 256,
  ic08: 256,
  ic14: 512,
  ic09: 512,
  ic10: 1024,
}
/** Apple's grid: an icon fills 824 of 1024 pixels. */
const macShare = 824 / 1024

/** Writes `icons/<size>x<size>.png`, `icon.ico` and `icon.icns` into a folder. */
export async function makeIcons(svgFile, folder) {
  const svg = await readFile(svgFile, 'utf8')
  await mkdir(join(folder, 'icons'), { recursive: true })
  for (const size of linux) await writeFile(join(folder, 'icons', `${size}x${size}.png`), await drawIcon(svg, size))

  const ico = new IconIco()
  for (const size of windows) await ico.addFromPng(await drawIcon(svg, size))
  await writeFile(join(folder, 'icon.ico'), ico.encode())

  const icns = new IconIcns()
  const padded = withMargin(svg, macShare)
  for (const [type, size] of Object.entries(mac)) await icns.addFromPng(await drawIcon(padded, size), [type])
  await writeFile(join(folder, 'icon.icns'), icns.encode())
}

const wasm = createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm')
let ready

/** A PNG of an SVG, `size` pixels wide. */
export async function drawIcon(svg, size) {
  // a copy of this module that is bundled into Vite's configuration may have done it before
  ready ??= readFile(wasm)
    .then(initWasm)
    .catch(() => undefined)
  await ready
  const image = new Resvg(svg, { fitTo: { mode: 'width', value: size } })
  return image.render().asPng()
}

/** The same drawing with room around it: `share` of the whole is the drawing's. */
function withMargin(svg, share) {
  const [, box] = /viewBox="0 0 (\d+) \1"/.exec(svg) ?? []
  if (box === undefined) throw new Error('The icon has no square viewBox that begins at 0.')
  const margin = (box / share - box) / 2
  return svg.replace(`viewBox="0 0 ${box} ${box}"`, `viewBox="${-margin} ${-margin} ${box / share} ${box / share}"`)
}
