/** Where the window was: kept between starts, and put back where it can be seen. */
import type { Rectangle } from 'electron'
import { z } from 'zod'

export interface BoundsStore {
  get(key: 'bounds'): unknown
  set(key: 'bounds', value: unknown): void
}

export interface WindowBounds extends Partial<Pick<Rectangle, 'x' | 'y'>> {
  readonly width: number
  readonly height: number
  readonly maximized: boolean
}

export const firstBounds: WindowBounds = { width: 1280, height: 800, maximized: false }
export const smallest = { width: 640, height: 480 }

const kept = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().min(smallest.width).max(100_000),
  height: z.int().min(smallest.height).max(100_000),
  maximized: z.boolean(),
})

/**
 * @param screens what windows can be seen on, the main one first; the kept place counts only where enough of it is still
 *   there, and a window that comes to another place is no larger than the screen there
 */
export function readBounds(store: BoundsStore, screens: readonly [Rectangle, ...Rectangle[]]): WindowBounds {
  const { data } = kept.safeParse(store.get('bounds'))
  if (data !== undefined && screens.some((screen) => isReachable(data, screen))) return data
  const { width, height, maximized } = data ?? firstBounds
  const [main] = screens
  return { width: Math.min(width, main.width), height: Math.min(height, main.height), maximized }
}

/** The title bar is on the screen, and wide enough to be dragged. */
function isReachable(window: Rectangle, screen: Rectangle): boolean {
  const visible = Math.min(window.x + window.width, screen.x + screen.width) - Math.max(window.x, screen.x)
  return visible >= 100 && window.y >= screen.y - 10 && window.y <= screen.y + screen.height - 40
}

interface Placed {
  getNormalBounds(): Rectangle
  isMaximized(): boolean
}

export function writeBounds(store: BoundsStore, window: Placed): void {
  try {
    store.set('bounds', { ...window.getNormalBounds(), maximized: window.isMaximized() })
  } catch {
    // where a window stood is not worth troubling anyone
  }
}
