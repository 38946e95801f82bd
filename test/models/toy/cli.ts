/** The command line with the toy registered. */
import './card'

await import('../../../main/cli')
