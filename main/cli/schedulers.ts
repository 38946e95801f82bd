/** What the schedulers of clusters need to work a plan off, one index a run: scripts and a manifest, printed. */
import { basename, dirname, join } from 'node:path'
import type { Plan } from './plan'
import { quoted } from './resume-command'

export const schedulers = ['slurm', 'hyperqueue', 'kubernetes'] as const
export type Scheduler = (typeof schedulers)[number]

export interface Cluster {
  readonly plan: Plan
  /** The result folder that all machines share. Absolute. */
  readonly out: string
  readonly data?: string | undefined
  /** How this machine calls `sweep`: words of a shell. */
  readonly program: string
}

export const scripts: Record<Scheduler, (cluster: Cluster) => string> = {
  slurm: (cluster) => `#!/bin/bash
# ${cluster.plan.lines.length} runs as an array of jobs: sbatch THIS_FILE. One that is killed is begun again and goes on where it was.
#SBATCH --job-name=${cluster.plan.name}
#SBATCH --array=0-${cluster.plan.lines.length - 1}
#SBATCH --cpus-per-task=${lanesOf(cluster.plan)}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=${join(dirname(cluster.plan.path), `${cluster.plan.name}-%a.log`)}
# saved, and the run let go, a minute before the time is up; sbatch it again to go on
#SBATCH --signal=B:TERM@60
exec ${commandOf(cluster, '"$SLURM_ARRAY_TASK_ID"')}
`,
  hyperqueue: (cluster) => `#!/bin/bash
# ${cluster.plan.lines.length} runs as an array of tasks. A task whose worker is lost is begun again and goes on where it was.
exec hq submit --name ${cluster.plan.name} --array 0-${cluster.plan.lines.length - 1} --cpus ${lanesOf(cluster.plan)} \\
  --crash-limit 10 -- \\
  bash -c ${word(`exec ${commandOf(cluster, '"$HQ_TASK_ID"')}`)}
`,
  // JSON is YAML: kubectl takes it as it is
  kubernetes: (cluster) => `${JSON.stringify(manifestOf(cluster), undefined, 2)}\n`,
}

/** Threads that a run of the plan takes. */
function lanesOf({ lines }: Plan): number {
  return Math.max(1, ...lines.map(({ settings }) => settings.lanes))
}

/** Of a cluster's machines, whatever this one is. */
const word = (text: string): string => quoted(text, 'linux')

function commandOf({ plan, out, data, program }: Cluster, index: string): string {
  const where = data === undefined ? '' : ` --data ${word(data)}`
  return `${program} --plan ${word(plan.path)} --index ${index} --out ${word(out)}${where} --take-over`
}

/** Where the pods find things: the claim's disk, and the plan beside it. */
const [resultMount, planMount] = ['/result', '/plan']

/** An Indexed Job with the plan in a ConfigMap; runs go to the disk that the claim `vlae-result` names. */
function manifestOf({ plan, data }: Cluster): object {
  const name =
    plan.name
      .replace(/[^a-z0-9-]+/g, '-')
      .slice(0, 50)
      .replace(/^-+|-+$/g, '') || 'sweep'
  const file = basename(plan.path).replace(/[^\w.-]/g, '-')
  const text = plan.lines.map(({ name, written }) => `${JSON.stringify({ name, settings: written })}\n`).join('')
  const place = data === undefined ? [] : ['--data', data]
  const container = {
    name: 'train',
    image: 'vlae-studio',
    args: ['sweep', '--plan', `${planMount}/${file}`, '--index', '$(JOB_COMPLETION_INDEX)', '--out', resultMount]
      .concat(place)
      .concat('--take-over'),
    resources: { requests: { cpu: String(lanesOf(plan)), memory: '2Gi' } },
    volumeMounts: [
      { name: 'result', mountPath: resultMount },
      { name: 'plan', mountPath: planMount, readOnly: true },
    ],
  }
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      completionMode: 'Indexed',
      completions: plan.lines.length,
      parallelism: plan.lines.length,
      // a pod that is preempted or lost does not count against its index
      backoffLimitPerIndex: 3,
      podFailurePolicy: {
        rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
      },
      template: {
        spec: {
          restartPolicy: 'Never',
          terminationGracePeriodSeconds: 60,
          containers: [container],
          volumes: [
            { name: 'result', persistentVolumeClaim: { claimName: 'vlae-result' } },
            { name: 'plan', configMap: { name } },
          ],
        },
      },
    },
  }
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { [file]: text } }
  return { apiVersion: 'v1', kind: 'List', items: [config, job] }
}
