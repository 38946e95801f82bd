/** What passes that compute convolutions in other ways have in common. */
import { type Convolved, convolvedFor } from '../trace/convolution'
import type { Value } from '../trace/graph'
import { type Draft, dropUnread, seen, type Step, writesOf } from './draft'

/**
 * @param instead for a step that writes what a convolution, or one in transposition, gives, whose map and filter are there by
 *   then: other steps that write it, or undefined
 */
export function otherwiseConvolved(
  draft: Draft,
  instead: (out: Value, how: Convolved, step: Step) => readonly Step[] | undefined,
): Draft {
  const written = new Set<Value>(draft.inputs)
  const steps = draft.steps.flatMap((step): readonly Step[] => {
    const [out] = writesOf(step)
    const how = out && convolvedFor(out)
    const there = how && [how.x, how.filter].every((value) => written.has(seen(draft, value)))
    for (const value of writesOf(step)) written.add(value)
    return (there ? instead(out, how, step) : undefined) ?? [step]
  })
  return dropUnread({ ...draft, steps })
}
