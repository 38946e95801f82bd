/** A digit in hand as a checkpoint's code, asked again at every stroke and wherever the playhead goes. */
import type { Encoding } from '../../preload/contract'
import { useAsk, type At } from '../backend/ask'
import type { Digit } from '../stores/hand'
import { useNewest, type Newest } from './use-newest'

export interface Encoded extends At {
  readonly digit: Digit
}

/** @param at which checkpoint; null: none */
export function useEncoding(digit: () => Digit | null, at: () => At | null): Newest<Encoded, Encoding> {
  const ask = useAsk()
  return useNewest(
    () => {
      const [shown, checkpoint] = [digit(), at()]
      return shown && checkpoint && { ...checkpoint, digit: shown }
    },
    (at) => ask(at, { type: 'encode', pixels: at.digit.pixels }),
  )
}
