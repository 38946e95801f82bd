/** The training thread with the toy registered. */
import { registerMaker } from '../../../main/models/create'
import { createToy } from './toy'

registerMaker('toy', createToy)
await import('../../../main/training/worker')
