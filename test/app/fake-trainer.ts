/** A trainer that does what a test says, event by event; its run folders are real ones. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { encodeGrid } from '../../main/files/png'
import { encodeSafetensors } from '../../main/files/safetensors'
import type { MetricsLine } from '../../main/runs/metrics-line'
import { metricsName, notesName, resumeName, runFileName, samplesName, weightsName } from '../../main/runs/names'
import type { RunFile } from '../../main/runs/run-file'
import type { Answered, AskOptions, StartOptions, Trainer } from '../../main/trainer/api'
import type { TrainerEvent } from '../../main/trainer/events'
import {
  runSettings,
  type AnswerTo,
  type Likelihood,
  type Question,
  type RunSettings,
  type Tiles,
} from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { isOpen, type Phase } from '../../preload/life'

export const stepsPerEpoch = 10

export function step(number: number): Extract<MetricsLine, { type: 'step' }> {
  const epoch = Math.ceil(number / stepsPerEpoch)
  const parts = { loss: 100, objective: 95, reconstruction: 90, klZ1: 5, klZ2: 5 }
  return { type: 'step', step: number, epoch, klWeight: 0.5, ...parts }
}

export function epoch(number: number): Extract<MetricsLine, { type: 'epoch' }> {
  const test = { loss: 100 - number, reconstruction: 80 - number, klZ1: 5, klZ2: 15 }
  return { type: 'epoch', epoch: number, step: number * stepsPerEpoch, klWeight: 1, train: null, test }
}

/** A file of weights that is whole, though of no network. */
export const wholeWeights = encodeSafetensors([{ name: 'w', dtype: 'F32', shape: [1], data: Float32Array.of(1) }])

/** A run folder as the trainer leaves one behind after `epochs` epochs. */
export function writeRun(resultFolder: string, id: string, epochs: number, change: Partial<RunFile> = {}): string {
  const folder = join(resultFolder, id)
  mkdirSync(folder, { recursive: true })
  const curve = Array.from({ length: epochs + 1 }, (_, i) => epoch(i).test!.loss)
  const lines = curve.flatMap((_, e) => [
    ...Array.from({ length: e === 0 ? 0 : stepsPerEpoch }, (_, i) => step((e - 1) * stepsPerEpoch + i + 1)),
    epoch(e),
  ])
  const file: RunFile = {
    format: 1,
    name: 'ladder',
    status: 'stopped',
    settings: runSettings.parse({}),
    from: null,
    data: {
      name: 'MNIST (bundled)',
      folder: '/data',
      bundled: true,
      fingerprint: 'f',
      trainImages: 1,
      testImages: 1,
      classes: null,
    },
    engine: { name: 'onnx-cpu', device: 'CPU' },
    versions: {},
    startedAt: '2026-11-22T08:12:00.000Z',
    updatedAt: '2026-11-22T08:12:00.000Z',
    epoch: epochs,
    step: epochs * stepsPerEpoch,
    stepsPerEpoch,
    curve,
    seconds: [],
    problem: null,
    ...change,
  }
  writeFileSync(join(folder, runFileName), JSON.stringify(file))
  writeFileSync(join(folder, metricsName), lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  writeFileSync(join(folder, resumeName), 'state')
  for (const e of curve.keys()) {
    writeFileSync(join(folder, samplesName(e)), encodeGrid({ images: picture(e), columns: 8 }))
    writeFileSync(join(folder, weightsName(e)), wholeWeights)
  }
  return folder
}

/** Tiles whose grey says their row, from 1. */
export function greyTiles(rows: number, columns: number): Tiles {
  const pixels = Uint8Array.from({ length: rows * columns * 784 }, (_, i) => 1 + Math.floor(i / columns / 784))
  return { rows, columns, pixels, labels: null }
}

/** 80 tiles whose grey says the epoch and the tile. */
export function picture(epoch: number): Uint8Array {
  return Uint8Array.from({ length: 80 * 784 }, (_, i) => (Math.floor(i / 784) + epoch) % 256)
}

/** −log p(x) 95 nats, whatever was asked for. */
export function likelihoodAt(epoch: number, images: number, samples: number): Likelihood {
  const of = (mean: number) => ({ mean, error: images > 1 ? 0.5 : null })
  const estimates = { marginal: of(95), conditional: of(93), bound: of(97), reconstruction: of(80), rate: of(17) }
  const code = { activeUnits: 21, codeSize: 48 }
  return { epoch, images, samples, averaged: false, seen: 'grey', ...estimates, ...code, unkept: null }
}

export class FakeTrainer implements Trainer {
  phase: Phase = 'idle'
  folder: string | null = null
  readonly asked: { call: string; options?: unknown }[] = []
  readonly prepared: RunSettings[] = []
  /** What the next start or resume rejects with. */
  refusal: Error | null = null
  private readonly listeners = new Set<(event: TrainerEvent) => void>()

  emit(event: TrainerEvent): void {
    for (const listener of this.listeners) listener(event)
  }

  enter(phase: Phase): void {
    this.phase = phase
    if (!isOpen(phase)) this.folder = null
    this.emit({ type: 'state', state: phase, folder: this.folder })
  }

  emitStep(number: number): void {
    this.emit({ ...step(number), folder: this.folder!, imagesPerSecond: 1000 })
  }

  emitEpoch(number: number): void {
    this.emit({ ...epoch(number), folder: this.folder!, imagesPerSecond: number === 0 ? null : 900 })
  }

  async start(options: StartOptions): Promise<{ folder: string }> {
    this.asked.push({ call: 'start', options })
    const id = options.folder === undefined ? 'new-run' : basename(options.folder)
    const { name = 'ladder', settings, notes } = options
    const file = { status: 'training', name, settings } as const
    const write = () => {
      const folder = writeRun(options.resultFolder, id, 0, file)
      if (notes !== undefined) writeFileSync(join(folder, notesName), JSON.stringify(notes))
      return folder
    }
    return this.open(write, false, 0)
  }

  async prepare(settings: RunSettings): Promise<void> {
    this.prepared.push(settings)
  }

  async resume({ runFolder }: { runFolder: string }): Promise<{ folder: string }> {
    this.asked.push({ call: 'resume', options: runFolder })
    return this.open(() => runFolder, true, 2 * stepsPerEpoch)
  }

  private async open(place: () => string, resumed: boolean, step: number): Promise<{ folder: string }> {
    this.enter('starting')
    if (this.refusal !== null) {
      this.enter('idle')
      throw this.refusal
    }
    const folder = (this.folder = place())
    const settings = runSettings.parse({})
    const file = { settings, engine: { name: 'onnx-cpu', device: 'CPU, 1 lane' } } as RunFile
    const totalSteps = stepsPerEpoch * settings.epochs
    const epoch = resumed ? step / stepsPerEpoch : -1
    this.emit({ type: 'started', folder, resumed, step, epoch, stepsPerEpoch, totalSteps, file })
    this.enter('training')
    return { folder }
  }

  /** The run that is open comes to its last epoch. */
  finish(): void {
    const folder = this.folder!
    const path = join(folder, runFileName)
    const file = JSON.parse(readFileSync(path, 'utf8')) as RunFile
    writeFileSync(path, JSON.stringify({ ...file, status: 'done', epoch: file.settings.epochs }))
    this.emit({ type: 'done', folder, status: 'done', epoch: 1, step: 10, test: null, imagesPerSecond: 950 })
    this.enter('done')
  }

  /** It fails, for good. */
  fail(message: string): void {
    const error = { code: 'training/diverged', message, remedy: 'Choose a smaller learning rate.' }
    this.emit({ type: 'failure', folder: this.folder, error, resumable: false, waits: false })
    this.enter('failed')
  }

  async pause(): Promise<void> {
    this.asked.push({ call: 'pause' })
    this.enter('paused')
  }

  async continue(): Promise<void> {
    this.asked.push({ call: 'continue' })
    this.enter('training')
  }

  async save(): Promise<void> {
    this.asked.push({ call: 'save' })
  }

  async stop(): Promise<void> {
    this.asked.push({ call: 'stop' })
    if (this.folder === null) return
    const end = { epoch: 0, step: 3, test: null, imagesPerSecond: 950 }
    this.emit({ type: 'done', folder: this.folder, status: 'stopped', ...end })
    this.enter('stopped')
  }

  async ask<Q extends Question>({ question, epoch = 0, signal, onProgress }: AskOptions<Q>): Promise<Answered<Q>> {
    onProgress?.(1, 2)
    return { epoch, answer: (await this.answer(question, epoch, signal)) as AnswerTo<Q> }
  }

  protected async answer(question: Question, at: number, signal?: AbortSignal): Promise<AnswerTo<Question>> {
    if (question.type === 'evaluate') return { ...epoch(at).test!, epoch: at, images: 10_000, marginal: 95 }
    if (question.type === 'reconstruct') return greyTiles(2, question.images.length)
    if (question.type === 'export') return exportedAt(at, question.format)
    if (question.type === 'likelihood') return likelihoodAt(at, question.images ?? 1000, question.samples ?? 64)
    if (question.type === 'keptLikelihood') return null
    if (question.type === 'compress') {
      const images = question.images.map(() => ({ rate: 12, residual: 60, png: 160, gzip: 97 }))
      return { images, pixelCosts: new Float32Array(784 * images.length), sees: Int32Array.of(-1, 0) }
    }
    if (question.type !== 'sample')
      throw new AppError('model/no-code', `The stand-in answers no ${question.type}.`, 'Ask something else.')
    const { digit = null, count = 8 } = question
    if (count === 7) await new Promise<never>(() => signal?.addEventListener('abort', () => undefined))
    return greyTiles(digit === null ? 10 : 1, count)
  }

  engines: Trainer['engines'] = async () => [
    { name: 'onnx-cpu', usable: true, device: 'CPU, 2 lanes', automatic: true, problem: null, imagesPerSecond: null },
  ]

  on(listener: (event: TrainerEvent) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  async close(): Promise<void> {
    await this.stop()
  }
}

/** One file, whatever it is asked for as. */
function exportedAt(epoch: number, format = 'pt') {
  const name = format === 'pt' ? `vlae_condprior_epoch${epoch}.pt` : `${format}_epoch${epoch}.zip`
  return { name, files: [{ name, bytes: new Uint8Array(3) }], about: 'Weights', optimizerSteps: null }
}
