/** What the terminal says of a run follows the run's own condition. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { standIn, type } from './stand-in'

const folder = (condition: string) => join(import.meta.dirname, '../fixtures/runs-0.1', condition)
const evaluation = { epoch: 2, images: 10, loss: 95, reconstruction: 72, klZ1: 8, klZ2: 15, marginal: 94.5 }

it('measures what there is: without classes there is none to sum over', async () => {
  const tell = async (condition: string) => {
    const { code, out } = await type(
      ['evaluate', folder(condition)],
      standIn({ ask: async () => ({ epoch: 2, answer: evaluation as never }) }),
    )
    expect(code).toBe(0)
    return out.split('\n').slice(1, -1)
  }
  const [all, none] = [await tell('label'), await tell('none')]
  expect(all).toEqual([
    '    95.00  −ELBO (loss)',
    '    72.00  reconstruction',
    '     8.00  KL z1',
    '    15.00  KL z2',
    '    94.50  −log p(x) bound, summed over the classes',
  ])
  expect(none).toEqual(all.slice(0, -1))
})

it('takes the number of a class, or a name that the run’s data has for one', async () => {
  const { code, err } = await type(['sample', folder('label'), '--digit', 'Trouser'])
  expect([code, err]).toEqual([
    2,
    '--digit must be a whole number from 0 to 9 or one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9; got "Trouser"\n' +
      'Add --help to a command to see what it takes.\n',
  ])
})

it('draws no digit that a model cannot be asked for', async () => {
  const { code, err } = await type(['sample', folder('none'), '--digit', '3'])
  expect([code, err]).toEqual([
    1,
    'This run was trained without classes: its model cannot be asked for a digit.\n' +
      'Leave --digit out, or take a run that was trained with --condition label.\n',
  ])
})
