/** Pass: pads, slices, windows, transposes, … are index maps, and a chain of them is one: nothing between is written. */
import { present } from '../../../preload/present'
import type { Value } from '../trace/graph'
import { type Draft, dropUnread, elementsOf, onlyNode, seen, type Step } from './draft'
import { composed, concatenated, isIdentity, mapOf, merged, type Move, type Part, runsOf, whole } from './index-map'

export function moves(draft: Draft): Draft {
  const views = new Map(draft.views)
  const next = { ...draft, views }
  const moved = new Map<Value, Move>()
  const steps: Step[] = []
  for (const step of draft.steps) {
    const node = onlyNode(step)
    const parts = node && partsOf(node)
    if (!node || !parts) {
      steps.push(step)
      continue
    }
    const out = node.output
    const near = parts.map(({ source, map, begin, row, apart }): Part => ({
      source: seen(next, source),
      map,
      begin,
      row,
      apart,
    }))
    const far = near.map((part) => throughMoves(part, moved))
    const move: Move = { kind: 'move', out, parts: asOne(far, near, elementsOf(out)) }
    const [first] = move.parts
    const stays = move.parts.length === 1 && first && elementsOf(first.source) === elementsOf(out)
    if (stays && isIdentity(first.map, elementsOf(out)) && first.source.type === out.type) {
      views.set(out, first.source)
      for (const [view, of] of views) if (of === out) views.set(view, first.source)
      continue
    }
    moved.set(out, move)
    steps.push(move)
  }
  return dropUnread({ ...next, steps })
}

function partsOf(node: Parameters<typeof mapOf>[0]): Part[] | undefined {
  const map = mapOf(node)
  const [source] = node.inputs
  return map && source ? [{ source, ...whole(map) }] : concatenated(node)
}

/** What a part is of what its source is made of, where that was moved itself. */
function throughMoves(part: Part, moved: ReadonlyMap<Value, Move>): Part {
  const before = moved.get(part.source)
  const [only] = before?.parts ?? []
  const map = only && before?.parts.length === 1 ? composed(part.map, only.map) : undefined
  return only && map ? { ...part, source: only.source, map } : part
}

/** Parts of one source as one map; others as they were where rows would not be moved in one piece. */
function asOne(parts: readonly Part[], before: readonly Part[], size: number): readonly Part[] {
  const [first] = parts
  if (!first) return parts
  if (parts.every(({ source }) => source === first.source)) {
    const map = merged(parts, size)
    if (map) return [{ source: first.source, ...whole(map) }]
  }
  return parts.map((part, i) =>
    runsOf(part.map.from, part.row).length === part.row ? part : present(before[i], 'part'),
  )
}
