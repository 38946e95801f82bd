import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { encodeCheckpoint } from '../../main/exchange/python-checkpoint'
import type { TrainerEvent } from '../../main/trainer/events'
import { run, standIn, story, storyTrainer, type } from './stand-in'

const whole: TrainerEvent[] = [
  { type: 'state', state: 'training', folder: run },
  story.started,
  story.epoch0,
  story.step1,
  story.step4,
  story.epoch1,
  story.done,
]

describe('train, in a log', () => {
  it('tells the run, its facts, every epoch and the loss parts in plain lines', async () => {
    const { code, out, err } = await type(['train'], standIn(storyTrainer(whole)))
    expect(out).toBe(
      `${run}
MNIST (bundled), 512 images · condition label · 2 epochs of 4 steps · onnx-cpu (CPU, 2 lanes)
loss = −ELBO = reconstruction + KL z1 + KL z2, nats per image, whatever training minimises

epoch    train     test  reconstruction    KL z1    KL z2  images/s
    0            545.25          120.25     9.50    10.75
  step 1 of 8  140.50 = 120.25 + 9.50 + 10.75  KL weight 0.03  2,310 images/s
    1   151.50   140.50          120.25     9.50    10.75     2,315
Done. Everything is in ${run}
`,
    )
    expect(err).toBe('')
    expect(code).toBe(0)
  })

  it('has no control characters: nothing but text gets into a file', async () => {
    const { out } = await type(['train'], standIn(storyTrainer(whole)))
    expect([...out].filter((character) => character < ' ' && character !== '\n')).toEqual([])
  })

  it('lets go of the run and the thread at the end', async () => {
    const trainer = storyTrainer(whole)
    await type(['train'], standIn(trainer))
    expect(trainer.asked).toMatchObject({ stops: 0, closed: 1 })
  })
})

describe('train --from a file', () => {
  /** A file of torch.save with these tensors, of one number each. */
  async function fileOf(names: readonly string[], optimizer = false): Promise<string> {
    const path = join(await mkdtemp(join(tmpdir(), 'vlae-from-')), 'script.pt')
    const weights = new Map(names.map((name) => [name, { shape: [1], data: new Float32Array(1) }]))
    const kept = { firstMoment: weights, secondMoment: weights }
    const state = { optimizer: 'adam', step: 7, learningRate: 0.003, kept }
    await writeFile(path, encodeCheckpoint({ epoch: 2, settings: {}, weights, optimizer: optimizer ? state : null }))
    return path
  }

  it('takes what the file tells: whether it knows the classes, and how fast Adam went', async () => {
    const trainer = storyTrainer(whole)
    const file = await fileOf(['prior_net.net.0.weight'], true)
    expect((await type(['train', '--from', file], standIn(trainer))).code).toBe(0)
    expect(trainer.asked.start).toMatchObject({ from: { file }, dataFolder: null })
    expect(trainer.asked.start?.settings).toMatchObject({ condition: 'none', learningRate: 0.003 })
  })

  it('takes what is typed before that', async () => {
    const trainer = storyTrainer(whole)
    const file = await fileOf(['prior_net.net.0.weight', 'prior_net.mu2'], true)
    await type(['train', '--from', file, '--lr', '0.01', '--epochs', '2'], standIn(trainer))
    expect(trainer.asked.start?.settings).toMatchObject({ condition: 'label', learningRate: 0.01, epochs: 2 })
  })

  it('is refused before anything begins where there is none, or it holds something else', async () => {
    expect(await type(['train', '--from', 'nobody.pt'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/nobody\.pt.*is not there/s) as string,
    })
    const other = await fileOf([])
    await writeFile(other, '# notes\n')
    expect(await type(['train', '--from', other])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/holds no weights/) as string,
    })
    expect(await type(['train', '--from', other, '--epoch', '3'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/a file of one/) as string,
    })
  })
})

/** An event as it is printed: the run by what a person may type as RUN. */
const printed = ({ type, folder: run, ...facts }: TrainerEvent) => ({ type, run, ...facts })

describe('train --json', () => {
  it('prints every event as an object on a line and ends with `done`', async () => {
    const { code, out, err } = await type(['train', '--json'], standIn(storyTrainer(whole)))
    const events = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as TrainerEvent)
    expect(events).toEqual(whole.slice(1).map(printed))
    expect(events.at(-1)).toEqual({
      type: 'done',
      run,
      status: 'done',
      epoch: 2,
      step: 8,
      test: { loss: 140.5, reconstruction: 120.25, klZ1: 9.5, klZ2: 10.75 },
      imagesPerSecond: 2300,
    })
    expect(err).toBe('')
    expect(code).toBe(0)
  })

  it('ends with the failure, and says it to people on standard error', async () => {
    const { code, out, err } = await type(['train', '--json'], standIn(storyTrainer([story.started, story.failure])))
    const last = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') as typeof story.failure
    expect(last).toMatchObject({ ...printed(story.failure), error: { code: story.failure.error.code } })
    expect(out).not.toContain('ERR_WORKER_OUT_OF_MEMORY')
    expect(err).toContain('There was not enough memory.\nClose other programs.\nTo go on from there: ')
    expect(code).toBe(1)
  })

  it('has the technical cause of a failure only when asked', async () => {
    const trainer = standIn(storyTrainer([story.started, story.failure]))
    const { out } = await type(['train', '--json', '--details'], trainer)
    expect(JSON.parse(out.trimEnd().split('\n').at(-1) ?? '')).toEqual(printed(story.failure))
  })

  it.each([['--epoch', '3'], ['--epochs'], ['--epochs', 'many']])(
    'tells wrong words as a failure, too: %s',
    async (...words) => {
      const { code, out, err } = await type(['train', '--json', ...words], standIn(storyTrainer([])))
      expect(JSON.parse(out)).toMatchObject({
        type: 'failure',
        run: null,
        error: { code: 'usage', message: expect.stringContaining(words[0]) as string },
        resumable: false,
      })
      expect(err).toContain(words[0])
      expect(code).toBe(2)
    },
  )
})

describe('train, when it fails', () => {
  it('says what happened, what to do and how to go on; the technical cause only when asked', async () => {
    const events = [story.started, story.failure]
    const { code, out, err } = await type(['train'], standIn(storyTrainer(events)))
    expect(code).toBe(1)
    expect(err).toBe('There was not enough memory.\nClose other programs.\n')
    expect(out).not.toContain('memory')
    const detailed = await type(['train', '--details'], standIn(storyTrainer(events)))
    expect(detailed.err).toContain('ERR_WORKER_OUT_OF_MEMORY')
    expect(detailed.out).toMatch(/To go on from there: .*resume .*2026-11-22-0812-ladder\n$/)
  })

  it('goes on waiting when the disk is full: that only pauses', async () => {
    const events = [story.started, story.diskFull, story.step4, story.done]
    const { code, out } = await type(['train'], standIn(storyTrainer(events)))
    expect(out).toContain('The disk is full.\nFree some space.\n')
    expect(code).toBe(0)
  })

  it('tells why a run cannot begin', async () => {
    const trainer = storyTrainer([])
    const { AppError } = await import('../../preload/errors')
    trainer.start = () =>
      Promise.reject(new AppError('data/not-found', 'There are no MNIST files in /x.', 'Pick another.'))
    const { code, err } = await type(['train', '--data', '/x'], standIn(trainer))
    expect(err).toBe('There are no MNIST files in /x.\nPick another.\n')
    expect(code).toBe(1)
    expect(trainer.asked.closed).toBe(1)
  })
})

describe('Ctrl-C', () => {
  it('once: saves, says how to go on, exit code 130', async () => {
    const trainer = storyTrainer([story.started, story.step4], [story.stopped])
    const terminal = standIn(trainer)
    const typed = type(['train'], terminal)
    await vi.waitFor(() => expect(terminal.out.text).toContain('step 4'))
    terminal.interrupt()
    const { code, out } = await typed
    expect(code).toBe(130)
    expect(trainer.asked).toMatchObject({ stops: 1, closed: 1 })
    expect(out).toContain('Saving what has been learnt so far')
    expect(out).toMatch(/Saved at step 6. To go on: .*resume .*2026-11-22-0812-ladder\n$/)
    expect(terminal.deaths()).toBe(0)
  })

  it('twice: ends at once', async () => {
    const trainer = storyTrainer([story.started, story.step4])
    const terminal = standIn(trainer)
    void type(['train'], terminal)
    await vi.waitFor(() => expect(terminal.out.text).toContain('step 4'))
    terminal.interrupt()
    expect(terminal.deaths()).toBe(0)
    terminal.interrupt()
    expect(terminal.deaths()).toBe(1)
  })

  it('before the run has begun: it is stopped as soon as it has', async () => {
    const trainer = storyTrainer([story.started], [story.stopped])
    const start = trainer.start
    const terminal = standIn(trainer)
    trainer.start = async (options) => {
      terminal.interrupt()
      await new Promise((resolve) => {
        setTimeout(resolve, 10)
      })
      return start!(options)
    }
    const { code } = await type(['train'], terminal)
    expect(code).toBe(130)
    expect(trainer.asked.stops).toBe(1)
  })

  it('when nothing can be saved: says why, exit code 1', async () => {
    const trainer = storyTrainer([story.started, story.step4])
    const { AppError } = await import('../../preload/errors')
    trainer.stop = () => Promise.reject(new AppError('disk/denied', 'run.json could not be written.', 'Allow it.'))
    const terminal = standIn(trainer)
    const typed = type(['train'], terminal)
    await vi.waitFor(() => expect(terminal.out.text).toContain('step 4'))
    terminal.interrupt()
    const { code, err } = await typed
    expect(code).toBe(1)
    expect(err).toBe('run.json could not be written.\nAllow it.\n')
  })
})
