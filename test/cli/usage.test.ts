import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { settingsFrom } from '../../main/cli/options'
import { runSettings } from '../../preload/contract'
import { standIn, storyTrainer, story, type } from './stand-in'

describe('bad usage', () => {
  it.each([
    [['train', '--epochs', 'abc'], '--epochs must be a whole number from 1 to 10,000; got "abc"'],
    [['train', '--epochs', '0'], '--epochs must be a whole number from 1 to 10,000; got "0"'],
    [['train', '--epochs', '1.5'], '--epochs must be a whole number from 1 to 10,000; got "1.5"'],
    [['train', '--epochs', ''], '--epochs must be a whole number from 1 to 10,000; got ""'],
    [['train', '--epochs', '0x10'], '--epochs must be a whole number from 1 to 10,000; got "0x10"'],
    [['train', '--batch', '5000'], '--batch must be a whole number from 1 to 4,096; got "5000"'],
    [['train', '--lr', '0'], '--lr must be a number above 0 and at most 1; got "0"'],
    [['train', '--lr', '-1e-3'], '--lr must be a number above 0 and at most 1; got "-1e-3"'],
    [['train', '--lr', 'Infinity'], '--lr must be a number above 0 and at most 1; got "Infinity"'],
    [['train', '--kl-warmup', '-1'], '--kl-warmup must be a number from 0 to 10,000; got "-1"'],
    [['train', '--condition', 'digits'], '--condition must be label or none; got "digits"'],
    [['train', '--seed', '4294967296'], '--seed must be a whole number from 0 to 4,294,967,295; got "4294967296"'],
    [['train', '--threads', '65'], '--threads must be a whole number from 0 to 64; got "65"'],
    [['train', '--threads', '9', '--batch', '8'], '--threads must be at most --batch, which is 8; got "9"'],
    [['train', '--limit', '-5'], '--limit must be a whole number from 0 to 100,000,000; got "-5"'],
    [['train', '--name', ' '], '--name must be a line of 1 to 120 characters, without control characters; got " "'],
    [
      ['train', '--name', 'two\nlines'],
      '--name must be a line of 1 to 120 characters, without control characters; got "two\nlines"',
    ],
    [['train', '--data', ''], '--data must be the path of a folder; got ""'],
    [['sample', 'latest', '--digit', '10'], '--digit must be a whole number from 0 to 9; got "10"'],
    [['sample', 'latest', '--epoch', '-1'], '--epoch must be a whole number from 0 to 1,000,000; got "-1"'],
    ...['1,', '-1', '0 1', Array(101).fill('3').join()].map((text): [string[], string] => [
      ['sample', 'latest', '--of', text],
      `--of must be up to 100 places in the test set, from 0 on, like 0,7; got "${text}"`,
    ]),
    [
      ['sample', 'latest', '--of', '7', '--digit', '3'],
      '--digit chooses codes of the prior; with --of they are given. Leave one out',
    ],
    [
      ['sample', 'latest', '--of', '7', '--temperature', '0.5'],
      '--temperature scales codes of the prior; with --of they are given. Leave one out',
    ],
    [['sample', 'latest', '--temperature', '3'], '--temperature must be a number from 0 to 2; got "3"'],
    [['sample', 'latest', '--pixel-temperature', 'x'], '--pixel-temperature must be a number from 0 to 2; got "x"'],
    [
      ['train', '--model', 'vlae', '--window', '56x3'],
      '--window must be 4x2, 5x3, 7x4, or others from 2x1 to 55x27, triangle or past; got "56x3"',
    ],
    [
      ['train', '--model', 'vlae', '--window', '4x2', '--tied', 'yes'],
      '--tied applies only with --window triangle; here it is 4x2. Leave it out',
    ],
    [
      ['train', '--model', 'vlae', '--preset', 'unconditional-decoder', '--prior', 'gaussian'],
      '--prior applies only with --decoder local or factorised or wide; here it is alone. Leave it out',
    ],
    [
      ['train', '--model', 'vlae', '--preset', 'best'],
      '--preset must be vlae or gaussian-prior or unconditional-decoder or factorised-flow or factorised-gaussian or vlae-wide, those of vlae; got "best"',
    ],
    [['train', '--preset', 'vlae'], '--preset: ladder has no presets'],
    [
      ['train', '--model', 'vlae', '--kl-warmup', '3'],
      '--kl-warmup is not a setting of vlae: it has --decoder, --window',
    ],
    [['sample'], "missing required argument 'run'"],
    [['evaluate', 'latest', '--epoch', 'last'], '--epoch must be a whole number from 0 to 1,000,000; got "last"'],
    [['likelihood', 'latest', '-K', '0'], '--samples must be a whole number from 1 to 100,000; got "0"'],
    [['likelihood', 'latest', '--images', '0'], '--images must be a whole number from 1 to 100,000,000; got "0"'],
    [['likelihood', 'latest', '--weights', 'best'], '--weights must be saved or raw; got "best"'],
    [['resume'], "missing required argument 'run'"],
    [['train', '--epoch', '3'], '--epoch is a checkpoint of the run that --from names; how long to train is --epochs'],
    [
      ['train', '--from', 'latest', '--epoch', 'last'],
      '--epoch must be a whole number from 0 to 1,000,000; got "last"',
    ],
    [['train', '--epoc', '3'], "unknown option '--epoc'\n(Did you mean"],
    [['train', '--epochs'], "option '--epochs <n>' argument missing"],
    [['trian'], "unknown command 'trian'\n(Did you mean train?)"],
    [['train', 'now'], 'too many arguments'],
    [[], 'Usage: vlae'],
  ])('%j: exit code 2, and the range on standard error', async (line, message) => {
    const { code, out, err } = await type(line)
    expect(err).toContain(message)
    expect(out).toBe('')
    expect(code).toBe(2)
  })

  it('tells a program that asked for JSON in JSON', async () => {
    const { code, out } = await type(['train', '--json', '--epochs', '0'])
    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({
      type: 'failure',
      error: { code: 'usage', message: expect.stringContaining('--epochs must be') },
    })
  })

  it('takes no number that is not written as one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ maxLength: 8 }).filter((text) => !/^\+?\d+(\.0*)?(e\+?\d+)?$/i.test(text)),
        async (text) => {
          expect((await type(['train', `--epochs=${text}`])).code).toBe(2)
        },
      ),
    )
  })
})

describe('help', () => {
  it('names every command, and every option with its range and default', async () => {
    const { code, out } = await type(['--help'])
    expect(code).toBe(0)
    for (const command of [
      'train',
      'resume',
      'runs',
      'sample',
      'export',
      'import',
      'evaluate',
      'likelihood',
      'compress',
      'engines',
    ])
      expect(out).toContain(command)
    const train = await type(['train', '--help'], standIn({}, { columns: 200 }))
    expect(train.code).toBe(0)
    expect(train.out).toMatch(
      /--epochs <n> +times through the training images: a whole number from 1 to 10,000 \(default: 30\)\n/,
    )
    for (const option of [
      'batch',
      'lr',
      'kl-warmup',
      'condition',
      'seed',
      'threads',
      'data',
      'out',
      'name',
      'limit',
      'json',
    ])
      expect(train.out).toContain(`--${option}`)
  })

  it('prints the version of package.json', async () => {
    const { code, out } = await type(['--version'])
    expect(code).toBe(0)
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})

describe('settings', () => {
  it('of a preset are the model’s own, and what is typed beside it counts more', () => {
    const model = 'vlae'
    expect(settingsFrom({ model, preset: 'gaussian-prior', window: '5x3' }, {}, 2)).toMatchObject({
      model,
      prior: 'gaussian',
      window: '5x3',
      batch: 100,
      learningRate: 0.002,
    })
    // of another run all that a preset decides is as the preset has it, and nothing else
    const others = runSettings.parse({ model, decoder: 'factorised', seed: 4 })
    expect(settingsFrom({ preset: 'vlae' }, others, 2)).toMatchObject({ decoder: 'local', seed: 4 })
  })

  it('come from the options, with the contract’s defaults', async () => {
    const trainer = storyTrainer([story.started, story.done])
    const line =
      'train --epochs 3 --batch 64 --lr 2e-3 --kl-warmup 0.5 --condition none --seed 7 --threads 2 --limit 512 --engine webgpu'
    await type(
      [...line.split(' '), '--name', 'My run', '--data', '/data/fashion', '--out', '/results'],
      standIn(trainer),
    )
    expect(trainer.asked.start).toEqual({
      settings: {
        model: 'ladder',
        epochs: 3,
        batch: 64,
        learningRate: 2e-3,
        klWarmup: 0.5,
        condition: 'none',
        seed: 7,
        lanes: 2,
        engine: 'onnx-webgpu',
        limit: 512,
      },
      name: 'My run',
      dataFolder: '/data/fashion',
      resultFolder: '/results',
    })
  })

  it('are the contract’s where nothing is given, one lane for each core up to eight and to the batch', () => {
    expect(settingsFrom({}, {}, 4)).toEqual({ ...runSettings.parse({}), lanes: 4 })
    expect(settingsFrom({}, {}, 64).lanes).toBe(8)
    expect(settingsFrom({ batch: 3 }, {}, 64).lanes).toBe(3)
    expect(settingsFrom({ threads: 16 }, {}, 2).lanes).toBe(16)
    const others = { ...runSettings.parse({ seed: 3, batch: 64 }), lanes: 3 }
    expect(settingsFrom({ batch: 32 }, others)).toEqual({ ...others, batch: 32 })
  })
})
