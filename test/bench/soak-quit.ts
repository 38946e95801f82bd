/**
 * `npm run soak:quit -- N`: N times the app's window is opened, used and left, at a moment of chance: it must end with
 * exit code 0, and where it trained, with every step saved.
 *
 * What it is left in takes turns: its start, with everything still to be made ready; the measuring of engines; sampling,
 * reconstructing or evaluating; training (every fifth). So do the ways out: by the menu's quit, by the window's cross,
 * by a signal; and where it trains, in a thread or in a process of its own.
 */
import { cpSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { ElectronApplication, Page } from 'playwright-core'
import { random } from '../random'
import { machine } from './measure'
import { lastStep, runFileOf, runsIn, setStage, startButton, until, type Place, type Settings } from './window-app'

const { values, positionals } = parseArgs({
  options: { seed: { type: 'string', default: '1' } },
  allowPositionals: true,
})
const wanted = Number(positionals[0] ?? 20)
/** The kinds and moments of a soak can be had again, as far as time allows. */
const chance = random(Number(values.seed))
const oneOf = <T>(...values: readonly T[]): T => values[Math.floor(chance() * values.length)]!

const moments = ['start', 'engines', 'work', 'start', 'training'] as const
type Moment = (typeof moments)[number]
/** Milliseconds from the moment's beginning to its end by chance, at most. */
const longest: Record<Moment, number> = { start: 6000, engines: 5000, work: 1500, training: 3000 }
const ways = ['quit', 'close', 'signal'] as const

const training: Settings = { run: { limit: 6400, epochs: 200 } }
const stage = await setStage()
const tally = { quits: 0, unused: 0, failed: 0, training: 0, lost: 0, moments: new Map<string, number>() }
const began = performance.now()
try {
  console.log(`${machine()}; ${wanted} starts and quits, seed ${values.seed}`)
  const trained = await trainedPlace()
  for (let i = 0; i < wanted; i++)
    await once(i, trained).catch((thrown: unknown) => {
      tally.unused++
      console.log(`${i + 1}: could not be used: ${String(thrown).slice(0, 3000)}`)
    })
} finally {
  await stage.close()
}
const shares = [...tally.moments].map(([moment, count]) => `${moment} ${count}`).join(', ')
console.log(
  `${tally.quits} starts and quits (${shares}): ${tally.failed} with another exit code than 0, ${tally.unused} that could not be used; ` +
    `${tally.training} while training, ${tally.lost} steps lost; ${((performance.now() - began) / wanted / 1000).toFixed(1)} s each`,
)
process.exitCode = tally.failed + tally.lost + tally.unused === 0 ? 0 : 1

/** A folder with a run that has ended: something to draw from. */
async function trainedPlace(): Promise<Place> {
  const place = stage.place({ run: { limit: 2560, epochs: 1 } })
  const { electron, ended } = await stage.open(place)
  const page = await pageOf(electron)
  await startButton(page).click()
  await until(() => runsIn(place.result).some((run) => runFileOf(run).status === 'done'))
  await quit(electron)
  await ended
  return place
}

async function once(number: number, trained: Place): Promise<void> {
  const moment = moments[number % moments.length]!
  const trainer = oneOf('thread', 'process')
  const way = oneOf(...ways)
  const place = stage.place({ ...training, trainer }, { cache: moment !== 'engines' })
  if (moment === 'work') cpSync(trained.result, place.result, { recursive: true })
  const { electron, child, ended, words } = await stage.open(place)
  const at = await begin(moment, electron)
  const delay = chance() * longest[moment]
  await sleep(delay)
  // a person who is asked saves
  await electron.evaluate(({ dialog }) => {
    dialog.showMessageBox = (async () => ({ response: 1, checkboxChecked: false })) as never
  })
  const asked = performance.now()
  if (way === 'signal') child.kill('SIGTERM')
  else if (way === 'close') await close(electron)
  else await quit(electron)
  const { code, signal } = await Promise.race([ended, sleep(30_000, { code: null, signal: 'none in 30 s' as const })])
  const took = performance.now() - asked
  tally.quits++
  tally.moments.set(moment, (tally.moments.get(moment) ?? 0) + 1)
  let end = ''
  if (moment === 'training') {
    tally.training++
    const [run] = runsIn(place.result)
    const { status, step } = runFileOf(run!)
    const lost = lastStep(run!) - step
    tally.lost += lost
    end = `, ${status} at step ${step}${lost === 0 ? '' : `, ${lost} STEPS LOST`}`
    if (status !== 'stopped' || step === 0) tally.failed++
  }
  const well = code === 0
  if (!well) tally.failed++
  console.log(
    `${number + 1}: ${moment}${at} + ${delay.toFixed(0)} ms, ${trainer}, ${way}: ` +
      `${well ? 'exit code 0' : `EXIT ${code ?? signal}`} after ${took.toFixed(0)} ms${end}`,
  )
  if (!well) console.log(words().slice(-2000))
}

/** Brings the app to the moment. What it was, for a person. */
async function begin(moment: Moment, electron: ElectronApplication): Promise<string> {
  if (moment === 'start') return ''
  const page = await pageOf(electron)
  if (moment === 'engines') return ''
  if (moment === 'training') {
    await startButton(page).click()
    await page.getByRole('img', { name: /^Loss by epoch.*train: from/s }).waitFor({ timeout: 60_000 })
    return ''
  }
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: 'Checkpoints' }).click()
  const work = oneOf('Sample', 'Reconstruct', 'Compress', 'Evaluate')
  await page.getByRole('main').getByRole('button', { name: work, exact: true }).first().click()
  await page
    .getByRole('button', { name: new RegExp(`^${work} (from |with )?epoch`) })
    .first()
    .click({ timeout: 20_000 })
  return ` (${work.toLowerCase()})`
}

async function pageOf(electron: ElectronApplication): Promise<Page> {
  const page = await electron.firstWindow()
  await page.waitForSelector('main[aria-busy=false]')
  return page
}

/** As by the menu. The answer may not come back any more. */
async function quit(electron: ElectronApplication): Promise<void> {
  await electron.evaluate(({ app }) => app.quit()).catch(() => undefined)
}

/** As by the window's cross; where there is no window yet, by the menu. */
async function close(electron: ElectronApplication): Promise<void> {
  await electron
    .evaluate(({ app, BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows()
      if (window === undefined) app.quit()
      else window.close()
    })
    .catch(() => undefined)
}
