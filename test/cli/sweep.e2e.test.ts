/** A sweep over a real Slurm of one node: every line trained, one killed in between, all to the bits of runs made one by one. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { readRunFile } from '../../main/runs/folder'
import { lockName, weightsName } from '../../main/runs/names'
import { folderWith, smallSet } from '../mnist/small-set'
import { patience } from '../patience'

const door = join(inject('programs'), 'cli.js')
const starter = join(import.meta.dirname, 'one-node-slurm.sh')

const there = ['slurmctld', 'slurmd', 'munged'].every((name) => spawnSync('which', [name]).status === 0)
const usable = there && process.getuid?.() === 0
const skipped = !usable && process.env['VLAE_REQUIRE_SLURM'] === undefined
if (skipped) console.info('No Slurm here: sweeps over one are not tested. As root: apt-get install slurm-wlm munge')

/** Of the line that is killed, and of the others. */
const [longer, epochs] = [8, 1]

describe.skipIf(skipped)('a plan of six runs', () => {
  let folder: string
  let data: string
  let environment: NodeJS.ProcessEnv
  let plan: string

  const slurm = (program: string, ...args: string[]) =>
    execFileSync(program, args, { encoding: 'utf8', cwd: folder, env: environment })
  const sweep = (...args: string[]) => [door, 'sweep', '--plan', plan, '--data', data, ...args]
  const runFolder = (out: string, seed: number) => join(folder, out, `seeds-seed-${seed}`)
  const finished = async (seed: number) =>
    (await readRunFile(runFolder('over-slurm', seed)).catch(() => null))?.status === 'done'

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vlae-slurm-'))
    data = await folderWith(await smallSet(40, 20))
    plan = join(folder, 'seeds.jsonl')
    const lines = Array.from({ length: 6 }, (_, seed) => ({
      name: `seed ${seed}`,
      settings: { seed, lanes: 1, batch: 10, epochs: seed === 2 ? longer : epochs },
    }))
    await writeFile(plan, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    const said = execFileSync(starter, [folder, String(await freePorts())], { encoding: 'utf8' })
    environment = { ...process.env, SLURM_CONF: said.trim().replace('SLURM_CONF=', '') }
  })
  afterAll(async () => {
    spawnSync('scancel', ['--user=root', '--signal=KILL', '--full'], { env: environment })
    spawnSync('scontrol', ['shutdown'], { env: environment })
    const munged = await readFile(join(folder, 'munged.pid'), 'utf8').catch(() => '')
    if (munged !== '') process.kill(Number(munged))
    for (const made of [folder, data]) await rm(made, { recursive: true, force: true, maxRetries: 10 })
  })

  it('trains each, one of them killed and begun again, to the same bits as one by one', async () => {
    const script = execFileSync(process.execPath, sweep('--out', join(folder, 'over-slurm'), '--for', 'slurm'), {
      encoding: 'utf8',
    })
    await writeFile(join(folder, 'seeds.sh'), script)
    const job = /\d+/.exec(slurm('sbatch', 'seeds.sh'))![0]
    const third = runFolder('over-slurm', 2)
    await vi.waitFor(() => expect(existsSync(join(third, weightsName(2)))).toBe(true), patience)
    // as a machine that runs out of memory does it
    process.kill((JSON.parse(await readFile(join(third, lockName), 'utf8')) as { pid: number }).pid, 'SIGKILL')
    await vi.waitFor(() => expect(slurm('scontrol', 'show', 'job', `${job}_2`)).toMatch(/JobState=FAILED/), patience)
    const killed = await readRunFile(third)
    expect([killed.status, killed.epoch < longer]).toEqual(['training', true])
    slurm('scontrol', 'requeue', `${job}_2`)
    // Slurm would wait for two minutes
    slurm('scontrol', 'update', `JobId=${job}_2`, 'StartTime=now')

    // meanwhile the same ones, one by one
    const alone = spawn(process.execPath, sweep('--out', join(folder, 'alone')), { stdio: 'ignore' })
    expect(await new Promise((resolve) => alone.once('exit', resolve))).toBe(0)
    for (let seed = 0; seed < 6; seed++) {
      await vi.waitFor(async () => expect([seed, await finished(seed)]).toEqual([seed, true]), patience)
      const last = weightsName(seed === 2 ? longer : epochs)
      const [over, one] = await Promise.all(
        ['over-slurm', 'alone'].map((out) => readFile(join(runFolder(out, seed), last))),
      )
      expect([seed, over!.equals(one!)]).toEqual([seed, true])
    }
    const log = await readFile(join(folder, 'seeds-2.log'), 'utf8')
    expect(log).toMatch(/Going on after step \d+/)
  })
})

/** A free port whose follower is free as well, as far as can be told. */
async function freePorts(): Promise<number> {
  for (;;) {
    const port = await listen(0)
    if (port !== null && port < 65_000 && (await listen(port + 1)) !== null) return port
  }
}

function listen(wanted: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
