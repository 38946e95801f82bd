/** The training thread, with a made-up question that it can answer. */
import './ink'
import './ink-answer'
import '../../main/training/worker'
