/** Whether a browser opened here would be seen by anyone. */

/** Without a display on Linux, or over SSH, the address is only printed: it is opened at the person's own machine. */
export function hasBrowser(environment: NodeJS.ProcessEnv = process.env, platform = process.platform): boolean {
  if (environment['SSH_CONNECTION'] !== undefined || environment['CI'] !== undefined) return false
  return platform !== 'linux' || Boolean(environment['DISPLAY'] || environment['WAYLAND_DISPLAY'])
}
