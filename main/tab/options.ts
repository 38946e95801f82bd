/** What the tab's door can be told on the command line. */
import { Command, InvalidArgumentError } from 'commander'

export interface TabOptions {
  readonly port?: number
  readonly open: boolean
}

/** Prints what is wrong, or the help, and ends the process where the arguments ask for that. */
export function parseTabOptions(args: readonly string[]): TabOptions {
  return new Command('vlae-studio')
    .description('Serves VLAE Studio’s page on this machine and opens it in the browser.')
    .option('--browser', 'show the app in a browser tab instead of a window')
    .option('--port <n>', 'the port to serve on, 0 for any free one (default: the first free one from 8523 on)', port)
    .option('--no-open', 'do not open the browser: only print the address')
    .allowExcessArguments(false)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse(args, { from: 'user' })
    .opts<TabOptions>()
}

function port(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number
  throw new InvalidArgumentError('It is a whole number from 0, any free port, to 65535.')
}
