/** `sweep`: what is typed, the plan that is written, how its lines are trained, and what schedulers are given. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { readPlan } from '../../main/cli/plan'
import { writeRun } from '../app/fake-trainer'
import schema from '../fixtures/kubernetes.schema.json'
import { standIn, story, storyTrainer, type } from './stand-in'

let folder: string
let plan: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vlae-sweep-'))
  plan = join(folder, 'rates.jsonl')
})
afterEach(() => rm(folder, { recursive: true }))

const lines = (...runs: readonly object[]) => writeFile(plan, runs.map((run) => `${JSON.stringify(run)}\n`).join(''))
const seeds = [0, 1].map((seed) => ({ name: `seed ${seed}`, settings: { seed, lanes: 2, epochs: 30 } }))
const done = [story.started, story.done]

describe('a plan is written', () => {
  it('as a line for each combination, with what is not the default, and lanes', async () => {
    const set = ['--set', 'seed=0..1,7', '--set', 'lr=1e-3,3e-3', '--threads', '2', '--epochs', '5']
    const { code, out, err } = await type(['sweep', ...set])
    const written = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(written).toHaveLength(6)
    expect(written[1]).toEqual({
      name: 'ladder, seed 0, learning rate 0.003',
      settings: { model: 'ladder', seed: 0, learningRate: 0.003, lanes: 2, epochs: 5 },
    })
    expect([code, err]).toEqual([0, expect.stringContaining('6 runs.')])
    await writeFile(plan, out)
    const { lines } = await readPlan(plan)
    expect(lines[1]).toMatchObject({ settings: { learningRate: 0.003, batch: 128, condition: 'label' } })
    expect(new Set(lines.map(({ folder }) => folder)).size).toBe(6)
  })

  it('into a file, and never over another one', async () => {
    expect(await type(['sweep', '--set', 'seed=0..2', '--write', plan])).toMatchObject({ code: 0, out: '' })
    const { code, err } = await type(['sweep', '--set', 'seed=5', '--write', plan])
    expect([code, err]).toEqual([1, expect.stringContaining('is there already')])
    expect((await readPlan(plan)).lines).toHaveLength(3)
  })

  it.each([
    [['--set', 'sed=1'], /NAME=VALUES.*learningRate.*got "sed=1"/],
    [['--set', 'seed'], /NAME=VALUES/],
    [['--set', 'seed='], /one value or more/],
    [['--set', 'seed=4..1'], /counts down: write 1\.\.4/],
    [['--set', 'seed=1.5'], /“1.5” cannot be used/],
    [['--set', 'lr=0,001'], /“001” is no number: .* with a point \(0\.001\)/],
    [['--set', 'limit=60,000'], /“000” is no number/],
    [['--set', 'lr=1e-3,fast'], /“fast” cannot be used/],
    [['--set', 'condition=none,both'], /“both” cannot be used/],
    [['--set', 'seed=0..99999999'], /more than 1000 values/],
    [['--set', 'seed=1', '--set', 'seed=2'], /stands there twice/],
    [['--set', 'seed=0..999', '--set', 'batch=1..999'], /999000 runs/],
    [['--set', 'seed=1', '--index', '1'], /--index counts for nothing without --plan/],
    [['--set', 'seed=1', '--data', '.'], /--data counts for nothing/],
    [['--plan', 'x', '--epochs', '3'], /--epochs counts for nothing with --plan/],
    [['--plan', 'x', '--set', 'seed=1'], /--set counts for nothing/],
    [[], /--plan FILE works a plan off/],
  ])('%j is refused with what to do', async (args, says) => {
    const { code, err } = await type(['sweep', ...args])
    expect([code, err]).toEqual([2, expect.stringMatching(says)])
  })
})

describe('a plan is worked off', () => {
  it('line by line, each in its folder, with the plan’s name as its tag', async () => {
    await lines(seeds[1]!)
    const trainer = storyTrainer(done)
    const { code, out } = await type(['sweep', '--plan', plan, '--out', folder], standIn(trainer))
    expect([code, out]).toEqual([0, expect.stringContaining('1 of 1 runs are done.')])
    const notes = { tags: ['rates'] }
    const settings = { seed: 1, lanes: 2 }
    const started = { folder: join(folder, 'rates-seed-1'), name: 'seed 1', notes, settings, takeOver: false }
    expect(trainer.asked.start).toMatchObject(started)
  })

  it('what is done is not trained again', async () => {
    await lines(...seeds)
    for (const [seed, { settings }] of seeds.entries())
      writeRun(folder, `rates-seed-${seed}`, 30, { status: 'done', settings: await settingsOf(settings) })
    const trainer = storyTrainer(done)
    const { code, out } = await type(['sweep', '--plan', plan, '--out', folder], standIn(trainer))
    expect([code, trainer.asked.start]).toEqual([0, undefined])
    expect(out).toContain('It is done already')
    expect(out).toContain('2 of 2 runs are done.')
  })

  it('a line whose settings were changed after its run was begun is refused', async () => {
    await lines({ ...seeds[0], settings: { ...seeds[0]!.settings, batch: 64 } })
    writeRun(folder, 'rates-seed-0', 3, { settings: await settingsOf(seeds[0]!.settings) })
    const { code, err } = await type(['sweep', '--plan', plan, '--index', '0', '--out', folder])
    expect([code, err]).toEqual([1, expect.stringContaining('a run with batch 128; “seed 0” of the plan has 64')])
  })

  it('an index beyond its lines is refused', async () => {
    await lines(...seeds)
    const { code, err } = await type(['sweep', '--plan', plan, '--index', '2'])
    expect([code, err]).toEqual([2, expect.stringContaining('this plan has 2')])
  })

  it.each([
    ['{"name": "a", "settings": {}}\n{"name": "A", "settings": {}}', /Line 2 .* is called as line 1 is/],
    ['{"name": "a", "settings": {"sed": 1}}', /Line 1 .* no setting sed/],
    ['{"name": "a", "settings": {"seed": -1}}', /Line 1 .* seed: /],
    ['{"name": "a", "settings": {"model": "gan"}}', /Line 1 .* model: is a model that/],
    ['{"name": "a"}', /Line 1 .* not such an object/],
    ['{"name": "", "settings": {}}', /Line 1 .* its name/],
    ['# nothing\n\nname: a', /Line 3 .* not such an object/],
    ['', /0 lines/],
  ])('the plan %j is refused with its line', async (text, says) => {
    await writeFile(plan, text)
    const { code, err } = await type(['sweep', '--plan', plan])
    expect([code, err]).toEqual([1, expect.stringMatching(says)])
  })

  it('comments, empty lines and what npm says before them are passed over', async () => {
    await writeFile(plan, `\n> vlae-studio@1 sweep\n> node cli sweep\n\n# seeds\n${JSON.stringify(seeds[0])}\n`)
    expect((await readPlan(plan)).lines.map(({ name }) => name)).toEqual(['seed 0'])
  })

  it('that is not there is said', async () => {
    const { code, err } = await type(['sweep', '--plan', plan])
    expect([code, err]).toEqual([1, expect.stringContaining('There is no plan')])
  })
})

describe('a scheduler is given', () => {
  const printed = async (scheduler: string) => {
    await lines(...seeds)
    const { out } = await type(['sweep', '--plan', plan, '--out', '/shared/it’s mine', '--for', scheduler])
    return out
  }

  it('a Slurm array of as many jobs as lines, with as many cores as lanes', async () => {
    const script = await printed('slurm')
    expect(script).toContain('#SBATCH --array=0-1\n#SBATCH --cpus-per-task=2\n#SBATCH --requeue\n')
    expect(script).toContain(`--plan ${plan} --index "$SLURM_ARRAY_TASK_ID" --out '/shared/it’s mine' --take-over`)
  })

  it('a HyperQueue array', async () => {
    expect(await printed('hyperqueue')).toMatch(/hq submit --name rates --array 0-1 --cpus 2.*\n.*"\$HQ_TASK_ID"/s)
  })

  it('a manifest that the Kubernetes API’s schema accepts, and not with a slip in it', async () => {
    const { items } = JSON.parse(await printed('kubernetes')) as { items: [Item, Item] }
    const [config, job] = items
    const of = (name: string) => z.fromJSONSchema({ ...schema, $ref: `#/$defs/${name}` } as never)
    const [isConfig, isJob] = [of('io.k8s.api.core.v1.ConfigMap'), of('io.k8s.api.batch.v1.Job')]
    expect([isConfig.safeParse(config).error, isJob.safeParse(job).error]).toEqual([undefined, undefined])
    expect(job).toMatchObject({ spec: { completions: 2, completionMode: 'Indexed' } })
    expect(isJob.safeParse({ ...job, spec: { ...job['spec'], completion: 2 } }).success).toBe(false)
    // the plan goes with it, as a plan
    const [text] = Object.values(config['data'] as Record<string, string>)
    await writeFile(plan, text!)
    expect((await readPlan(plan)).lines.map(({ written }) => written)).toEqual(seeds.map(({ settings }) => settings))
  })
})

type Item = Record<string, object>

async function settingsOf(settings: object) {
  const path = join(folder, 'one.jsonl')
  await writeFile(path, JSON.stringify({ name: 'one', settings }))
  return (await readPlan(path)).lines[0]!.settings
}
