/**
 * The seam: everything that crosses between the app and what shows it, declared once, a file a subject.
 * Schemas are zod's; types are inferred from them; the receiving side validates.
 */
export * from '../models/card'
export * from '../models/registry'
export * from '../models/setting'
export * from './common'
export * from './metrics'
export * from './engines'
export * from './run-settings'
export * from './settings'
export * from './runs'
export * from './files'
export * from './training'
export * from './queue'
export * from './pictures'
export * from './data'
export * from './explore'
export * from './questions'
export * from './app'
export * from './calls'
export * from './events'
