/**
 * `node main/packing/release-notes.mjs [v1.2.3]`: prints what CHANGELOG.md says of the version in package.json, as the
 * text of its release; with a tag it makes sure first that the tag is that version's.
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/**
 * The section `## VERSION`, whatever follows the version there, as paragraphs and items of a line each: in the text of a
 * release a line's end is a line's end.
 *
 * @throws Error where there is none, or nothing in it
 */
export function notesOf(changelog, version) {
  const sections = changelog.replaceAll('\r\n', '\n').split(/^## +/m).slice(1)
  const section = sections.find((text) => text.split(/\s/, 1)[0].replace(/^\[|\]$/g, '') === version)
  if (section === undefined)
    throw new Error(`CHANGELOG.md has no section “## ${version}”. Give “## Unreleased” that name, and its date.`)
  const text = section.slice(section.search(/\n|$/)).trim()
  if (text === '') throw new Error(`CHANGELOG.md says nothing under “## ${version}”.`)
  return `${text.replace(/(?<=\S)\n *(?=[^\s\-*#|>]|\*\*)/g, ' ')}\n`
}

/** @throws Error where the tag is another version's */
export function assertTag(tag, version) {
  if (tag !== `v${version}`)
    throw new Error(`The tag is ${tag}, and package.json says ${version}: the tag of that is v${version}.`)
}

if (process.argv[1] === import.meta.filename) {
  const root = resolve(import.meta.dirname, '../..')
  const read = (name) => readFileSync(join(root, name), 'utf8')
  const { version } = JSON.parse(read('package.json'))
  const [tag] = process.argv.slice(2)
  try {
    if (tag !== undefined) assertTag(tag, version)
    process.stdout.write(notesOf(read('CHANGELOG.md'), version))
  } catch (error) {
    console.error(error.message)
    process.exit(1)
  }
}
