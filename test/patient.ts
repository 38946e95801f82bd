/** Makes what waits without saying how long as patient as `expect.poll` is (vitest.config.ts): vitest gives it a second. */
import { vi } from 'vitest'
import { briefPatience } from './patience'

const { waitFor, waitUntil } = vi
vi.waitFor = (callback, options = briefPatience) => waitFor(callback, options)
vi.waitUntil = (callback, options = briefPatience) => waitUntil(callback, options)
