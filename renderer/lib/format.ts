/** Numbers, times and names as a person reads them. */
import { nats } from '../../preload/amounts'

export { about, count, duration, inBits, left, nats, plural } from '../../preload/amounts'

const monthDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })

/** A difference with its sign: `−1.43`, `+0.20`, `±0`. */
export function signed(value: number): string {
  const text = nats(Math.abs(value))
  if (Number(text) === 0) return '±0'
  return (value < 0 ? '−' : '+') + text
}

/** With so many decimals, and never `-0.0`: `−2.5`, `0.0`. */
export function fixed(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals)
  return value < 0 && Number(text) !== 0 ? `−${text}` : text
}

/** `7.0 MB` */
export function bytes(value: number): string {
  if (value < 1000) return `${value} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let scaled = value / 1000
  let unit = 0
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000
    unit++
  }
  return `${scaled.toFixed(scaled < 10 ? 1 : 0)} ${units[unit]}`
}

/** `22 Nov 08:12` */
export function moment(iso: string): string {
  const date = new Date(iso)
  return Number.isNaN(date.getTime()) ? '–' : `${monthDay.format(date)} ${clock.format(date)}`
}
