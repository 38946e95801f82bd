/** What `npm start` can be told on the command line: JavaScript, so that it is read before anything is built. */
import { Command, InvalidArgumentError } from 'commander'

/**
 * Prints what is wrong, or the help, and ends the process where the arguments ask for that.
 *
 * @param {readonly string[]} args
 * @param {{ readonly others?: boolean }} [take] whether words are taken that are not the tab's
 * @returns {{ readonly browser?: boolean, readonly port?: number, readonly open: boolean }}
 */
export function parseTabOptions(args, { others = false } = {}) {
  return new Command('vlae-studio')
    .description('Serves VLAE Studio’s page on this machine and opens it in the browser.')
    .option('--browser', 'show the app in a browser tab instead of a window')
    .option('--port <n>', 'the port to serve on, 0 for any free one (default: the first free one from 8523 on)', port)
    .option('--no-open', 'do not open the browser: only print the address')
    .allowExcessArguments(others)
    .allowUnknownOption(others)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .parse([...args], { from: 'user' })
    .opts()
}

/** @param {string} text */
function port(text) {
  const number = Number(text)
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number
  throw new InvalidArgumentError('It is a whole number from 0, any free port, to 65535.')
}
