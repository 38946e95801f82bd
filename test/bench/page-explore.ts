/** What Explore costs the training whose newest epoch it shows, panel by panel. */
import type { Page } from 'playwright-core'
import type { Door } from './door'
import { median } from './measure'
import type { Watcher } from './watcher'

const panels = ['Draw', 'Morph', 'Latents', 'Map', 'Between two', 'Compress', 'How it works'] as const
/** Steps until the page is there and drawn; images a step. */
const [settle, batch] = [120, 128]

/** Whole epochs with each panel open, and between them without a page: each beside the mean of its neighbours. */
export async function measureExplore(door: Door, watcher: Watcher, page: Page, rounds: number): Promise<void> {
  await watcher.epoch(1)
  const ratios = new Map<string, number[]>(panels.map((panel) => [panel, []]))
  let before = await speed(watcher, () => page.goto('about:blank'))
  for (let round = 1; round <= rounds; round++) {
    for (const panel of panels) {
      const open = await speed(watcher, () => show(door, page, panel))
      const after = await speed(watcher, () => page.goto('about:blank'))
      const ratio = open / ((before + after) / 2)
      ratios.get(panel)!.push(ratio)
      console.log(
        `explore ${round}, ${panel}: open ${open.toFixed(0)}, without ${before.toFixed(0)} and ${after.toFixed(0)} ` +
          `images/s, ratio ${ratio.toFixed(3)}`,
      )
      before = after
    }
  }
  for (const [panel, all] of ratios) console.log(`explore, ${panel}: median ratio ${median(all).toFixed(3)}`)
}

/** Images a second over as many steps as an epoch has, so that the end of one, its test and its pictures are among them. */
async function speed(watcher: Watcher, act: () => Promise<unknown>): Promise<number> {
  await act()
  const from = await watcher.step(watcher.now + settle)
  const to = await watcher.step(from.step + watcher.stepsPerEpoch)
  return (batch * (to.step - from.step)) / ((to.at - from.at) / 1000)
}

/** With a digit of the test set in hand, as a person has one there. */
async function show(door: Door, page: Page, panel: (typeof panels)[number]): Promise<void> {
  await page.goto(`${door.url}#explore`)
  await page
    .getByRole('button', { name: /^Test image \d+/ })
    .first()
    .click()
  await page
    .getByRole('group', { name: 'What to do with it' })
    .getByRole('button', { name: panel, exact: true })
    .click()
}
