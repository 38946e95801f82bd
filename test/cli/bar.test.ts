import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { barLine } from '../../main/cli/bar'
import { canRedraw, widthOf } from '../../main/cli/terminal'
import { ladder } from '../../preload/models/ladder'
import { standIn, story, storyTrainer, type } from './stand-in'

const state = {
  training: { epoch: 3, epochs: 30, step: 812, steps: 10_000, work: null, secondsLeft: 700 },
  card: ladder,
  step: story.step1,
}

describe('the bar’s line', () => {
  it('shows epoch, progress, loss parts, images/s and time left', () => {
    expect(barLine(state, 120)).toBe(
      'epoch 3/30 ██░░░░░░░░░░░░░░░░░░   8 %  140.50 = 120.25 + 9.50 + 10.75  KL weight 0.03  2,310 images/s  12 min left',
    )
    expect(barLine(state, 80)).toBe('epoch 3/30 ░░░░░░   8 %  140.5 = 120.3 + 9.5 + 10.8  2,310/s  12 min')
    expect(barLine(state, 60)).toContain('loss 140.5  2,310/s  12 min left')
  })

  it('says what is done between the steps', () => {
    const during = (progress: number | null) =>
      barLine({ ...state, training: { ...state.training, work: { title: 'Testing', progress } } }, 80)
    expect(during(0.75)).toMatch(/ {3}8 % {2}testing 75 %$/)
    expect(during(null)).toMatch(/testing …$/)
  })

  it('never gets wider than the terminal', () => {
    fc.assert(
      fc.property(
        fc.record({
          training: fc.record({
            epoch: fc.nat(10_000),
            epochs: fc.nat(10_000),
            step: fc.nat(100_000),
            steps: fc.nat(100_000),
            work: fc.constantFrom(null, { title: 'Saving', progress: 0.25 }),
            secondsLeft: fc.constantFrom(null, 700, 47_100),
          }),
          card: fc.constant(ladder),
          step: fc.constantFrom(null, story.step1),
        }),
        fc.integer({ min: 1, max: 300 }),
        (state, columns) => {
          expect(barLine(state, columns).length).toBeLessThan(columns)
        },
      ),
    )
  })
})

describe('a terminal', () => {
  const out = (isTTY: boolean, columns = 80) => standIn({}, { isTTY, columns }).out

  it('that does not know how wide it is counts as one of 80 columns', () => {
    expect([0, 1, 132].map((columns) => widthOf(out(true, columns)))).toEqual([80, 1, 132])
  })

  it('that is too narrow for the bar shows less of it, never half of it', () => {
    const texts = [60, 30, 20, 16, 10, 6, 1].map((columns) => barLine(state, columns))
    expect(texts.slice(1)).toEqual(['epoch 3/30 ░░░░░░   8 %', 'epoch 3/30   8 %', '8 %', '8 %', '8 %', ''])
  })

  it('has a line that is drawn again and again, unless it cannot, or all of it is kept', () => {
    const terminal = out(true)
    expect(canRedraw(terminal, { TERM: 'xterm' })).toBe(true)
    expect(canRedraw(terminal, { TERM: 'xterm', NO_COLOR: '1', CI: 'false' })).toBe(true)
    expect(canRedraw(terminal, { TERM: 'dumb' })).toBe(false)
    expect(canRedraw(terminal, { TERM: '' })).toBe(process.platform === 'win32')
    expect(canRedraw(terminal, { TERM: 'xterm', CI: 'true' })).toBe(false)
    expect(canRedraw(out(false), { TERM: 'xterm' })).toBe(false)
  })
})

describe('train, on a terminal', () => {
  beforeEach(() => {
    vi.stubEnv('TERM', 'xterm')
    vi.stubEnv('CI', '')
  })
  afterEach(() => void vi.unstubAllEnvs())

  it('draws the bar, keeps finished epochs above it, and gives the cursor back', async () => {
    const terminal = standIn(storyTrainer([story.started, story.epoch0, story.step1], [story.stopped]), {
      isTTY: true,
      columns: 120,
    })
    const typed = type(['train'], terminal)
    await vi.waitFor(() =>
      expect(terminal.out.text).toContain('140.50 = 120.25 + 9.50 + 10.75  KL weight 0.03  2,310 images/s'),
    )
    terminal.interrupt()
    const { code, out } = await typed
    expect(code).toBe(130)
    expect(out).toContain('    0            545.25          120.25     9.50    10.75\n')
    const hidden = out.lastIndexOf('\u001b[?25l')
    expect(hidden).toBeGreaterThan(-1)
    expect(out.lastIndexOf('\u001b[?25h')).toBeGreaterThan(hidden)
    expect(out).toMatch(/To go on: .*\n$/)
  })

  it('fits the terminal as wide as it is by now, and loses nothing of what is longer than that', async () => {
    const notice = 'A sentence for the person that is longer than this terminal is wide, to its end.'
    const terminal = standIn(
      storyTrainer([story.started, story.step1, { type: 'notice', folder: null, message: notice }], [story.stopped]),
      { isTTY: true, columns: 120 },
    )
    const typed = type(['train'], terminal)
    await vi.waitFor(() => expect(terminal.out.text).toContain('2,310 images/s'))
    // the terminal tells Node of it, and Node the stream
    Object.assign(terminal.out, { columns: 40 })
    const from = terminal.out.text.length
    await vi.waitFor(() => expect(terminal.out.text.slice(from)).toMatch(/epoch \d/))
    // oxlint-disable-next-line no-control-regex
    const drawn = terminal.out.text.slice(from).split(/\u001b\[\d*[A-Z]|[\r\n]/)
    for (const line of drawn.filter((line) => line.startsWith('epoch'))) expect(line.length).toBeLessThan(40)
    terminal.interrupt()
    const { out } = await typed
    // the bar has switched off what goes on in the next line
    expect(out).toContain(`\u001b[?7h${notice}\n\u001b[?7l`)
  })
})
