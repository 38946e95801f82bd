/** What each panel of Explore is handed. */
import type { Encoding, RunSummary } from '../../preload/contract'
import type { Digit } from '../stores/hand'

export interface PanelProps {
  readonly run: RunSummary
  readonly epoch: number
  /** The digit in hand, and what the checkpoint makes of it. */
  readonly digit: Digit | null
  readonly encoding: Encoding | null
  /** The epoch that made it: for a moment the one that was shown before. */
  readonly encodedAt: number | null
  /** The class whose prior it is measured with, as `classOf` gives it. */
  readonly label: number | null
  /** What the pinned checkpoint does; null: none is pinned. */
  readonly pinned: Encoding | null
  readonly pinnedLabel: number | null
}
