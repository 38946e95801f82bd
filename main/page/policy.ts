/** What the page may do, whichever door it is shown in: the headers that go with each of its files. */

/**
 * The content security policy: everything comes from the app itself, no code is generated, nothing is framed.
 * `style-src` allows inline styles because accessible components place their layers with them.
 *
 * @param connect what the page may open connections to
 */
export function contentSecurityPolicy(connect: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self'",
    "worker-src 'self'",
    `connect-src ${connect}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ')
}

/** What a browser has and the page never asks for. */
const unused =
  'bluetooth camera clipboard-read display-capture geolocation hid idle-detection local-fonts microphone midi ' +
  'screen-wake-lock serial usb window-management'

/** @param connect as for `contentSecurityPolicy` */
export function pageHeaders(connect: string): Record<string, string> {
  return {
    'Content-Security-Policy': contentSecurityPolicy(connect),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': unused
      .split(' ')
      .map((feature) => `${feature}=()`)
      .join(', '),
  }
}
