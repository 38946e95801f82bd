/** What the page needs of the app behind it. A live one and a scripted one are interchangeable. */
import { type InjectionKey, inject } from 'vue'
import type { AppEvent, Calls } from '../../preload/contract'

/** `connecting` until the first answer; `lost` while it tries again by itself; `refused` by an app started anew. */
export type Link = 'connecting' | 'online' | 'lost' | 'refused'

export interface Backend {
  /** Every call of the contract. Rejects with an AppError. */
  readonly call: Calls
  /** Begins, and tells how the connection stands and what happens. Called once. */
  open(listener: { link(state: Link): void; events(batch: AppEvent[]): void }): void
  /** The path of a dropped file or folder; absent where a page must not know it. */
  pathOf?(file: File): string
}

export const backendKey: InjectionKey<Backend> = Symbol('backend')

/** The backend that the page was started with. In components and stores. */
export function useBackend(): Backend {
  const backend = inject(backendKey)
  if (backend === undefined) throw new Error('The page was started without a backend.')
  return backend
}
