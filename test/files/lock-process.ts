/** A process that takes a lock, says how that went, and holds it until it is killed. */
import { acquireLock } from '../../main/files/lock'
import { AppError } from '../../preload/errors'

const [path, patience] = process.argv.slice(2)
try {
  await acquireLock(path!, { patience: Number(patience) })
  console.log('held')
} catch (error) {
  console.log(AppError.from(error).message)
}
setInterval(() => undefined, 1000)
