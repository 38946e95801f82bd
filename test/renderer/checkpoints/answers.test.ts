/** What a checkpoint was asked: an answer belongs to the run and the epoch that it was asked of. */
import { expect, it, vi } from 'vitest'
import { effectScope, nextTick, reactive } from 'vue'
import { idleTraining, type Calls, type Checkpoint, type Likelihood } from '../../../preload/contract'
import { useAnswer } from '../../../renderer/checkpoints/use-answer'
import { useCheckpoints } from '../../../renderer/checkpoints/use-checkpoints'
import { useTestImages } from '../../../renderer/checkpoints/use-test-images'
import { useEstimates } from '../../../renderer/stores/estimates'
import { useRuns } from '../../../renderer/stores/runs'
import { span, stage, summary } from '../fake-backend'

const settled = () => new Promise((resolve) => setTimeout(resolve, 5))

/** A question whose answers come when the test says so. */
function slow<T>() {
  const answers: ((value: T) => void)[] = []
  const ask = vi.fn<(...given: unknown[]) => Promise<T>>(() => new Promise((resolve) => answers.push(resolve)))
  return { ask, answers }
}

it.each([true, false])(
  'is no answer of another run at the same epoch (asked again at another one: %s)',
  async (again) => {
    stage({})
    const at = reactive({ run: '01', epoch: 3 })
    const { ask, answers } = slow<{ found: number }>()
    const { made, ask: press } = effectScope().run(() => useAnswer(() => ({ ...at }), ask, again))!
    const pressed = press()
    at.run = '02'
    await nextTick()
    answers[0]!({ found: 1 })
    await pressed
    expect([made.value, ask.mock.calls.length]).toEqual([null, 1])
    const second = press()
    answers[1]!({ found: 2 })
    await second
    expect(made.value).toEqual({ run: '02', epoch: 3, found: 2 })
  },
)

it('goes with its epoch where it is not asked again', async () => {
  stage({})
  const at = reactive({ run: '01', epoch: 3 })
  const { made, ask } = effectScope().run(() =>
    useAnswer(
      () => ({ ...at }),
      async () => ({ found: 1 }),
      false,
    ),
  )!
  await ask()
  expect(made.value).toEqual({ run: '01', epoch: 3, found: 1 })
  at.epoch = 4
  await nextTick()
  expect(made.value).toBeNull()
})

it('names the images that it is of, whatever was chosen since', async () => {
  stage({})
  const { ask, answers } = slow<object>()
  const images = effectScope().run(() => useTestImages(() => ({ run: '01', epoch: 3 }), ask))!
  const pressed = images.ask()
  images.others()
  answers[0]!({})
  await pressed
  expect(images.made.value!.images).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

it('of a likelihood is asked once at a time, and stays with its checkpoint', async () => {
  const { ask, answers } = slow<Likelihood>()
  stage({ ask: ask as unknown as Calls['ask'] })
  const estimates = useEstimates()
  const question = { type: 'likelihood', samples: 64, images: 200 } as const
  const first = estimates.estimate({ run: '01', epoch: 3 }, question)
  expect(estimates.task).not.toBeNull()
  await estimates.estimate({ run: '02', epoch: 3 }, question)
  expect(ask).toHaveBeenCalledTimes(1)
  answers[0]!({ unkept: null } as unknown as Likelihood)
  await first
  expect([estimates.task, estimates.found]).toMatchObject([null, { run: '01', epoch: 3 }])
})

it('lists the checkpoints that came last, not those that were asked first and came late', async () => {
  const { ask, answers } = slow<Checkpoint[]>()
  const app = stage({
    history: async ({ run, since = 0 }) => span(run, since, 20),
    checkpoints: ask as unknown as Calls['checkpoints'],
  })
  const runs = useRuns()
  runs.reset([summary('01', { epoch: 1 })], idleTraining)
  const { list } = app.runWithContext(() => useCheckpoints())
  runs.change([summary('01', { epoch: 2 })], [])
  await settled()
  const [older, newer] = [[], [{}]] as unknown as Checkpoint[][]
  answers[1]!(newer!)
  await settled()
  answers[0]!(older!)
  await settled()
  expect(list.value).toBe(newer)
})
