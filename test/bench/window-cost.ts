/** What a step of training costs in the terminal and in the window, in the processor's time (Linux). */
import { spawn } from 'node:child_process'
import { median, nodeFlags } from './measure'
import { spentBy } from './processor'
import { lastStep, runsIn, startButton, until, type Stage } from './window-app'

/** Steps that are measured: from the first one to the second. */
const [from, to] = [10, 90]
const ways = ['terminal', 'thread', 'process'] as const
type Way = (typeof ways)[number]

/** Other work on the machine makes a step wait, but hardly makes it cost more. */
export async function measureCost(stage: Stage, rounds: number): Promise<void> {
  const costs: Record<Way, number[]> = { terminal: [], thread: [], process: [] }
  for (let round = 1; round <= rounds; round++) {
    for (const way of round % 2 === 1 ? ways : ways.toReversed())
      costs[way].push(way === 'terminal' ? await inTerminal(stage) : await inWindow(stage, way))
    console.log(`cost ${round}: ${ways.map((way) => `${way} ${costs[way].at(-1)!.toFixed(1)}`).join(', ')} ms a step`)
  }
  for (const way of ['thread', 'process'] as const) {
    const ratios = costs[way].map((cost, i) => costs.terminal[i]! / cost)
    console.log(
      `cost, ${way}: ${median(costs[way]).toFixed(1)} ms a step, the terminal's ${median(costs.terminal).toFixed(1)}: ` +
        `the terminal's is ${median(ratios).toFixed(3)} of it (${Math.min(...ratios).toFixed(3)}–${Math.max(...ratios).toFixed(3)}, median of ${rounds})`,
    )
  }
}

async function inTerminal(stage: Stage): Promise<number> {
  const { result } = stage.place()
  const settings = ['--epochs', '1', '--limit', '12800', '--out', result]
  const child = spawn(process.execPath, [...nodeFlags, 'out/main/cli.js', 'train', '--json', ...settings], {
    stdio: 'ignore',
  })
  const ended = new Promise((done) => child.once('exit', done))
  try {
    return await costOf(child.pid!, result)
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

async function inWindow(stage: Stage, trainer: 'thread' | 'process'): Promise<number> {
  const place = stage.place({ trainer, run: { epochs: 1, limit: 12800 } })
  const { electron, child, ended } = await stage.open(place)
  const page = await electron.firstWindow()
  await page.waitForSelector('main[aria-busy=false]')
  await startButton(page).click()
  const pid =
    trainer === 'thread'
      ? child.pid!
      : await until(() =>
          electron.evaluate(({ app }) => app.getAppMetrics().find(({ name }) => name === 'VLAE Studio: training')?.pid),
        )
  try {
    return await costOf(pid, place.result)
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

/** Milliseconds of a process's threads for a step of the run in a folder, from step 10 to 90. */
async function costOf(pid: number, result: string): Promise<number> {
  const first = await until(() => reached(result, from))
  const before = await spentBy(pid)
  const last = await until(() => reached(result, to))
  return ((await spentBy(pid)) - before) / (last - first)
}

function reached(result: string, step: number): number | undefined {
  const [run] = runsIn(result)
  const last = run === undefined ? 0 : lastStep(run)
  return last >= step ? last : undefined
}
