/** What a person copies. */

/**
 * Puts a text that is still to come on the clipboard. To be called in a press, which is what allows it.
 *
 * @throws Error where the browser does not let the page copy
 */
export async function copyText(text: Promise<string>): Promise<void> {
  const blob = text.then((text) => new Blob([text], { type: 'text/plain' }))
  await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })])
}
