/** What a release says of itself. */
import { describe, expect, it } from 'vitest'
import { assertTag, notesOf } from '../../main/packing/release-notes.mjs'

const changelog = `# Changelog

What changes, the newest first.

## Unreleased

- Not out yet.

## 0.2.0 – 2026-12-01

Mostly mended things.
They are these:

- A run goes on, also where
  its disk was full.
- \`npm start\` opens
  \`the window\`.
  - A part of it.

### For developers

- Tests.

## [0.10.0] - 2026-11-30

- Ten.

## 0.1.0

## 0.0.1
- First.
`

describe('the notes of a release', () => {
  it('are its section, a line an item', () => {
    expect(notesOf(changelog, '0.2.0')).toBe(`Mostly mended things. They are these:

- A run goes on, also where its disk was full.
- \`npm start\` opens \`the window\`.
  - A part of it.

### For developers

- Tests.
`)
  })

  it('are found by the whole version, however its heading goes on', () => {
    expect(notesOf(changelog, '0.10.0')).toBe('- Ten.\n')
    expect(notesOf(changelog, '0.0.1')).toBe('- First.\n')
    expect(notesOf(changelog.replaceAll('\n', '\r\n'), '0.10.0')).toBe('- Ten.\n')
  })

  it('are not made up', () => {
    expect(() => notesOf(changelog, '0.1.0')).toThrow('says nothing')
    for (const version of ['0.3.0', '0.2', '2.0', '', 'Unreleased-1'])
      expect(() => notesOf(changelog, version)).toThrow('no section')
    expect(() => notesOf('', '0.1.0')).toThrow('no section')
  })

  it('belong to a tag', () => {
    expect(() => assertTag('v0.2.0', '0.2.0')).not.toThrow()
    for (const tag of ['0.2.0', 'v0.2.1', 'v0.2.0-rc.1', '']) expect(() => assertTag(tag, '0.2.0')).toThrow('v0.2.0')
  })
})
