/** The process that `soak:kill` kills: trains or resumes one run and tells every event. */
import '../trainer/train-process'
