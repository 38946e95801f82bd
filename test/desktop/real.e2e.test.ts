/** The built app in the real Electron, where its program and a display are there. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron } from 'playwright-core'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const pathFile = join(root, 'node_modules/electron/path.txt')
const program = existsSync(pathFile) ? join(root, 'node_modules/electron/dist', readFileSync(pathFile, 'utf8')) : null
const display = process.platform !== 'linux' || process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']
const missing =
  program === null || !existsSync(program) ? 'Electron’s program is not here' : display ? null : 'there is no display'
if (missing !== null) console.log(`Skipped: the window with the real Electron, because ${missing}.`)

it.skipIf(missing !== null)('opens the page in a sandboxed window that talks to the app', async () => {
  execFileSync(process.execPath, [join(root, 'node_modules/electron-vite/bin/electron-vite.js'), 'build'], {
    cwd: root,
  })
  const folder = mkdtempSync(join(tmpdir(), 'vlae-electron-'))
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const app = await _electron.launch({
    executablePath: program!,
    args: [...sandbox, `--user-data-dir=${folder}`, root],
    cwd: folder,
  })
  try {
    const page = await app.firstWindow()
    await page.getByText('Start training').waitFor()
    expect(page.url()).toBe('app://vlae/')
    expect(await page.evaluate('typeof require + typeof process')).toBe('undefinedundefined')
    expect(await page.evaluate('Object.keys(window.vlae).sort()')).toEqual(['connect', 'pathOf'])
  } finally {
    await app.close()
    rmSync(folder, { recursive: true })
  }
})
