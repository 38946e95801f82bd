/** Pictures, as the page is given them. */
import { z } from 'zod'

/** Square grey pictures, 28 by 28, in rows: what a gallery draws. */
export const tiles = z.object({
  rows: z.int(),
  columns: z.int(),
  /** uint8 [rows · columns, 784], row-major; 0 black, 255 white: ink is bright, as in MNIST. */
  pixels: z.instanceof(Uint8Array),
  /** uint8 [rows · columns], the class of each picture, 0–9; null where there is none. */
  labels: z.instanceof(Uint8Array).nullable(),
})
export type Tiles = z.infer<typeof tiles>

/** What an epoch draws: samples of the prior, or test images above what came back of them. */
export const pictureKind = z.enum(['samples', 'reconstructions'])
export type PictureKind = z.infer<typeof pictureKind>
