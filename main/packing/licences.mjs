/** What the installed app is made of: its packages by name and version, and the texts of their licences. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A Vite plugin: writes which packages a part was bundled from, as paths from the project's folder, to a JSON file. */
export function noteBundled(file) {
  return {
    name: 'note-bundled-packages',
    // of a page's workers nothing but this is called
    async generateBundle(_options, bundle) {
      const ids = Object.values(bundle).flatMap((file) =>
        file.type === 'chunk' ? file.moduleIds : file.originalFileNames,
      )
      const packages = ids.flatMap(
        (id) => /(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? [],
      )
      await mkdir(join(file, '..'), { recursive: true })
      await writeFile(file, JSON.stringify([...new Set(packages)].toSorted()))
    },
  }
}

/** Packages that are not bundled, but lie in the package; koffi's native code, in @koromix, is a part of koffi. */
export const besides = ['koffi', 'onnxruntime-common', 'onnxruntime-node']

/**
 * Writes `licences.txt`: the app's own licence, and every package in it with its.
 * @param bundled a folder of what `noteBundled` wrote
 */
export async function writeLicences(root, bundled, file) {
  const lists = await Promise.all((await readdir(bundled)).map(async (name) => readFile(join(bundled, name), 'utf8')))
  const packages = new Set([
    ...lists.flatMap((list) => JSON.parse(list)),
    ...besides.map((name) => `node_modules/${name}`),
  ])
  const entries = await Promise.all([...packages].toSorted().map((path) => entryOf(join(root, path))))
  const own = await readFile(join(root, 'LICENSE'), 'utf8')
  await writeFile(file, [introduction(own), ...entries, mnist].join(`\n${'-'.repeat(80)}\n`))
}

const introduction = (own) => `VLAE Studio

${own.trim()}

It holds the packages below, and MNIST. Of a package that brings no text the licence is named. ONNX Runtime's library has
parts of others in it: ThirdPartyNotices.txt of its source lists them. The app runs on Electron and Chromium: their licences lie beside the app's program,
LICENSE.electron.txt and LICENSES.chromium.html.
`

const mnist = `
MNIST, Yann LeCun and Corinna Cortes: Creative Commons Attribution-Share Alike 3.0
`

async function entryOf(folder) {
  const { name, version, license, author, repository } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  )
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
  const texts = await Promise.all(files.toSorted().map((file) => readFile(join(folder, file), 'utf8')))
  const [id] = /[A-Z][\w.-]+/.exec(license) ?? []
  if (texts.length === 0) texts.push(`The package brings no text. It is https://spdx.org/licenses/${id}.html`)
  const from = [author?.name ?? author, repository?.url ?? repository].filter(Boolean).join(', ')
  return `\n${name} ${version}: ${license}\n${from}\n\n${texts.map((text) => text.trim()).join('\n\n')}\n`
}
