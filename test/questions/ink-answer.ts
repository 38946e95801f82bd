/** A made-up question: its function, with a program of its own over the model's parameters. */
import { mean } from '@tensorflow/tfjs-core'
import type { z } from 'zod'
import { answers } from '../../main/questions/answers'
import type { Checkpoint } from '../../main/questions/question'
import { pass, type Watch } from '../../main/training/evaluate'
import type { ink } from './ink'

async function answerInk(
  { digit, noise }: z.output<typeof ink.question>,
  { programs, parameters }: Checkpoint,
  watch: Watch,
): Promise<Float32Array> {
  const { latentSize } = programs.model
  const run = await programs.prepare(
    'ink',
    (p, { labels, noise }) => ({ ink: mean(programs.model.sample(p, labels!, noise!), 1) }),
    { labels: { shape: [1], dtype: 'uint8' }, noise: { shape: [1, latentSize], dtype: 'float32' } },
  )
  const pictures = noise.length / latentSize
  const all = new Float32Array(pictures)
  for (let i = 0; i < pictures; i++) {
    const inputs = { labels: Uint8Array.of(digit), noise: noise.slice(i * latentSize, (i + 1) * latentSize) }
    all[i] = (await run(parameters, inputs))['ink']![0]!
    await pass(watch, i + 1, pictures)
  }
  return all
}

Object.assign(answers, { ink: answerInk })
