/** How a person wants the charts: kept between visits, the same in every view. */
import { createSharedComposable, useLocalStorage } from '@vueuse/core'

/** Steps that the training lines are smoothed over, as offered; 0: not at all. */
export const smoothings = [0, 5, 10, 20, 50, 100, 200, 500, 1000] as const

export const useChartChoices = createSharedComposable(() => ({
  /** A logarithmic scale. */
  log: useLocalStorage('vlae.chart.log', false),
  /** One of `smoothings`. */
  smoothing: useLocalStorage<number>('vlae.chart.smoothing', 20),
  /** Outliers may lie beyond the top of a chart of runs. */
  usual: useLocalStorage('vlae.chart.usual', true),
  /** The objective beside the loss. */
  objective: useLocalStorage('vlae.chart.objective', false),
}))
