import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { barLine } from '../../main/cli/bar'
import { duration } from '../../main/cli/format'
import { timeLeft } from '../../main/cli/pace'
import { canRedraw, widthOf } from '../../main/cli/terminal'
import { cards } from '../../preload/models/cards'
import { standIn, story, storyTrainer, type } from './stand-in'

const state = {
  epoch: 3,
  epochs: 30,
  done: 0.0812,
  card: cards['ladder']!,
  step: story.step1,
  task: null,
  left: '12 min left',
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
    expect(barLine({ ...state, task: { task: 'evaluate', done: 3, total: 4 } }, 80)).toMatch(/ {3}8 % {2}testing 75 %$/)
  })

  it('never gets wider than the terminal', () => {
    fc.assert(
      fc.property(
        fc.record({
          epoch: fc.nat(10_000),
          epochs: fc.nat(10_000),
          done: fc.double({ min: 0, max: 1, noNaN: true }),
          card: fc.constant(cards['ladder']!),
          step: fc.constantFrom(null, story.step1),
          task: fc.constantFrom(null, story.saving),
          left: fc.constantFrom('', '12 min left', '13 h 05 min left'),
        }),
        fc.integer({ min: 1, max: 300 }),
        (state, columns) => {
          expect(barLine(state, columns).length).toBeLessThan(columns)
        },
      ),
    )
  })
})

describe('time left', () => {
  it('counts what happens between the steps, and needs two of them', () => {
    let now = 100
    const left = timeLeft(() => now)
    left.event(story.started)
    expect(left.text()).toBe('')
    left.event(story.step1)
    expect(left.text()).toBe('')
    now += 30
    left.event(story.step4)
    expect(left.text()).toBe('40 s left')
    now += 5
    expect(left.text()).toBe('35 s left')
  })

  it('is no more exact than it can be', () => {
    expect([0.2, 89, 90, 3600, 5400, 86_400].map(duration)).toEqual([
      '1 s',
      '89 s',
      '2 min',
      '60 min',
      '1 h 30 min',
      '24 h 00 min',
    ])
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
      storyTrainer([story.started, story.step1, { type: 'notice', run: null, message: notice }], [story.stopped]),
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
