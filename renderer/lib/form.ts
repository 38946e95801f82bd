/** Forms that are sent although something in them cannot be used. */

/** Takes a person to the first field that is marked as wrong, which says why. Whether there is none. */
export function isRight(event: Event): boolean {
  const wrong = (event.currentTarget as HTMLFormElement).querySelector<HTMLElement>('[aria-invalid="true"]')
  wrong?.focus()
  return wrong === null
}
