/** Refuses to begin where Node would abort as it makes the training thread: see ./limits.cjs. */
import { AppError } from '../../preload/errors'
import { tooLittle } from './limits.cjs'

/** @throws AppError `system/…`, `disk/too-many-open` */
export function assertRoom(): void {
  const refusal = tooLittle()
  if (refusal !== null) throw new AppError(refusal.code, refusal.message, refusal.remedy)
}
