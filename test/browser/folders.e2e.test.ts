/** The result folder as real disks and other programs leave it, seen by real processes and a real browser. */
import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { writeRun } from '../app/fake-trainer'
import { goTo, launchBrowser, skipped } from '../renderer/browser'
import { openDoors, patience, visit } from './door'

/** Root may read everything, unless it is started without that privilege. */
const privileged = process.getuid?.() === 0
const without = ['--bounding-set', '-dac_override,-dac_read_search', '--inh-caps', '-dac_override,-dac_read_search']
const noRights = process.platform === 'win32' || (privileged && spawnSync('setpriv', [...without, 'true']).status !== 0)
if (noRights)
  console.info('Nothing can be closed to root here: folders without rights are not tested. Install setpriv.')

let doors: ReturnType<typeof openDoors>
beforeAll(async () => {
  doors = openDoors((command, args, options) =>
    privileged && !noRights ? spawn('setpriv', [...without, command, ...args], options) : spawn(command, args, options),
  )
})
afterEach(() => doors.closeAll())
afterAll(() => doors.remove())

let folders = 0
/** A folder to start in, whose `result` is empty. */
function place(): { cwd: string; result: string } {
  const cwd = join(doors.folder, `place-${++folders}`)
  mkdirSync(join(cwd, 'result'), { recursive: true })
  return { cwd, result: join(cwd, 'result') }
}

/** Runs a command to its end. */
async function type(cwd: string, ...args: string[]): Promise<{ code: number; output: string }> {
  const { child, output } = doors.run('cli', args, cwd)
  const code = await new Promise<number>((resolve) => child.once('close', resolve))
  return { code, output: output() }
}

describe.skipIf(noRights)('folders without rights', () => {
  it.skipIf(skipped)(
    'leave the page whole; the result folder itself leaves all but the runs, and comes back',
    async () => {
      const { cwd, result } = place()
      writeRun(result, '2026-11-22-0812-seen', 2, { name: 'seen' })
      for (const name of ['lost+found', 'System Volume Information', '2026-11-23-0812-closed'])
        mkdirSync(join(result, name), { mode: 0o000 })
      const door = await doors.open(cwd)
      const browser = await launchBrowser()
      try {
        const page = await browser.newPage()
        await goTo(page, door.url)
        await page.keyboard.press('4')
        await page.getByRole('button', { name: 'seen', exact: true }).waitFor()
        await page.getByText('Its folder could not be read: access is not allowed').waitFor()
        await expect.poll(() => page.getByRole('row').count()).toBe(3)

        chmodSync(result, 0o000)
        await page.getByRole('heading', { name: 'The runs cannot be shown' }).waitFor()
        // a run that was just being read may be told of, too
        const told = page.getByRole('alert').filter({ hasText: 'The runs cannot be shown' })
        expect(await told.textContent()).toContain(`${result} could not be read: access is not allowed`)
        // also for one who comes now
        await page.reload()
        await page.getByRole('heading', { name: 'The runs cannot be shown' }).waitFor()
        await page.getByRole('button', { name: 'Use another result folder' }).click()
        await page.getByRole('button', { name: 'Dark' }).click()
        await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe('dark')
        await page.getByRole('alert').getByText('access is not allowed').first().waitFor()
        await page.keyboard.press('7')
        await page.getByText('60,000').first().waitFor()

        chmodSync(result, 0o755)
        await page.keyboard.press('4')
        await page.getByRole('button', { name: 'seen', exact: true }).waitFor()
      } finally {
        chmodSync(result, 0o755)
        await browser.close()
      }
    },
  )

  it('are left out or marked by the commands, which say where nothing can be read', async () => {
    const { cwd, result } = place()
    writeRun(result, '2026-11-22-0812-seen', 2)
    for (const name of ['lost+found', '2026-11-23-0812-closed']) mkdirSync(join(result, name), { mode: 0o000 })
    const { code, output } = await type(cwd, 'runs')
    expect([code, output.split('\n').length]).toEqual([0, 4])
    expect(output).toMatch(/2026-11-23-0812-closed .*failed: .*access is not allowed/)
    // the weights are no weights: it was the newest usable one that they were looked for in
    expect((await type(cwd, 'evaluate', 'latest')).output).toContain('2026-11-22-0812-seen')
    chmodSync(result, 0o000)
    try {
      for (const command of [['runs'], ['evaluate', 'latest'], ['resume', 'x']]) {
        const told = await type(cwd, ...command)
        expect([told.code, told.output]).toEqual([1, expect.stringMatching(/could not be read: access is not allowed/)])
      }
      const door = await doors.open(cwd)
      await expect.poll(door.output, patience).toContain(`${result} could not be read: access is not allowed`)
      expect((await (await visit(door)).app.snapshot({})).resultFolder.problem).toMatchObject({ code: 'disk/denied' })
    } finally {
      chmodSync(result, 0o755)
    }
  })
})

describe('two apps on one result folder', () => {
  it('delete for good what they have removed themselves, and what one that was killed has left', async () => {
    const { cwd, result } = place()
    for (const id of ['of-first', 'of-second', 'stays']) writeRun(result, id, 2)
    mkdirSync(join(result, '.trash', 'note'), { recursive: true })
    writeFileSync(join(result, 'stays', 'note.md'), 'mine')
    const [first, second] = [await doors.open(cwd), await doors.open(cwd)]
    const [one, other] = [await visit(first), await visit(second)]
    await one.app.remove({ run: 'of-first' })
    await one.app.remove({ run: 'stays', epoch: 1 })
    await other.app.remove({ run: 'of-second' })
    expect(await second.end('SIGTERM')).toBe(0)
    expect(await one.app.restore({ run: 'of-first' })).toBe('of-first')
    await one.app.restore({ run: 'stays', epoch: 1 })
    expect((await one.app.snapshot({})).runs.map(({ id }) => id).toSorted()).toEqual(['of-first', 'stays'])
    expect(readdirSync(result).toSorted()).toEqual(['.trash', 'of-first', 'stays'])

    // killed, it leaves what it has removed to the next one that closes
    await one.app.remove({ run: 'of-first' })
    await one.app.remove({ run: 'stays' })
    await first.end('SIGKILL')
    expect(readdirSync(result).filter((name) => name.startsWith('.vlae-removed-'))).toHaveLength(2)
    const next = await doors.open(cwd)
    // one that has shown nobody what is there clears nothing away
    await (await visit(next)).app.snapshot({})
    expect(await next.end('SIGTERM')).toBe(0)
    expect(readdirSync(result).toSorted()).toEqual(['.trash', 'stays'])
    expect([readdirSync(join(result, 'stays')), existsSync(join(result, '.trash', 'note'))]).toEqual([
      ['note.md'],
      true,
    ])
  })
})

it('runs behind links, and of any name, are listed and found by it', async () => {
  const { cwd, result } = place()
  const elsewhere = join(cwd, 'elsewhere')
  writeRun(elsewhere, 'far', 2)
  symlinkSync(join(elsewhere, 'far'), join(result, 'near'), 'junction')
  const name = process.platform === 'win32' ? 'a b' : '12:30? what\u001b[31m'
  writeRun(result, name, 2)
  const { output } = await type(cwd, 'runs')
  expect(output).toContain('near')
  expect(output).toContain(name.replace('\u001b', '␛'))
  for (const run of ['near', name]) {
    // what they say of the weights, which are none, shows that they were found
    const told = await type(cwd, 'sample', run)
    expect([told.code, told.output]).toEqual([1, expect.stringContaining('safetensors')])
  }
})
