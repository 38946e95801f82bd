/**
 * Listeners, for `v-on`, of what a finger is moved along sideways while up and down pans the page (`touch-action: pan-y`): a quick
 * move would be a fling to the browser, which swallows the next tap.
 */
export function sideways() {
  let from: Touch | undefined
  return {
    touchstart({ touches }: TouchEvent): void {
      if (touches.length === 1) [from] = touches
    },
    touchmove(event: TouchEvent): void {
      const [to] = event.touches
      if (from === undefined || to === undefined || !event.cancelable) return
      if (Math.abs(to.clientX - from.clientX) > Math.abs(to.clientY - from.clientY)) event.preventDefault()
    },
  }
}
