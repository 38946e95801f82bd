/** The window in the real Electron, as a person has it: training on real MNIST. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { reach, press, runFile, runsIn, setStage, skipped, state, train, type Stage } from './app'

describe.skipIf(skipped)('the window', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await setStage()
  })
  afterEach(() => stage?.clear())
  afterAll(() => stage?.close())

  it('opens on the page, in a sandbox, without a word of complaint', async () => {
    const { page } = await stage.start()
    const problems: string[] = []
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
    await page.getByText('Start training').first().waitFor()
    expect(page.url()).toBe('app://vlae/')
    expect(await page.evaluate('typeof require + typeof process')).toBe('undefinedundefined')
    expect(await page.evaluate('Object.keys(window.vlae).sort()')).toEqual(['connect', 'pathOf'])
    expect(problems).toEqual([])
  })

  it('trains, pauses, goes on and stops', async () => {
    const { page, place } = await stage.start({ settings: { run: { limit: 3200, epochs: 200 } } })
    await train(page)
    await press(page, 'Pause')
    await reach(page, 'Paused')
    const [run] = await runsIn(place.result)
    const stood = await runFile(run!)
    expect(stood.status).toBe('paused')
    await press(page, 'Resume')
    await reach(page, 'Training')
    await press(page, 'Stop')
    await reach(page, 'Stopped')
    expect(await state(page)).toContain('Stopped')
    expect((await runFile(run!)).status).toBe('stopped')
    expect((await runFile(run!)).step).toBeGreaterThan(stood.step)
  })
})
