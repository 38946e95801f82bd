/** A colour and a shape for each class: colours that the colour-blind may take for each other have different shapes. */

/** As paths of SVG, about 0, 0 and as large as a circle of radius 1. */
const shapes = {
  circle: 'M1 0A1 1 0 1 1 -1 0A1 1 0 1 1 1 0Z',
  square: 'M-0.9 -0.9H0.9V0.9H-0.9Z',
  up: 'M0 -1.3L1.15 0.8H-1.15Z',
  diamond: 'M0 -1.3L1.15 0L0 1.3L-1.15 0Z',
  down: 'M0 1.3L1.15 -0.8H-1.15Z',
}

export interface ClassMark {
  /** The token of its colour. */
  readonly color: string
  readonly path: string
}

const markOf = (shape: keyof typeof shapes, i: number): ClassMark => ({
  color: `--series-${i + 1}`,
  path: shapes[shape],
})

/** By class. */
export const classMarks: readonly ClassMark[] = (
  ['circle', 'square', 'up', 'diamond', 'down', 'square', 'down', 'diamond', 'up', 'circle'] as const
).map(markOf)

/** Where the data says no classes. */
export const plainMark = markOf('circle', 0)
