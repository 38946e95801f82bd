/** The settings as they are before a person has set anything. */
import { appSettings, type AppSettings } from '../../preload/contract'

export const defaults: AppSettings = appSettings.parse({})
