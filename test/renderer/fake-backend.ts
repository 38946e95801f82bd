/** A backend that answers what a test says, and the stores on top of it. */
import { createPinia } from 'pinia'
import { createApp, type App } from 'vue'
import {
  noNotes,
  runSettings,
  type Calls,
  type EpochMetrics,
  type MetricsSpan,
  type RunSummary,
} from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { type Backend, backendKey } from '../../renderer/backend/backend'

/** @param open as a backend's @returns the page's app */
export function stage(answers: Partial<Calls>, open: Backend['open'] = () => undefined): App {
  const call = new Proxy(answers, {
    get: (given, name: keyof Calls) =>
      given[name] ?? (() => Promise.reject(new AppError('test', `No ${name} here.`, ''))),
  }) as Calls
  const backend: Backend = { call, open }
  const app = createApp({})
  app.provide(backendKey, backend)
  // installing makes it the active one
  app.use(createPinia())
  return app
}

export function summary(id: string, changed: Partial<RunSummary> = {}): RunSummary {
  return {
    id,
    name: id,
    status: 'done',
    settings: runSettings.parse({}),
    startedAt: `2026-11-${id}T08:00:00Z`,
    from: null,
    engine: 'onnx-cpu',
    device: 'CPU',
    data: null,
    epoch: 0,
    curve: [],
    seconds: [],
    stepsPerEpoch: 10,
    best: null,
    resumable: false,
    problem: null,
    notes: noNotes,
    ...changed,
  }
}

export function epochLine(epoch: number, step: number, loss = 100): EpochMetrics {
  const test = { loss, reconstruction: loss - 20, klZ1: 7, klZ2: 13 }
  return { type: 'epoch', epoch, step, klWeight: 1, train: epoch === 0 ? null : { ...test, objective: loss }, test }
}

/** Steps from…to−1 as lines with the same numbers, and these epochs; a step's loss is its number. */
export function span(run: string, from: number, to: number, epochs: EpochMetrics[] = [], loss?: number): MetricsSpan {
  const steps = Array.from({ length: to - from }, (_, i) => from + i + 1)
  const column = () => Float32Array.from(steps, (step) => loss ?? step)
  return {
    run,
    from,
    to,
    steps: {
      step: Int32Array.from(steps),
      epoch: Float32Array.from(steps, (step) => step / 10),
      values: Object.fromEntries(['loss', 'objective', 'reconstruction', 'klWeight'].map((name) => [name, column()])),
    },
    epochs,
  }
}
