/** Names of classes: as a person writes them down beside the data, and everything that can be wrong with that. */
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { classesName, knownClasses, parseClasses, readClasses } from '../../main/mnist/classes'
import { inspectDataset, loadDataset } from '../../main/mnist/dataset'
import { readRunFile } from '../../main/runs/folder'
import { Runs } from '../../main/runs/list'
import { writeRun } from '../app/fake-trainer'
import { folderWith, smallSet } from './small-set'

const names = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot']
const text = names.join('\n')

describe('classes.txt', () => {
  it.each([
    ['as editors end it', `${text}\n`],
    ['without an end', text],
    ['with blank lines at its end', `${text}\n\n  \n`],
    ['of Windows', `\ufeff${names.join('\r\n')}\r\n`],
    ['of an old Mac', names.join('\r')],
    ['with spaces around the names', names.map((name) => ` ${name}\t`).join('\n')],
    ['in UTF-16', Buffer.from(`\ufeff${text}`, 'utf16le')],
  ])('%s', (_, content) => {
    expect(parseClasses(Buffer.from(content as string))).toEqual({ classes: names, notes: [] })
  })

  it('in any script, up to 40 characters each', () => {
    const others = [...'おきすつなはまやれ', '😀'.repeat(40)]
    expect(parseClasses(Buffer.from(others.join('\n'))).classes).toEqual(others)
  })

  it.each([
    ['empty', '', 'has 0 lines, not ten'],
    ['of one line', 'Trouser', 'has 1 line, not ten'],
    ['of nine', names.slice(1).join('\n'), 'has 9 lines, not ten'],
    ['of eleven', `${text}\nHat`, 'has 11 lines, not ten'],
    ['with a line of nothing', text.replace('Dress', ''), 'has nothing in its line 4'],
    ['with a name that is too long', text.replace('Coat', 'x'.repeat(41)), 'has more than 40 characters in its line 5'],
    [
      'with what a terminal obeys',
      text.replace('Coat', '\u001b[2J'),
      'has characters in its line 5 that cannot be shown',
    ],
    [
      'with what turns text around',
      text.replace('Coat', '\u202eCoat'),
      'has characters in its line 5 that cannot be shown',
    ],
    ['with a name twice', text.replace('Coat', 'Dress'), 'has "Dress" twice'],
    ['in Latin-1', Buffer.from(text.replace('Coat', 'Mäntel'), 'latin1'), 'is not a text in UTF-8'],
    ['that is a picture', Buffer.from('89504e47ff0a', 'hex'), 'is not a text in UTF-8'],
  ])('%s: is not used, and says why', (_, content, why) => {
    expect(parseClasses(Buffer.from(content as string))).toEqual({
      classes: null,
      notes: [
        `classes.txt ${why}, so it is not used. Write one name a line into classes.txt, ten lines, class 0 first.`,
      ],
    })
  })
})

describe('beside a dataset', () => {
  let folder: string
  let fingerprint: string
  beforeAll(async () => {
    folder = await folderWith(await smallSet())
    ;({ fingerprint } = await loadDataset(folder))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('its names are the data’s, and change nothing of what the data is', async () => {
    expect((await loadDataset(folder)).classes).toBeNull()
    await writeFile(join(folder, classesName), text)
    expect(await loadDataset(folder)).toMatchObject({ classes: names, fingerprint, notes: [] })
    expect(await inspectDataset(folder)).toMatchObject({ classes: names, problems: [] })
    await writeFile(join(folder, classesName), names.slice(1).join('\n'))
    const { classes, notes, problems } = await inspectDataset(folder)
    expect([classes, problems]).toEqual([null, []])
    expect(notes).toContainEqual(expect.stringContaining('has 9 lines, not ten'))
  })

  it('is looked for where the files are, too, and nothing else than a file is opened', async () => {
    const [outer, inner] = await Promise.all([0, 1].map(() => mkdtemp(join(tmpdir(), 'vlae-classes-'))))
    await writeFile(join(inner!, classesName), text)
    expect(await readClasses([outer!, inner!])).toEqual({ classes: names, notes: [] })
    await symlink(inner!, join(outer!, classesName))
    expect((await readClasses([outer!, inner!])).notes).toEqual([expect.stringContaining('is not a file')])
    await Promise.all([outer!, inner!].map((path) => rm(path, { recursive: true })))
  })
})

describe('a run', () => {
  const dataOf = (fingerprint: string) => {
    return { name: 'x', folder: '/x', bundled: false, fingerprint, trainImages: 1, testImages: 1, classes: null }
  }

  it('of before shows the names of a set that is known, any other its numbers', async () => {
    const results = await mkdtemp(join(tmpdir(), 'vlae-classes-'))
    const fashion = '14410854cf7a289477dcfc7df3f8ec24741e281cdcc425ede0d9a748ca630214'
    writeRun(results, 'a', 0, { data: dataOf(fashion) })
    writeRun(results, 'b', 0, { data: dataOf('f'.repeat(64)) })
    writeRun(results, 'c', 0, { data: { ...dataOf(fashion), classes: [...'abcdefghij'] } })
    const runs = new Runs(results)
    const classes = await Promise.all(['a', 'b', 'c'].map(async (id) => (await runs.get(id)).data!.classes))
    expect(classes).toEqual([names, null, [...'abcdefghij']])
    for (const other of ['', 'f'.repeat(64), 'constructor']) expect(knownClasses(other)).toBeNull()
    await rm(results, { recursive: true })
  })

  it('whose run.json has other things for names is whole', async () => {
    const results = await mkdtemp(join(tmpdir(), 'vlae-classes-'))
    const json = await readFile(join(import.meta.dirname, '../fixtures/runs-0.1/label/run.json'), 'utf8')
    const withNames = (classes: readonly string[]) => {
      const file = JSON.parse(json) as { data: object }
      return writeFile(join(results, 'run.json'), JSON.stringify({ ...file, data: { ...file.data, classes } }))
    }
    await withNames(names)
    expect((await readRunFile(results)).data.classes).toEqual(names)
    await withNames(['\u001b[2J', ...names.slice(1)])
    expect((await readRunFile(results)).data.classes).toBeNull()
    await rm(results, { recursive: true })
  })
})
